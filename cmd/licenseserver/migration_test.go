package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// diskSteps are the system calls that change files. SQLite, goose and this program need no others for it.
var diskSteps = slices.Concat(syscalls.Writes, syscalls.Syncs, syscalls.Renames, syscalls.Removals,
	[]uintptr{unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE})

// A process that migrates is killed at every seventh of its steps on the disk, in turn. The next process finds
// everything.
func TestAMigrationThatIsKilledLosesNothing(t *testing.T) {
	t.Parallel()
	for first, name := range []string{"closed", "killed"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kills := 0
			for step := first; ; step += 7 {
				old, data := copyOfVersion1(t, name)
				if !old.listUntil(t, data, step, kill) {
					t.Logf("killed %d times", kills)
					break
				}
				if kills++; kills%3 == 0 { // the process that repairs it is killed, too
					old.listUntil(t, data, step/2, kill)
				}
				old.checkStore(t, data)
			}
		})
	}
}

// The disk is full from a step of the migration on. The process says so, and the next one finds everything.
func TestAMigrationOnAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"closed", "killed"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for step := 0; ; step += 13 {
				old, data := copyOfVersion1(t, name)
				if !old.listUntil(t, data, step, fillDisk) {
					break
				}
				old.checkStore(t, data)
			}
		})
	}
}

// kill ends the process instead of its call.
func kill(c *syscalls.Call) unix.Errno {
	_ = unix.Kill(c.PID, unix.SIGKILL)
	return unix.EINTR
}

// saysWhy is what SQLite says of a full disk: the latter for its index of the log.
var saysWhy = regexp.MustCompile("database or disk is full|no space left on device|disk I/O error")

func fillDisk(c *syscalls.Call) unix.Errno {
	if slices.Contains(syscalls.Writes, c.Number) || c.Number == unix.SYS_FTRUNCATE || c.Number == unix.SYS_FALLOCATE {
		return unix.ENOSPC
	}
	return syscalls.Continue
}

// listUntil lists the tokens, which migrates the directory. From a step on, disturb decides about each. It reports
// whether there are as many steps.
func (o oldData) listUntil(t *testing.T, data string, step int, disturb syscalls.Decision) bool {
	t.Helper()
	list := exec.Command("licenseserver", "token", "list", "--json", "--data", data)
	list.Env = append(os.Environ(), noExitDelay)
	var stderr bytes.Buffer
	list.Stderr = &stderr
	var steps atomic.Int64
	var isDisturbed atomic.Bool
	syscalls.Intercept(t, list, diskSteps, func(c *syscalls.Call) unix.Errno {
		inData := slices.ContainsFunc(c.Files(), func(path string) bool { return strings.HasPrefix(path, data) })
		if !inData || steps.Add(1) <= int64(step) {
			return syscalls.Continue
		}
		isDisturbed.Store(true)
		return disturb(c)
	})
	err := list.Wait()
	exit, failed := errors.AsType[*exec.ExitError](err)
	switch {
	case err != nil && !failed, strings.Contains(stderr.String(), "panic"):
		t.Fatalf("step %d: %v: %s", step, err, &stderr)
	case failed && exit.Exited() && (!isDisturbed.Load() || !saysWhy.MatchString(stderr.String())):
		t.Errorf("step %d: exit code %d: %s", step, exit.ExitCode(), &stderr)
	}
	return isDisturbed.Load()
}

// checkStore checks which tokens are valid, and all that is known of them.
func (o oldData) checkStore(t *testing.T, data string) {
	t.Helper()
	store, err := authority.Open(t.Context(), authority.Source{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var answers []oldAnswer
	readJSON(t, filepath.Join(string(o), "answers.json"), &answers)
	for _, answer := range answers {
		knows, err := store.Knows(t.Context(), credential.NewSecret(answer.Token))
		if want := answer.Message != license.MessageCredentialsInvalid; err != nil || knows != want {
			t.Errorf("%s is valid: %t, want %t; %v", answer.Name, knows, want, err)
		}
	}
	tokens, err := store.Tokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	content, err := json.Marshal(tokens)
	if err != nil {
		t.Fatal(err)
	}
	var got, want []map[string]any
	if err := json.Unmarshal(content, &got); err != nil {
		t.Fatal(err)
	}
	readJSON(t, filepath.Join(string(o), "tokens.json"), &want)
	compareRows(t, "the store", got, want, nil)
}

func TestProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	for range 10 {
		old, data := copyOfVersion1(t, "killed")
		lists := make([]*exec.Cmd, 4)
		for i := range lists {
			lists[i] = exec.Command("licenseserver", "token", "list", "--data", data)
			lists[i].Env, lists[i].Stderr = append(os.Environ(), noExitDelay), new(bytes.Buffer)
			if err := lists[i].Start(); err != nil {
				t.Fatal(err)
			}
		}
		for _, list := range lists {
			if err := list.Wait(); err != nil {
				t.Errorf("%v: %s", err, list.Stderr)
			}
		}
		old.checkStore(t, data)
	}
}

// The programs before refuse a schema version above 1, which they read from user_version.
func TestTheOldProgramRefusesTheNewDatabase(t *testing.T) {
	t.Parallel()
	old, data := copyOfVersion1(t, "closed")
	old.checkLists(t, data)
	db, err := sql.Open("sqlite", filepath.Join(data, authority.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var version int
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil || version <= 1 {
		t.Errorf("the version is %d, %v", version, err)
	}
}

func TestAMigrationOnAReadOnlyDiskChangesNothing(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("to mount a file system takes root")
	}
	for _, name := range []string{"closed", "killed"} {
		old, data := copyOfVersion1(t, name)
		mount := func(flags uintptr) {
			if err := unix.Mount(data, data, "", unix.MS_BIND|flags, ""); err != nil {
				t.Fatal(err)
			}
		}
		mount(0)
		mount(unix.MS_REMOUNT | unix.MS_RDONLY)
		output, err := exec.Command("licenseserver", "token", "list", "--data", data).CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 ||
			!strings.Contains(string(output), "read-only") && !strings.Contains(string(output), "readonly") {
			t.Errorf("%s: %v: %s", name, err, output)
		}
		if err := unix.Unmount(data, 0); err != nil {
			t.Fatal(err)
		}
		old.checkStore(t, data)
	}
}
