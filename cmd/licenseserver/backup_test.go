package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// changing are the system calls that change files.
var changing = slices.Concat(syscalls.Renames, syscalls.Syncs, syscalls.Writes, syscalls.Opens, []uintptr{
	unix.SYS_MKDIRAT, unix.SYS_LINKAT, unix.SYS_UNLINKAT, unix.SYS_FTRUNCATE, unix.SYS_UNLINK, unix.SYS_MKDIR,
	unix.SYS_LINK,
})

// command is a command line of licenseserver in dir.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), "licenseserver", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), noExitDelay)
	return cmd
}

// must runs a command line that must succeed, and returns what it prints.
func must(t *testing.T, dir string, args ...string) string {
	t.Helper()
	printed, err := tryTo(t, dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	return printed
}

// tryTo runs a command line, and returns what it prints, or an error with its stderr.
func tryTo(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := command(t, dir, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", args, err, &stderr)
	}
	return strings.TrimSpace(stdout.String()), nil
}

// answers asks a server for the license of each token, and returns how many it licenses.
func answers(t *testing.T, dir string, tokens []string, args ...string) (licensed int) {
	t.Helper()
	server, err := startProcess(dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.stop(); err != nil {
			t.Error(err)
		}
	}()
	for _, token := range tokens {
		if request(t, server.url, oldAnswer{Token: token, Products: []license.Product{}}).Status == http.StatusOK {
			licensed++
		}
	}
	return licensed
}

// Of a cp of the files, as people make it, one in four tokens was left.
func TestABackupUnderLoadHasEveryTokenOfTheTimeBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, err := startProcess(dir)
	if err != nil {
		t.Fatal(err)
	}
	var (
		mu      sync.Mutex
		tokens  []string
		ended   = make(chan struct{})
		writers sync.WaitGroup
	)
	for range 3 {
		writers.Go(func() {
			for range 200 { // bounded: the backups end much earlier
				select {
				case <-ended:
					return
				default:
				}
				token, err := tryTo(t, dir, "token", "create", "--type", "ci")
				if err != nil {
					t.Error(err)
					return
				}
				request(t, server.url, oldAnswer{Token: token})
				mu.Lock()
				tokens = append(tokens, token)
				mu.Unlock()
			}
		})
	}
	const backups = 3
	before := make([][]string, backups)
	for i := range before {
		mu.Lock()
		before[i] = slices.Clone(tokens)
		mu.Unlock()
		must(t, dir, "backup", fmt.Sprint("backup", i))
	}
	close(ended)
	writers.Wait()
	if err := server.stop(); err != nil {
		t.Error(err)
	}
	for i, printed := range before {
		data := fmt.Sprint("data", i)
		must(t, dir, "restore", fmt.Sprint("backup", i), "--data", data)
		if licensed := answers(t, dir, printed, "--data", data); licensed != len(printed) {
			t.Errorf("backup %d licenses %d of %d tokens", i, licensed, len(printed))
		}
	}
	if len(before[backups-1]) == 0 {
		t.Error("there was no load")
	}
	t.Logf("of %d tokens, the last backup has %d", len(tokens), len(before[backups-1]))
}

// atCall runs a command line in dir, and lets fail decide about its nth system call that changes a file below dir. It
// returns how many calls there were up to then.
func atCall(t *testing.T, dir string, n int, fail syscalls.Decision, args ...string) (calls int, err error) {
	t.Helper()
	cmd := command(t, dir, args...)
	var mu sync.Mutex
	syscalls.Intercept(t, cmd, changing, func(c *syscalls.Call) unix.Errno {
		if !slices.ContainsFunc(c.Files(), func(path string) bool { return strings.HasPrefix(path, dir+"/") }) {
			return syscalls.Continue
		}
		mu.Lock()
		defer mu.Unlock()
		if calls++; calls == n {
			return fail(c)
		}
		return syscalls.Continue
	})
	err = cmd.Wait()
	mu.Lock()
	defer mu.Unlock()
	return calls, err
}

func diskFull(*syscalls.Call) unix.Errno { return unix.ENOSPC }

