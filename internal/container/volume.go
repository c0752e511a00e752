package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
)

const (
	// leastBytes and leastFiles are what must be left on a volume: the emulator's
	// downloads alone take more.
	leastBytes = 64 << 20
	leastFiles = 1024
)

// volume checks that licenses and the machine's identity can be kept.
func (c Container) volume(ctx context.Context) fault.Check {
	files := []string{"license.json", "machine.json"}
	return c.writable(ctx, "volume", fault.SystemVolume, layout.Root.Cache, files...)
}

// logs checks that the emulator can write its logs.
func (c Container) logs(ctx context.Context) fault.Check {
	return c.writable(ctx, "logs", fault.SystemLogs, layout.Root.Logs, "localstack_infra.log")
}

// writable checks that a start could write files to a folder of the volume, on a disk that may not answer. It leaves
// no trace there.
func (c Container) writable(
	ctx context.Context, name string, id fault.ID, of func(layout.Root) string, files ...string,
) fault.Check {
	var patience time.Duration // without an end
	if deadline, ok := ctx.Deadline(); ok {
		patience = max(file.DiskTimeout, time.Until(deadline))
	}
	folder, kept := of(c.Root), c.kept(filepath.Join(of(""), files[0]))
	check, err := file.Ask(file.NewVolume(folder, patience), func() (fault.Check, error) {
		return c.tryWriting(name, id, folder, files, kept), nil
	})
	if err != nil {
		return fault.Warn(name, fault.Wrap(err, id, "%s: %s", folder, err), kept...)
	}
	return check
}

// tryWriting is writable on a disk that answers.
func (c Container) tryWriting(name string, id fault.ID, folder string, files, kept []string) fault.Check {
	there := nearest(folder)
	left, few := space(there)
	inside, _ := filepath.Rel(c.Root.Volume(), folder)
	for _, one := range files {
		if isIdentity(filepath.Join(folder, one)) {
			continue
		}
		if err := file.CanWrite(c.Root.Volume(), filepath.Join(inside, one)); err != nil {
			why := whyUnwritable(folder, one, left, err)
			return fault.Warn(name, fault.Wrap(err, id, "%s", why), kept...)
		}
	}
	if few {
		return fault.Warn(name, fault.New(id, "%s has only %s left", folder, left), kept...)
	}
	can := "can be written"
	if there != folder {
		can = "can be created"
	}
	return fault.Pass(name, fmt.Sprintf("%s %s, %s free", folder, can, left), kept...)
}

// isIdentity reports whether a path is that of a machine's identity, which is only read. LocalStack's command line
// mounts one read-only.
func isIdentity(path string) bool {
	info, err := os.Stat(path)
	return filepath.Base(path) == "machine.json" && err == nil && info.Mode().IsRegular() && info.Size() > 0
}

// nearest is folder, or the innermost of those above it that can be seen.
func nearest(folder string) string {
	for {
		if _, err := os.Stat(folder); err == nil || folder == "/" {
			return folder
		}
		folder = filepath.Dir(folder)
	}
}

// whyUnwritable says why a file in folder cannot be written.
func whyUnwritable(folder, name, left string, err error) string {
	path := filepath.Join(folder, name)
	if _, statErr := os.Lstat(path); statErr != nil {
		path = folder
	}
	switch there := nearest(folder); {
	case errors.Is(err, unix.EROFS):
		return path + " is on a read-only mount"
	case errors.Is(err, unix.ENOSPC):
		return fmt.Sprintf("%s is full: %s left", folder, left)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		if path != folder && unix.Faccessat(unix.AT_FDCWD, there, unix.W_OK|unix.X_OK, unix.AT_EACCESS) == nil {
			return ownership(path)
		}
		return ownership(there)
	}
	if strings.HasPrefix(err.Error(), folder) {
		return err.Error() // about a link, which it names
	}
	return path + ": " + err.Error()
}

// ownership says whose path is, and who we are.
func ownership(path string) string {
	var info unix.Stat_t
	if err := unix.Stat(path, &info); err != nil {
		return fmt.Sprintf("cannot access %s: %s", path, err)
	}
	groups, _ := os.Getgroups()
	groups = append(groups, os.Getegid())
	slices.Sort(groups)
	said := fmt.Sprintf("%s belongs to user %d and group %d, mode %04o, but this process runs as user %d in the groups %v",
		path, info.Uid, info.Gid, info.Mode&0o7777, os.Geteuid(), slices.Compact(groups))
	if os.Geteuid() == int(info.Uid) || os.Geteuid() == 0 {
		said += "; SELinux or a missing capability may deny access"
	}
	return said
}

// space says what is left of a file system: bytes, or files where those will be used
// up first. few reports whether so little is left that writing will fail soon.
func space(folder string) (left string, few bool) {
	var info unix.Statfs_t
	if unix.Statfs(folder, &info) != nil || info.Blocks == 0 { // some file systems do not tell
		return "an unknown amount", false
	}
	free, all := info.Bavail*uint64(info.Frsize), info.Blocks*uint64(info.Frsize)
	if info.Files > 0 && info.Ffree < leastFiles && free > 0 { // some file systems do not count files
		return fmt.Sprintf("%d of %d files", info.Ffree, info.Files), true
	}
	return size(free) + " of " + size(all), free < leastBytes
}

// kept says whether a path outlives the container. An offline start needs the
// license that an earlier container has stored.
func (c Container) kept(path string) []string {
	text, err := c.read("proc/self/mountinfo")
	if err != nil {
		return []string{err.Error()}
	}
	const lost = "what is stored is lost with the container, and a start without network needs it"
	switch m := mountOf(parseMounts(text), path); {
	case !within(m.point, layout.Root("").Volume()):
		return []string{"no volume is mounted there: " + lost}
	case m.kind == "tmpfs":
		return []string{m.point + " is a tmpfs: " + lost}
	case regexp.MustCompile(`/volumes/[0-9a-f]{64}/_data$`).MatchString(m.root): // as Docker names those without a name
		return []string{m.point + " is an anonymous volume, which the next container does not get: " + lost}
	default:
		return []string{m.point + " is a mount (" + m.kind + ")"}
	}
}
