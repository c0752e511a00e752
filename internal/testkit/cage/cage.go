// Package cage makes containers that are full: control groups with a limit of processes. Nothing of it
// is part of the product.
package cage

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience bounds the wait for the last process to leave.
const patience = 5 * time.Second

// Cage is a control group that holds so many processes and threads. Processes enter by writing 0 to Door.
type Cage struct {
	Door string
	path string
}

// New makes a cage. Where none can be made, the test is skipped.
func New(t testing.TB, limit int) *Cage {
	t.Helper()
	name := strings.Map(func(r rune) rune {
		if r == '/' {
			return '-'
		}
		return r
	}, t.Name())
	for _, root := range []string{"/sys/fs/cgroup/pids", "/sys/fs/cgroup"} {
		path := filepath.Join(root, "test-"+strconv.Itoa(os.Getpid())+"-"+name)
		if os.Mkdir(path, 0o755) != nil {
			continue
		}
		c := &Cage{Door: filepath.Join(path, "cgroup.procs"), path: path}
		t.Cleanup(func() {
			for until := time.Now().Add(patience); os.Remove(path) != nil && time.Now().Before(until); {
				time.Sleep(time.Millisecond)
			}
		})
		if _, err := os.Stat(filepath.Join(path, "pids.max")); err == nil {
			c.Allow(limit)
			return c
		}
	}
	t.Skip("no control group for processes can be made")
	return nil
}

// Allow changes the limit. Who is inside stays.
func (c *Cage) Allow(limit int) {
	_ = os.WriteFile(filepath.Join(c.path, "pids.max"), []byte(strconv.Itoa(limit)), 0o600)
}

// WasFull reports whether a process or a thread did not fit in.
func (c *Cage) WasFull() bool {
	events, _ := os.ReadFile(filepath.Join(c.path, "pids.events"))
	fields := strings.Fields(string(events))
	return len(fields) >= 2 && fields[1] != "0"
}
