package cabundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"localstack-entrypoint/internal/file"
)

const (
	// prefix and suffix are around the digest of its content in the name of a file of ours.
	prefix, suffix = "ca-bundle-", ".pem"
	// mode lets every user read it.
	mode = 0o644
	// oldAfter is how long an unused file is kept. Its users renew its time at each start and with each check of
	// the license.
	oldAfter = 24 * time.Hour
)

// Place is a folder for files of ours, on a disk that may not answer.
type Place struct {
	Disk *file.Volume
	// Folder is below the disk's.
	Folder string
}

// path is that of the folder.
func (p Place) path() string { return filepath.Join(p.Disk.Base(), p.Folder) }

// Places are a cache and, in their order, folders to use where that cannot be written.
func Places(volume *file.Volume, cache string, others ...string) []Place {
	places := []Place{{volume, cache}}
	for _, folder := range others {
		if filepath.IsAbs(folder) && !isWiped(folder) {
			places = append(places, Place{file.NewVolume(folder, file.DiskTimeout), ""})
		}
	}
	return places
}

// isWiped reports whether LocalStack's runtime empties a folder when it starts.
func isWiped(folder string) bool {
	const wiped = "/tmp/localstack"
	return strings.HasPrefix(filepath.Clean(folder)+"/", wiped+"/")
}

// nameOf is the name of the file with a content: the same one for the same content, so that restarts and
// containers that share a volume share it.
func nameOf(content []byte) string {
	digest := sha256.Sum256(content)
	return prefix + hex.EncodeToString(digest[:16]) + suffix
}

// Save puts content into a file of the first place where that is possible, and returns its path. Files of
// ours there that were not used for a day are removed.
func Save(content []byte, places []Place) (path string, err error) {
	name := nameOf(content)
	var causes []error
	for _, p := range places {
		_, err := file.Ask(p.Disk, func() (any, error) {
			if p.refresh(name, content) {
				return nil, nil
			}
			return nil, file.WriteUnsynced(p.Disk.Base(), filepath.Join(p.Folder, name), content, mode)
		})
		if err == nil {
			p.sweep()
			return filepath.Join(p.path(), name), nil
		}
		causes = append(causes, fmt.Errorf("%s: %w", p.path(), err))
	}
	return "", errors.Join(causes...)
}

// Refresh tells others that the files with these contents are in use, where they are there.
func Refresh(contents [][]byte, places []Place) {
	for _, p := range places {
		_, _ = file.Ask(p.Disk, func() (any, error) {
			for _, content := range contents {
				p.refresh(nameOf(content), content)
			}
			return nil, nil
		})
		p.sweep()
	}
}

// refresh gives a file a new time, and reports whether it is there.
func (p Place) refresh(name string, content []byte) bool {
	info, err := os.Lstat(filepath.Join(p.path(), name))
	if err != nil || !isSafe(info) {
		return false
	}
	stored, err := file.ReadOwn(p.Disk.Base(), filepath.Join(p.Folder, name))
	if err != nil || !bytes.Equal(stored, content) {
		return false
	}
	now := time.Now()
	return os.Chtimes(filepath.Join(p.path(), name), now, now) == nil
}

// isSafe reports whether only root and this user can change a file. Others may write in its folder, and could later
// change where a link leads, so a link is not safe.
func isSafe(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	const writable = 0o022
	return ok && info.Mode().IsRegular() && info.Mode().Perm()&writable == 0 &&
		(stat.Uid == 0 || int(stat.Uid) == os.Geteuid())
}

// sweep removes what nobody has used for long.
func (p Place) sweep() {
	_, _ = file.Ask(p.Disk, func() (any, error) {
		paths, _ := filepath.Glob(filepath.Join(p.path(), prefix+"*"+suffix))
		for _, path := range paths {
			info, err := os.Lstat(path)
			if err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > oldAfter {
				_ = file.RemoveOwn(p.Disk.Base(), filepath.Join(p.Folder, filepath.Base(path)))
			}
		}
		return nil, nil
	})
}
