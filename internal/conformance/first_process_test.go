package conformance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// firstProcess is the name under which this program is the first process of a container: it makes the
// container's file system its own and becomes the command.
const firstProcess = "conformance-container"

// arrangement is what it is told, as JSON in descriptor 3.
type arrangement struct {
	Folder  string   // for its mounts; empty
	Layers  []string // folders with files, the uppermost first
	Binds   []bind
	UID     int
	GID     int
	Command []string
}

// bind shows the file or folder Here in the container.
type bind struct{ Here, There string }

// becomeContainer returns only with an error.
func becomeContainer() error {
	told := os.NewFile(3, "arrangement")
	var l arrangement
	if err := json.NewDecoder(told).Decode(&l); err != nil {
		return fmt.Errorf("cannot read the arrangement: %w", err)
	}
	told.Close()
	if err := l.mount(); err != nil {
		return err
	}
	return l.run()
}

// mount makes the layers, the binds and what the kernel provides the root. Nothing is written to the layers.
func (l arrangement) mount() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cannot keep the mounts apart: %w", err)
	}
	if err := mountAt(l.Folder, "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	at := func(name string) string { return filepath.Join(l.Folder, name) }
	// A comma ends an option, and the folder of a test may have one in its name.
	plain := func(path string) string { return strings.ReplaceAll(path, ",", `\,`) }
	options := "lowerdir=" + plain(strings.Join(l.Layers, ":")) + ",upperdir=" + plain(at("upper")) +
		",workdir=" + plain(at("work"))
	for _, name := range []string{"upper", "work"} {
		if err := os.Mkdir(at(name), 0o755); err != nil {
			return err
		}
	}
	if err := mountAt(at("root"), "overlay", 0, options); err != nil {
		return err
	}
	if err := mountKernels(at("root")); err != nil {
		return err
	}
	for _, b := range l.Binds {
		if err := b.mount(at("root")); err != nil {
			return err
		}
	}
	return pivot(at("root"))
}

func mountAt(place, kind string, flags uintptr, options string) error {
	if err := os.MkdirAll(place, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(kind, place, kind, flags, options); err != nil {
		return fmt.Errorf("cannot mount %s with %q: %w", kind, options, err)
	}
	return nil
}

// mountKernels mounts what the kernel provides, as container engines do.
func mountKernels(root string) error {
	at := func(name string) string { return filepath.Join(root, name) }
	mounts := []struct {
		name, kind string
		flags      uintptr
		options    string
	}{
		{"proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
		{"sys", "sysfs", unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
		{"dev", "tmpfs", unix.MS_NOSUID, "mode=755"},
		{"dev/pts", "devpts", unix.MS_NOSUID | unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620"},
		{"dev/shm", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, "mode=1777"},
	}
	for _, m := range mounts {
		if err := mountAt(at(m.name), m.kind, m.flags, m.options); err != nil {
			return err
		}
	}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		if err := (bind{"/dev/" + name, "/dev/" + name}).mount(root); err != nil {
			return err
		}
	}
	for name, to := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx",
	} {
		if err := os.Symlink(to, at("dev/"+name)); err != nil {
			return err
		}
	}
	return nil
}

// mount makes the place where it is missing.
func (b bind) mount(root string) error {
	place := filepath.Join(root, b.There)
	here, err := os.Stat(b.Here)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(place); err != nil {
		if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
			return err
		}
		if here.IsDir() {
			err = os.Mkdir(place, 0o755)
		} else {
			err = os.WriteFile(place, nil, 0o600)
		}
		if err != nil {
			return err
		}
	}
	if err := unix.Mount(b.Here, place, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("cannot show %s at %s: %w", b.Here, b.There, err)
	}
	return nil
}

// pivot makes root the root, and takes the old one away.
func pivot(root string) error {
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("cannot change the root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("cannot take the old root away: %w", err)
	}
	return os.Chdir("/opt/code/localstack")
}

// run becomes the command, as its user.
func (l arrangement) run() error {
	if err := unix.Sethostname([]byte("localstack")); err != nil {
		return err
	}
	path, err := exec.LookPath(l.Command[0])
	if err != nil {
		return err
	}
	// Of the process, not of the thread only.
	if err := cmp.Or(syscall.Setgroups([]int{l.GID}), syscall.Setgid(l.GID), syscall.Setuid(l.UID)); err != nil {
		return fmt.Errorf("cannot become user %d: %w", l.UID, err)
	}
	return fmt.Errorf("cannot run %s: %w", path, syscall.Exec(path, l.Command, os.Environ()))
}