// manyCalls calls try with the number of every third call, until a command ends without reaching it.
func manyCalls(t *testing.T, try func(n int) (calls int)) {
	t.Helper()
	const most = 2000
	for n := 1; n < most; n += 3 {
		if try(n) < n {
			t.Logf("%d calls", n-1)
			if n < 10 {
				t.Errorf("there were only %d calls", n-1)
			}
			return
		}
		if t.Failed() {
			return
		}
	}
	t.Errorf("it makes more than %d calls", most)
}

// At each call that changes a file, the command is killed, or the disk is full.
func TestABackupIsCompleteOrNotThere(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]syscalls.Decision{"killed": kill, "disk full": diskFull} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			token := must(t, dir, "token", "create", "--type", "ci")
			manyCalls(t, func(n int) int {
				backup := filepath.Join(dir, "backup")
				calls, err := atCall(t, dir, n, fail, "backup", "backup")
				if _, missing := os.Stat(backup); missing != nil {
					if err == nil {
						t.Errorf("call %d: it succeeds without a backup", n)
					}
					return calls
				}
				must(t, dir, "check", "--data", "backup")
				if err := os.RemoveAll(backup); err != nil {
					t.Fatal(err)
				}
				return calls
			})
			must(t, dir, "backup", "backup")
			must(t, dir, "restore", "backup", "--data", "other")
			if answers(t, dir, []string{token}, "--data", "other") != 1 {
				t.Error("the token is lost")
			}
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != 3 {
				t.Errorf("there is %v, %v", entries, err)
			}
		})
	}
}

// At each call that changes a file, the command is killed, or the disk is full. No server starts with anything but the
// old authority or the new one, and the same command ends what was begun.
func TestARestoreLeavesTheOldAuthorityOrTheNewOneOrNone(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]syscalls.Decision{"killed": kill, "disk full": diskFull} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			now := must(t, dir, "token", "create", "--type", "ci")
			then := must(t, dir, "token", "create", "--type", "ci", "--data", "other")
			must(t, dir, "backup", "backup", "--data", "other")
			if err := os.CopyFS(filepath.Join(dir, "before"), os.DirFS(filepath.Join(dir, "data"))); err != nil {
				t.Fatal(err)
			}
			old := os.DirFS(filepath.Join(dir, "before"))
			hint := func(token string) string { return token[:len("lsci-12345678")] }
			manyCalls(t, func(n int) int {
				calls, err := atCall(t, dir, n, fail, "restore", "backup", "--replace")
				list, listErr := tryTo(t, dir, "token", "list")
				isOld, isNew := strings.Contains(list, hint(now)), strings.Contains(list, hint(then))
				switch {
				case isOld && isNew, listErr == nil && !isOld && !isNew:
					t.Errorf("call %d: the list is %s", n, list)
				case listErr != nil && !strings.Contains(listErr.Error(), "restore"):
					t.Errorf("call %d: the error is %v", n, listErr)
				case err == nil && !isNew:
					t.Errorf("call %d: it succeeds, and the list is %s, %v", n, list, listErr)
				}
				if listErr != nil { // serve and the first command create what is missing
					if _, err := tryTo(t, dir, "token", "create", "--type", "ci"); err == nil {
						t.Errorf("call %d: it begins anew", n)
					}
				}
				must(t, dir, "restore", "backup", "--replace")
				if list := must(t, dir, "token", "list"); !strings.Contains(list, hint(then)) {
					t.Errorf("call %d: the list is %s", n, list)
				}
				removeReplaced(t, filepath.Join(dir, "data"))
				data := filepath.Join(dir, "data")
				if err := errors.Join(os.RemoveAll(data), os.CopyFS(data, old)); err != nil {
					t.Fatal(err)
				}
				return calls
			})
		})
	}
}

// removeReplaced removes what restores have kept, and checks that nothing else is left of them.
func removeReplaced(t *testing.T, data string) {
	t.Helper()
	kept, _ := filepath.Glob(filepath.Join(data, "replaced-*"))
	for _, path := range kept {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(data)
	if err != nil || len(entries) != 2 {
		t.Errorf("there is %v, %v", entries, err)
	}
}
