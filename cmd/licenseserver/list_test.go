package main

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Somebody reads a list page by page. The database is not kept open for it, and nothing says that it is waited for.
func TestAListWaitsForItsReaderWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	for range 12 {
		r.run("token", "create", "--type", "ci", "--name", strings.Repeat("x", 100))
	}
	pipe, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	const room = 4096 // bytes; the least
	if _, err := unix.FcntlInt(out.Fd(), unix.F_SETPIPE_SZ, room); err != nil {
		t.Fatal(err)
	}
	cmd := r.command("token", "list", "--json")
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = out.Close()
	printed := make([]byte, 1) // it has begun to print
	if _, err := io.ReadFull(pipe, printed); err != nil {
		t.Fatal(err)
	}
	if open := r.openFiles(cmd.Process.Pid); strings.Contains(open, "authority.db") {
		t.Errorf("the database is open: %s", open)
	}
	rest, err := io.ReadAll(pipe)
	if waited := cmd.Wait(); err != nil || waited != nil || len(rest) < 2*room || !strings.HasSuffix(string(rest), "]\n") {
		t.Errorf("%d bytes: %v, %v", len(rest), err, waited)
	}
}

// openFiles names the files that a process has open.
func (r *room) openFiles(pid int) string {
	r.Helper()
	open, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "fd", "*"))
	if err != nil || len(open) == 0 {
		r.Fatalf("no open files: %v", err)
	}
	var names []string
	for _, descriptor := range open {
		if name, err := os.Readlink(descriptor); err == nil { // it may have been closed
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}
