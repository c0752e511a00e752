package hook

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"localstack-entrypoint/internal/layout"
)

// Find lists the scripts of a stage in the order they run: the .sh
// and .py files of a folder by name, then its sub-folders by name, depth first.
// A folder that does not exist holds no scripts. The error joins one
// *fs.PathError per folder that cannot be read; the scripts found elsewhere are
// still listed.
func Find(root layout.Root, stage Stage) ([]Script, error) {
	paths, err := scriptsIn(stage.Dir(root))
	scripts := make([]Script, len(paths))
	for i, path := range paths {
		scripts[i] = Script{Stage: stage, Path: path, State: Unknown}
	}
	return scripts, err
}

func scriptsIn(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(dir) // sorted by name; on an error, what could be read
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	var folders []string
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		switch {
		case entry.IsDir() && !isKubernetesData(entry.Name()):
			folders = append(folders, path)
		case !entry.IsDir() && isScript(entry.Name()) && !leadsToDir(path):
			paths = append(paths, path)
		}
	}
	for _, folder := range folders {
		below, belowErr := scriptsIn(folder)
		paths = append(paths, below...)
		err = errors.Join(err, belowErr)
	}
	return paths, err
}

// isKubernetesData recognises the folder in which a mounted ConfigMap keeps its
// files (..2026_01_31_12_00_00.123). What the user sees is links into it, so
// going in would run every script twice (localstack issue 11430).
func isKubernetesData(name string) bool { return strings.HasPrefix(name, "..") }

func isScript(name string) bool {
	ext := filepath.Ext(name)
	return ext == ".sh" || ext == ".py"
}

// leadsToDir tells a link to a folder, which is not followed, from a file or
// a dangling link, which fails with a reason when it is run.
func leadsToDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
