package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/license"
)

// startAs is a start as another user.
func (w *world) startAs(user uint32) (said string, code int) { return w.runAs(user, w.command) }

// runAs runs the entrypoint as another user.
func (w *world) runAs(user uint32, args ...string) (said string, code int) {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), filepath.Join(binaries, "entrypoint"), args...)
	cmd.Env = w.environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		w.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// The volume has been used by root; then another user starts.
func TestALicenseOfAnotherUser(t *testing.T) {
	t.Parallel()
	const (
		theirs  = "/cache/license.json: permission denied: it belongs to user 0 (mode 0644), and this is user 1000\n"
		private = "it belongs to user 0 (mode 0600), and this is user 1000; LocalStack cannot read it either, " +
			"and may end with PermissionError: as user 0, run chmod 644 on it\n"
	)
	tests := map[string]struct {
		tokenType    string
		folder, mode os.FileMode
		// warns is the end of the only warning, "" for none; replaced is whether the document is another one afterwards.
		warns    string
		replaced bool
		says     string
	}{
		"readable":                  {"developer", 0o755, 0o644, theirs, false, saysAsked},
		"readable, with a CI token": {"ci", 0o755, 0o644, "", false, saysCached},
		"in a sticky directory": {"developer", 0o1777, 0o644,
			strings.Replace(theirs, "permission denied", "operation not permitted", 1), false, saysAsked},
		"in an open directory":     {"developer", 0o777, 0o644, "", true, saysAsked},
		"private":                  {"developer", 0o755, 0o600, private, false, saysNew},
		"private, with a CI token": {"ci", 0o755, 0o600, private, false, saysNew},
		"private, sticky":          {"developer", 0o1777, 0o600, private, false, saysNew},
		"private, open":            {"developer", 0o777, 0o600, "", true, saysNew},
		"private, mounted as well": {"ci", 0o755, 0o600, private, false, saysCached},
		"in a private directory": {"developer", 0o700, 0o644,
			"/cache belongs to user 0 (mode 0700), and this is user 1000\n", false, saysNew},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.openTo(t)
			w.tokenType = test.tokenType
			w.authority()
			startedBefore(w, nil)
			if name == "private, mounted as well" {
				mounted := filepath.Join(w.root, "etc/localstack/conf.d")
				err := os.MkdirAll(mounted, 0o755)
				if err == nil {
					err = os.WriteFile(filepath.Join(mounted, "license.json"), w.document(func(*license.Document) {}), 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			for path, mode := range map[string]os.FileMode{w.license(): test.mode, filepath.Dir(w.license()): test.folder} {
				if mode&0o1000 != 0 {
					mode = mode.Perm() | os.ModeSticky
				}
				if err := os.Chmod(path, mode); err != nil {
					t.Fatal(err)
				}
			}
			said, code := w.startAs(1000)
			if code != 0 || !strings.Contains(said, test.says) {
				t.Errorf("exit code %d, no %q: %s", code, test.says, said)
			}
			if owner := ownerOf(t, w.license()); (owner == 1000) != test.replaced {
				t.Errorf("afterwards it belongs to user %d", owner)
			}
			var warnings []string
			for line := range strings.Lines(said) {
				if strings.Contains(line, "license.json") && strings.Contains(line, " WARN ") {
					warnings = append(warnings, line)
				}
			}
			isWarned := len(warnings) == 1 && test.warns != "" && strings.HasSuffix(warnings[0], test.warns)
			if !isWarned && (test.warns != "" || len(warnings) > 0) {
				t.Errorf("it warns %q, want %q", warnings, test.warns)
			}
		})
	}
}

func ownerOf(t *testing.T, path string) uint32 {
	t.Helper()
	var info unix.Stat_t
	if err := unix.Stat(path, &info); err != nil {
		t.Fatal(err)
	}
	return info.Uid
}

// A license that an older version has stored with mode 0600 gets mode 0644 at its owner's next start, despite the
// umask.
func TestTheOwnerSharesAnOlderLicense(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.openTo(t)
	w.tokenType = "ci"
	w.authority()
	w.command = "sh"
	if out, code := w.startUnder("umask 077; "); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	modes := func() string {
		info, err := os.Stat(w.license())
		folder, folderErr := os.Stat(filepath.Dir(w.license()))
		if err != nil || folderErr != nil {
			t.Fatal(err, folderErr)
		}
		return fmt.Sprintf("%o %o", folder.Mode().Perm(), info.Mode().Perm())
	}
	if got := modes(); got != "755 644" {
		t.Errorf("with umask 077 it has the modes %s", got)
	}
	if err := os.Chmod(w.license(), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, code := w.startUnder(""); code != 0 || !strings.Contains(said, saysCached) || modes() != "755 644" {
		t.Errorf("exit code %d, modes %s: %s", code, modes(), said)
	}
}

// startUnder is a start by a shell that runs a command before it.
func (w *world) startUnder(before string) (said string, code int) {
	cmd := exec.CommandContext(w.Context(), "sh", "-c", before+"exec "+filepath.Join(binaries, "entrypoint")+" true")
	cmd.Env = w.environ()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		w.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// What cannot be read is no absent license to those who look, nor to a start without network.
func TestALockedLicenseIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.openTo(t)
	w.authority()
	startedBefore(w, nil)
	if err := os.Chmod(w.license(), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "it belongs to user 0 (mode 0600), and this is user 1000"
	w.set("API_ENDPOINT", "http://127.0.0.1:1/v1") // a start has to say why it does not use the license
	w.set("ACTIVATION_ATTEMPTS", "1")
	for _, args := range [][]string{{"doctor", "--offline", "--", "true"}, {"license", "status"}, {"true"}} {
		said, code := w.runAs(1000, args...)
		if code == 0 || !strings.Contains(strings.Join(strings.Fields(said), " "), want) {
			t.Errorf("%v: exit code %d, %s", args, code, said)
		}
	}
}

// LocalStack's client looks for a mounted license first, and ends where it cannot read it.
func TestAMountedLicenseThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.openTo(t)
	w.authority()
	mounted := filepath.Join(w.root, "etc/localstack/conf.d/license.json")
	if err := errors.Join(os.MkdirAll(filepath.Dir(mounted), 0o755), os.WriteFile(mounted, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	said, code := w.startAs(1000)
	want := "ignoring " + mounted + ": permission denied: it belongs to user 0 (mode 0600), and this is user 1000; " +
		"LocalStack cannot read it either"
	if code != 0 || strings.Count(said, want) != 1 {
		t.Errorf("exit code %d, %s", code, said)
	}
}

// A refusal deletes the stored license, except another user's.
func TestARefusalLeavesALicenseOfAnotherUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.openTo(t)
	_, run := w.authority()
	startedBefore(w, nil)
	run("license suspend ID")
	said, code := w.startAs(1000)
	want := "cannot remove the stored document: " + w.license() + ": permission denied: it belongs to user 0 (mode 0644)"
	if code != 55 || !strings.Contains(said, want) || ownerOf(t, w.license()) != 0 {
		t.Errorf("exit code %d, %s", code, said)
	}
}
