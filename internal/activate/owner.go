package activate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/machine"
)

// owned explains a permission error about the file at path: it names the owner of the file, or of the directory in
// which it cannot be written.
func owned(path string) string {
	var info unix.Stat_t
	what := "it"
	err := unix.Lstat(path, &info)
	isOurs := err == nil && int(info.Uid) == os.Geteuid()
	for folder := filepath.Dir(path); (err != nil || isOurs) && folder != path; folder = filepath.Dir(folder) {
		err = unix.Stat(folder, &info)
		what, path, isOurs = folder, folder, false
	}
	if err != nil {
		return err.Error()
	}
	us := os.Geteuid()
	said := fmt.Sprintf("%s belongs to user %d (mode %04o), and this is user %d", what, info.Uid, info.Mode&0o7777, us)
	switch {
	case us == 0 || us == int(info.Uid):
		said += "; SELinux, an attribute of the file or a missing capability may deny access"
	case what == "it" && unix.Access(path, unix.R_OK) != nil:
		said += fmt.Sprintf("; LocalStack cannot read it either, and may end with PermissionError: "+
			"as user %d, run chmod 644 on it", info.Uid)
	}
	return said
}

// isNew reports whether no emulator has run with a volume yet, and something could be stored there: what can never be
// stored leaves no trace. Directories without files, as an image may have them there, are no trace either, nor is the
// machine's identity: LocalStack's command line mounts one, and a start that fails keeps one.
func isNew(base string) bool {
	entries, err := os.ReadDir(base)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	for _, entry := range entries {
		if entry.Name() == lostAndFound {
			continue
		}
		inside, err := os.ReadDir(filepath.Join(base, entry.Name()))
		isTrace := func(file fs.DirEntry) bool { return filepath.Join(entry.Name(), file.Name()) != machine.IDFile }
		if err != nil || slices.ContainsFunc(inside, isTrace) {
			return false // also for a file
		}
	}
	return isWritable(base)
}

// lostAndFound is a folder that each new ext4 file system has. Often only root can read it.
const lostAndFound = "lost+found"

// isWritable reports whether something can be written in a directory, or in the one where it would be made.
func isWritable(folder string) bool {
	err := unix.Access(folder, unix.W_OK)
	for errors.Is(err, unix.ENOENT) && folder != filepath.Dir(folder) {
		folder = filepath.Dir(folder)
		err = unix.Access(folder, unix.W_OK)
	}
	return err == nil
}
