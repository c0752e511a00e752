package container

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
)

const (
	// scarceBytes and scarceFiles are what little is left on a full volume:
	// the emulator's downloads alone take more.
	scarceBytes = 64 << 20
	scarceFiles = 1024
)

// volume checks that licenses and the machine's identity can be kept.
func (c Container) volume(context.Context) fault.Check {
	return c.writable("volume", fault.SystemVolume, "cache")
}

// logs checks that the emulator can write its logs.
func (c Container) logs(context.Context) fault.Check {
	return c.writable("logs", fault.SystemLogs, "logs")
}

// writable checks a folder of the volume by writing to it as a start does.
func (c Container) writable(name string, id fault.ID, folder string) fault.Check {
	volume := layout.Root(c.Root).Volume()
	kept := c.kept(filepath.Join(layout.Root("").Volume(), folder))
	folder = filepath.Join(volume, folder)
	there := nearest(folder)
	base := volume
	if !within(there, volume) {
		base = there
	}
	left := roomOf(there)
	if err := tryWriting(base, there); err != nil {
		return fault.Warn(name, fault.Wrap(err, id, "%s", whyUnwritable(folder, there, left, err)), kept...)
	}
	if left.scarce() {
		return fault.Warn(name, fault.New(id, "%s has only %s left", folder, left), kept...)
	}
	can := "can be written"
	if there != folder {
		can = "can be made"
	}
	return fault.Pass(name, fmt.Sprintf("%s %s, %s free", folder, can, size(left.bytes)), kept...)
}

// nearest is folder, or the innermost of those above it that can be seen.
func nearest(folder string) string {
	for {
		if _, err := os.Lstat(folder); err == nil || folder == "/" {
			return folder
		}
		folder = filepath.Dir(folder)
	}
}

// tryWriting makes a file in folder, which is base or below it, and removes it
// again. It does not make folders: one that is being used must not be removed.
func tryWriting(base, folder string) error {
	inside, err := filepath.Rel(base, folder)
	if err != nil {
		return err
	}
	name := filepath.Join(inside, ".doctor-"+rand.Text())
	if err := file.WriteOwn(base, name, []byte("written by entrypoint doctor\n"), 0o600); err != nil {
		return err
	}
	return file.RemoveOwn(base, name)
}

// whyUnwritable says why folder cannot be written; there is what exists of it.
func whyUnwritable(folder, there string, left room, err error) string {
	switch {
	case errors.Is(err, unix.EROFS):
		return folder + " is on a read-only mount"
	case errors.Is(err, unix.ENOSPC):
		return fmt.Sprintf("%s is full, it has %s left", folder, left)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		var info unix.Stat_t
		if unix.Stat(there, &info) != nil {
			break
		}
		denied := fmt.Sprintf("%s belongs to user %d, mode %04o, and this is user %d", there, info.Uid, info.Mode&0o7777, os.Geteuid())
		if os.Geteuid() == int(info.Uid) || os.Geteuid() == 0 {
			denied += "; SELinux or a missing capability may forbid it"
		}
		return denied
	}
	return folder + ": " + err.Error()
}

// room is what a file system has left for us.
type room struct {
	bytes, allBytes uint64
	// files is how many files can still be made; allFiles is 0 where the file
	// system does not count them.
	files, allFiles uint64
}

func roomOf(folder string) room {
	var info unix.Statfs_t
	if unix.Statfs(folder, &info) != nil {
		return room{}
	}
	block := uint64(info.Frsize)
	return room{bytes: info.Bavail * block, allBytes: info.Blocks * block, files: info.Ffree, allFiles: info.Files}
}

// scarce tells whether so little is left that writing will fail soon. A file
// system that says nothing about itself has enough.
func (r room) scarce() bool {
	return r.allBytes > 0 && r.bytes < scarceBytes || r.fewFiles()
}

func (r room) fewFiles() bool { return r.allFiles > 0 && r.files < scarceFiles }

// String names the one that will be used up first.
func (r room) String() string {
	if r.fewFiles() && r.bytes > 0 {
		return fmt.Sprintf("%d of %d files", r.files, r.allFiles)
	}
	return fmt.Sprintf("%s of %s", size(r.bytes), size(r.allBytes))
}

// isAnonymous tells whether Docker made a volume because none was named.
func isAnonymous(root string) bool {
	return regexp.MustCompile(`/volumes/[0-9a-f]{64}/_data$`).MatchString(root)
}

// kept says whether folder outlives the container. An offline start needs the
// license that an earlier container has stored.
func (c Container) kept(folder string) []string {
	text, err := c.read("proc/self/mountinfo")
	if err != nil {
		return []string{err.Error()}
	}
	switch m := mountOf(parseMounts(text), folder); {
	case !within(m.point, layout.Root("").Volume()):
		return []string{"no volume is mounted there: what is stored is gone with the container, and a start without network needs it"}
	case m.kind == "tmpfs":
		return []string{m.point + " is a tmpfs: what is stored is gone with the container, and a start without network needs it"}
	case isAnonymous(m.root):
		return []string{m.point + " is an anonymous volume: the next container has another one, and a start without network needs what is stored"}
	default:
		return []string{m.point + " is a mount of its own (" + plain(m.kind, 20) + ")"}
	}
}
