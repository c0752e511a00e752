package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit/syscalls"
)

// snapshot is everything that can be seen of a folder and what is in it, but for the times of reading.
func snapshot(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		var info unix.Stat_t
		if err == nil {
			err = unix.Lstat(path, &info)
		}
		var content []byte
		if info.Mode&unix.S_IFMT == unix.S_IFREG {
			content, _ = os.ReadFile(path)
		}
		fmt.Fprintf(&all, "%s %o %d:%d inode %d links %d modified %v changed %v %q\n", path, info.Mode, info.Uid, info.Gid,
			info.Ino, info.Nlink, info.Mtim, info.Ctim, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// volumes are what a doctor may find.
var volumes = []struct {
	name    string
	prepare func(t *testing.T, w *world)
}{
	{"no volume", func(*testing.T, *world) {}},
	{"an empty volume", func(t *testing.T, w *world) { w.makeVolume(t, 0o777) }},
	{"a volume of somebody else", func(t *testing.T, w *world) { w.makeVolume(t, 0o700) }},
	{"a volume with a license", func(t *testing.T, w *world) {
		w.set("ACTIVATE_PRO", "1")
		if _, stderr, code := w.start("LOG_FORMAT=text"); code != 0 {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
	}},
}

// makeVolume makes a volume of root's.
func (w *world) makeVolume(t *testing.T, mode os.FileMode) {
	t.Helper()
	path := w.volumePath("")
	if err := os.MkdirAll(path, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
}

// openTo lets other users use the world.
func (w *world) openTo(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can become another user")
	}
	for _, folder := range []string{binaries, filepath.Dir(w.root), w.root} {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

var traceless = [][]string{
	{"doctor", "--", "true"},
	{"doctor", "--json", "--activate", "--", "true"},
	{"doctor", "--offline", "--verbose", "--", "true"},
	{"explain", "network.refused"},
	{"license", "status"},
	{"dns", "127.0.0.1"},
}

func TestTheDoctorLeavesNoTrace(t *testing.T) {
	t.Parallel()
	for _, user := range []uint32{0, 1000} {
		for _, volume := range volumes {
			t.Run(fmt.Sprintf("%s, user %d", volume.name, user), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.openTo(t)
				w.authority()
				volume.prepare(t, w)
				w.set("HOME", filepath.Join(w.root, "missing")) // a start makes one, or takes another
				before := snapshot(t, w.root)
				for _, args := range traceless {
					cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, "entrypoint"), args...)
					cmd.Env = w.environ()
					cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
					out, err := cmd.CombinedOutput()
					if len(out) == 0 {
						t.Errorf("%v: %v", args, err)
					}
					if after := snapshot(t, w.root); after != before {
						t.Errorf("%v: before\n%safter\n%s", args, before, after)
						before = after
					}
				}
			})
		}
	}
}

// doctorUntil counts the system calls of a doctor about its volume, and kills it at the given one.
func (w *world) doctorUntil(t *testing.T, last int, sig syscall.Signal) (calls int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, "entrypoint"), "doctor", "--activate", "--", "true")
	cmd.Env = w.environ()
	about := make(chan struct{}, 1000)
	numbers := append(onDisk(), unix.SYS_LINKAT, unix.SYS_SYMLINKAT, unix.SYS_FTRUNCATE)
	syscalls.Intercept(t, cmd, numbers, func(c *syscalls.Call) unix.Errno {
		if !slices.ContainsFunc(c.Files(), w.isInVolume) {
			return syscalls.Continue
		}
		if makes(c) {
			t.Errorf("it makes something: %s", c)
		}
		about <- struct{}{}
		if len(about) == last {
			_ = cmd.Process.Signal(sig)
		}
		return syscalls.Continue
	})
	_ = cmd.Wait()
	return len(about)
}

func TestTheDoctorDoesNotWaitForADiskThatHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authority()
	w.makeVolume(t, 0o755)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(binaries, "entrypoint"), "doctor", "--timeout", "0.5", "--", "true")
	var out bytes.Buffer
	cmd.Env, cmd.Stdout = w.environ(), &out
	syscalls.Intercept(t, cmd, onDisk(), func(c *syscalls.Call) unix.Errno {
		if slices.ContainsFunc(c.Files(), w.isInVolume) {
			c.Hold(nil)
		}
		return syscalls.Continue
	})
	_ = cmd.Wait()
	for _, name := range []string{"volume", "logs"} {
		line := regexp.MustCompile("(?m)^! " + name + " .* the disk does not respond( |$)")
		if !line.MatchString(out.String()) {
			t.Errorf("no %s in %s", line, out.String())
		}
	}
}

// isInVolume reports whether a path is the volume's or in it.
func (w *world) isInVolume(path string) bool {
	return strings.HasPrefix(path+"/", w.volumePath("")+"/")
}

// makes reports whether a call gives something a name, or takes it.
func makes(c *syscalls.Call) bool {
	switch c.Number {
	case unix.SYS_OPENAT:
		return c.Args[2]&unix.O_CREAT != 0
	case unix.SYS_MKDIRAT, unix.SYS_LINKAT, unix.SYS_SYMLINKAT, unix.SYS_UNLINKAT, unix.SYS_FTRUNCATE:
		return true
	}
	return slices.Contains(syscalls.Renames, c.Number)
}

func TestAnInterruptedDoctorLeavesNoTrace(t *testing.T) {
	t.Parallel()
	for _, volume := range volumes {
		t.Run(volume.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.authority()
			volume.prepare(t, w)
			before := snapshot(t, w.root)
			all := w.doctorUntil(t, 0, 0)
			t.Logf("%d calls about the volume", all)
			if all == 0 && volume.name != "no volume" {
				t.Fatal("it did not look at the volume")
			}
			for _, sig := range []syscall.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGKILL} {
				for last := range all {
					w.doctorUntil(t, last+1, sig)
					if after := snapshot(t, w.root); after != before {
						t.Fatalf("%s with call %d: before\n%safter\n%s", sig, last+1, before, after)
					}
				}
			}
		})
	}
}
