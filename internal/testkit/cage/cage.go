// Package cage makes containers that are full: control groups with a limit of processes or of memory. Nothing of
// it is part of the product.
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

// Cage is a control group that holds so many processes and threads, or so much. Processes enter by writing 0 to Door.
type Cage struct {
	Door string
	// Path is its folder, Controller what it limits in version 1, "" in version 2.
	Path, Controller string
}

// New makes a cage for so many processes and threads. Where none can be made, the test is skipped.
func New(t testing.TB, limit int) *Cage {
	t.Helper()
	c := build(t, "pids", "pids.max", "pids.max")
	c.Allow(limit)
	return c
}

// NewMemory makes a cage for so much memory, without a disk to move it to.
func NewMemory(t testing.TB, bytes int) *Cage {
	t.Helper()
	c := build(t, "memory", "memory.limit_in_bytes", "memory.max")
	for _, name := range []string{"memory.limit_in_bytes", "memory.max"} {
		c.set(name, bytes)
	}
	for _, name := range []string{"memory.swappiness", "memory.swap.max"} {
		c.set(name, 0)
	}
	return c
}

// build makes a cage in which there is a file: of version 1, or of version 2.
func build(t testing.TB, controller, first, second string) *Cage {
	t.Helper()
	name := strings.Map(func(r rune) rune {
		if r == '/' {
			return '-'
		}
		return r
	}, t.Name())
	for _, c := range []*Cage{{Controller: controller}, {}} {
		path := filepath.Join("/sys/fs/cgroup", c.Controller, "test-"+strconv.Itoa(os.Getpid())+"-"+name)
		if os.Mkdir(path, 0o755) != nil {
			continue
		}
		c.Door, c.Path = filepath.Join(path, "cgroup.procs"), path
		t.Cleanup(func() {
			for until := time.Now().Add(patience); os.Remove(path) != nil && time.Now().Before(until); {
				time.Sleep(time.Millisecond)
			}
		})
		for _, name := range []string{first, second} {
			if _, err := os.Stat(filepath.Join(path, name)); err == nil {
				return c
			}
		}
	}
	t.Skip("no control group for " + controller + " can be made")
	return nil
}

func (c *Cage) set(name string, value int) {
	path := filepath.Join(c.Path, name)
	if _, err := os.Stat(path); err == nil {
		_ = os.WriteFile(path, []byte(strconv.Itoa(value)), 0o600)
	}
}

// Allow changes the limit. Who is inside stays.
func (c *Cage) Allow(limit int) {
	c.set("pids.max", limit)
}

// WasFull reports whether a process or a thread did not fit in.
func (c *Cage) WasFull() bool {
	events, _ := os.ReadFile(filepath.Join(c.Path, "pids.events"))
	fields := strings.Fields(string(events))
	return len(fields) >= 2 && fields[1] != "0"
}
