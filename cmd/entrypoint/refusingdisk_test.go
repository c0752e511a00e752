package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// on starts the entrypoint with a disk that fails some calls about the stored license.
func (w *world) on(t *testing.T, numbers []uintptr, errno unix.Errno) (stderr string, failed int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, "entrypoint"), "true")
	var said bytes.Buffer
	cmd.Env, cmd.Stderr = w.environ("SUPERVISE=0"), &said
	refused := make(chan struct{}, 1000)
	syscalls.Intercept(t, cmd, numbers, func(c *syscalls.Call) unix.Errno {
		isOurs := func(path string) bool { return strings.HasPrefix(path, w.license()) } // a temporary name of it, too
		if !slices.ContainsFunc(c.Files(), isOurs) {
			return syscalls.Continue
		}
		refused <- struct{}{}
		return errno
	})
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, said.String())
	}
	return said.String(), len(refused)
}

var (
	fchmods = []uintptr{unix.SYS_FCHMOD, unix.SYS_FCHMODAT}
	// refusals are how file systems say that they do not offer something.
	refusals = []unix.Errno{unix.EINVAL, unix.ENOSYS, unix.EPERM, unix.EACCES, unix.ENOLCK, unix.EOPNOTSUPP, unix.ENOTTY}
)

// refusingDisks are file systems that refuse calls, and what a start says then: network file systems, those in user
// space, files that are mounted.
func refusingDisks() (all []refusingDisk) {
	for _, errno := range refusals {
		all = append(all,
			refusingDisk{"fsync", syscalls.Syncs, errno, ""}, refusingDisk{"fchmod", fchmods, errno, ""})
	}
	for _, errno := range []unix.Errno{unix.EIO, unix.ENOSPC, unix.EDQUOT} {
		all = append(all, refusingDisk{"fsync", syscalls.Syncs, errno, "cannot sync the stored license to disk: "})
	}
	for _, errno := range append(slices.Clone(refusals), unix.EBUSY, unix.EXDEV, unix.EROFS, unix.ETXTBSY, unix.EEXIST) {
		all = append(all, refusingDisk{"rename", syscalls.Renames, errno, ""})
	}
	return all
}

type refusingDisk struct {
	name    string
	numbers []uintptr
	errno   unix.Errno
	warns   string
}

func TestADiskThatRefusesACallKeepsTheLicense(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	for _, disk := range refusingDisks() {
		t.Run(fmt.Sprintf("%s %s", disk.name, unix.ErrnoName(disk.errno)), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.token = issuer.token
			w.set("LOCALSTACK_AUTH_TOKEN", issuer.token)
			w.set("API_ENDPOINT", issuer.endpoint)
			testkit.Put(t, w.root, "var/lib/localstack/"+documentName, "a longer text than any license "+
				strings.Repeat("that LocalStack has ever written ", 100))
			stderr, failed := w.on(t, disk.numbers, disk.errno)
			if failed == 0 {
				t.Error("the disk was not asked")
			}
			warned := strings.Contains(stderr, "license to disk")
			isRight := warned == (disk.warns != "") && strings.Contains(stderr, disk.warns)
			if strings.Contains(stderr, "cannot store") || !isRight {
				t.Errorf("it says %s", stderr)
			}
			entries, err := os.ReadDir(filepath.Dir(w.license()))
			if err != nil || len(entries) != 2 { // and the machine's identity
				t.Errorf("left %v, %v", entries, err)
			}
			w.set("API_ENDPOINT", "http://127.0.0.1:1/v1")
			_, stderr, code := w.start("LOG_FORMAT=text")
			if code != 0 || !strings.Contains(stderr, "Successfully activated cached license") {
				t.Errorf("without network: exit code %d, %s", code, stderr)
			}
		})
	}
}

func TestADiskThatCannotReplaceTheLicenseForAVerdictEmptiesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, run := w.authority()
	if _, stderr, code := w.start("LOG_FORMAT=text"); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	run("license suspend ID")
	w.set("LOCALSTACK_BUILD_VERSION", "4.15.0") // so that the server is asked
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, "entrypoint"), "true")
	cmd.Env = w.environ("SUPERVISE=0")
	syscalls.Intercept(t, cmd, unlinks, func(c *syscalls.Call) unix.Errno {
		if slices.Contains(c.Files(), w.license()) {
			return unix.EBUSY
		}
		return syscalls.Continue
	})
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 55 {
		t.Errorf("exit code %d", cmd.ProcessState.ExitCode())
	}
	if content, err := os.ReadFile(w.license()); err != nil || len(content) > 0 {
		t.Errorf("there is still %q, %v", content, err)
	}
}

func TestTheDoctorOnlyAsksADiskThatKnowsNoUnnamedFiles(t *testing.T) {
	t.Parallel()
	for _, errno := range []unix.Errno{unix.EOPNOTSUPP, unix.EISDIR, unix.EINVAL, unix.ENOSYS} {
		for user, want := range map[int]string{0: "✓ volume", 1000: "! volume         /.*/localstack belongs to user 0"} {
			t.Run(fmt.Sprintf("%s, user %d", unix.ErrnoName(errno), user), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.openTo(t)
				w.makeVolume(t, 0o755)
				cmd := exec.CommandContext(t.Context(), "setpriv", "--reuid", strconv.Itoa(user), "--clear-groups",
					filepath.Join(binaries, "entrypoint"), "doctor", "--offline", "--", "true")
				var out bytes.Buffer
				cmd.Env, cmd.Stdout = w.environ(), &out
				before := snapshot(t, w.root)
				var refused atomic.Bool
				syscalls.Intercept(t, cmd, []uintptr{unix.SYS_OPENAT}, func(c *syscalls.Call) unix.Errno {
					if c.Args[2]&unix.O_TMPFILE != unix.O_TMPFILE {
						return syscalls.Continue
					}
					refused.Store(true)
					return errno
				})
				_ = cmd.Wait()
				if !refused.Load() || !regexp.MustCompile("(?m)^"+want).MatchString(out.String()) {
					t.Errorf("no %s in %s", want, out.String())
				}
				if after := snapshot(t, w.root); after != before {
					t.Errorf("before\n%safter\n%s", before, after)
				}
			})
		}
	}
}
