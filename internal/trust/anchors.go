package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
)

const (
	// maxAnchors bounds the files that are looked at in the folders of added authorities.
	maxAnchors = 2000
	// maxFolders bounds how deep folders are in one another.
	maxFolders = 8
)

// Anchor is a certificate that was added to the system's, as a file.
type Anchor struct {
	Path        string
	Certificate []byte
}

// Anchors are the certificates in the folders to which people add authorities, whether or not a program has
// made the system's bundle of them since: who mounts a file there may expect that this is enough. The
// warnings are about files that cannot be used.
func Anchors(root layout.Root) (found []Anchor, warnings []string) {
	folders := slices.DeleteFunc(root.AuthorityFolders(), isEmpty)
	if len(folders) == 0 {
		return nil, nil
	}
	w, err := file.Ask(file.NewVolume(folders[0].Path, file.DiskTimeout), func() (*walk, error) {
		return walkAll(folders), nil
	})
	if err != nil {
		return nil, []string{fmt.Sprintf("the certificate authorities in %s are ignored: %v", folders[0].Path, err)}
	}
	return w.found, w.warnings
}

// isEmpty reports whether there is nothing in a folder, or no folder, where that can be seen without a wait: the folder
// is part of the image, and no mount of a disk that may not answer. To ask for it beside the caller costs a start more
// than all of that.
func isEmpty(folder layout.AuthorityFolder) bool {
	var info unix.Statx_t
	switch err := unix.Statx(unix.AT_FDCWD, folder.Path, unix.AT_STATX_DONT_SYNC, 0, &info); {
	case err != nil:
		return errors.Is(err, unix.ENOENT)
	case info.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT == 0 || info.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0:
		return false
	}
	entries, err := os.ReadDir(folder.Path)
	return err == nil && len(entries) == 0
}

// walkAll looks at the files of folders.
func walkAll(folders []layout.AuthorityFolder) *walk {
	w := &walk{folders: map[[2]uint64]bool{}}
	for _, folder := range folders {
		w.AuthorityFolder = folder
		w.list(folder.Path, 0)
	}
	w.warnOfStrays()
	return w
}

// walk is a look at folders.
type walk struct {
	layout.AuthorityFolder
	found    []Anchor
	warnings []string
	// folders are those that were listed, by device and number: links may lead back.
	folders map[[2]uint64]bool
	// files is how many were looked at, and size how many bytes they have.
	files, size int
	// strays are certificates in files whose name does not end as it must.
	strays []Anchor
}

// list looks at the files of a folder, in the order of their names.
func (w *walk) list(path string, depth int) {
	entries, err := os.ReadDir(path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			w.warn(path, reason(err))
		}
		return
	}
	for i, entry := range entries {
		name := filepath.Join(path, entry.Name())
		if w.files++; w.files > maxAnchors {
			if w.files == maxAnchors+1 {
				w.warn(path, fmt.Sprintf("there are more than %d files, and %d of them are not read", maxAnchors, len(entries)-i))
			}
			return
		}
		mode := entry.Type()
		if mode&fs.ModeSymlink != 0 {
			if info, err := os.Stat(name); err == nil {
				mode = info.Mode()
			}
		}
		switch {
		case mode.IsDir() && isForFile(entry.Name()) && file.IsEmptyDirectory(name):
			w.warn(name, file.ErrEmptyDirectory.Error())
		case mode.IsDir():
			if w.IsDeep && depth < maxFolders && w.isNew(name) {
				w.list(name, depth+1)
			}
		case mode.IsRegular():
			w.read(name)
		case !strings.HasSuffix(name, w.Suffix):
		case mode&fs.ModeSymlink != 0:
			w.warn(name, "it is a link to a file that does not exist")
		default:
			w.warn(name, "it is not a regular file")
		}
	}
}

// isForFile reports whether a name is one of a file of certificates.
func isForFile(name string) bool {
	return slices.Contains([]string{".crt", ".pem", ".cer", ".der"}, strings.ToLower(filepath.Ext(name)))
}

// isNew reports whether a folder was not listed before.
func (w *walk) isNew(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return true
	}
	stat, _ := info.Sys().(*syscall.Stat_t)
	id := [2]uint64{stat.Dev, stat.Ino}
	isKnown := w.folders[id]
	w.folders[id] = true
	return !isKnown
}

// read reads a file, of PEM or DER.
func (w *walk) read(path string) {
	content, err := file.ReadUpTo(path, MaxBundle)
	if w.size += len(content); err == nil && w.size > MaxBundle {
		err = fmt.Errorf("the files are larger than %d MiB", MaxBundle>>20)
	}
	isNamed := strings.HasSuffix(path, w.Suffix)
	if err != nil {
		if isNamed {
			w.warn(path, reason(err))
		}
		return
	}
	l := parse(content)
	if len(l.certificates) == 0 {
		if der, ok := certificateIn(content, false); ok && der != nil {
			l = loaded{certificates: [][]byte{der}}
		}
	}
	switch {
	case !isNamed:
		for _, certificate := range l.certificates {
			w.strays = append(w.strays, Anchor{path, certificate})
		}
		return
	case len(l.certificates) == 0:
		w.warn(path, l.orElse(content, path))
	case l.damage != "":
		w.warnings = append(w.warnings, path+" is damaged: "+l.damage)
	}
	for _, certificate := range l.certificates {
		if !w.holds(certificate) {
			w.found = append(w.found, Anchor{path, certificate})
		}
	}
}

// holds reports whether a certificate was found: links and copies are common.
func (w *walk) holds(certificate []byte) bool {
	return slices.ContainsFunc(w.found, func(a Anchor) bool { return string(a.Certificate) == string(certificate) })
}

// warnOfStrays says which certificates do not count for their file's name.
func (w *walk) warnOfStrays() {
	for i, stray := range w.strays {
		if isFirst := i == 0 || w.strays[i-1].Path != stray.Path; isFirst && !w.holds(stray.Certificate) {
			w.warn(stray.Path, "only names that end in .crt are read there, as by update-ca-certificates; rename it")
		}
	}
}

func (w *walk) warn(path, why string) {
	w.warnings = append(w.warnings, path+" is ignored: "+why)
}
