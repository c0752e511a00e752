package hook

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
)

// Find lists the scripts of a stage in the order they run: the .sh and .py files of a folder by name,
// then its sub-folders by name, depth first. A folder that does not exist holds no scripts. The error
// joins one for each folder that cannot be read, and for each that Docker made in place of a script; the scripts found
// elsewhere are still listed.
func Find(root layout.Root, stage Stage) ([]Script, error) {
	scripts, unreadable := find(root, stage)
	return scripts, errors.Join(unreadable...)
}

func find(root layout.Root, stage Stage) (scripts []Script, unreadable []error) {
	for folders := []string{stage.Dir(root)}; len(folders) > 0; {
		entries, err := os.ReadDir(folders[0]) // sorted by name; on an error, what could be read
		if err := unreadableBy(err, folders[0]); err != nil {
			unreadable = append(unreadable, err)
		}
		var below []string
		for _, entry := range entries {
			path := filepath.Join(folders[0], entry.Name())
			switch {
			case entry.IsDir() && isScript(entry.Name()) && file.IsEmptyDirectory(path):
				unreadable = append(unreadable, &fs.PathError{Op: "open", Path: path, Err: file.ErrEmptyDirectory})
			case entry.IsDir() && !isKubernetesData(entry.Name()):
				below = append(below, path)
			case !entry.IsDir() && isScript(entry.Name()) && !leadsToDir(path):
				scripts = append(scripts, Script{Stage: stage, Path: path, State: Unknown})
			}
		}
		folders = append(below, folders[1:]...)
	}
	return scripts, unreadable
}

// unreadableBy is the error of a folder that could not be read, nil for one that does not exist. A link to nowhere
// exists.
func unreadableBy(err error, folder string) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if why := file.WhyNotRun(folder, err); why != "" {
		return because(err, why)
	}
	return nil
}

// isKubernetesData reports whether this is the folder in which a mounted ConfigMap keeps its
// files (..2026_01_31_12_00_00.123). What the user sees is links into it, so
// going in would run every script twice (localstack issue 11430).
func isKubernetesData(name string) bool { return strings.HasPrefix(name, "..") }

func isScript(name string) bool {
	ext := filepath.Ext(name)
	return ext == ".sh" || ext == ".py"
}

// leadsToDir reports whether path is a link to a folder, which is not followed. A dangling link is no such
// link: it fails with a reason when it is run.
func leadsToDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
