package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// victim is a start, or a renewal, that is killed.
type victim struct {
	name      string
	isRenewal bool
	stored    time.Duration // age of the license that is stored; 0 for none
}

var victims = []victim{
	{"the first start", false, 0},
	{"another start", false, time.Hour},
	{"a renewal", true, 9 * 24 * time.Hour},
}

// prepare makes everything ready for its start.
func (v victim) prepare(t *testing.T, issuer issuer) (s *stage, old []byte) {
	t.Helper()
	s = issuer.stage(t)
	if v.stored > 0 {
		old = issuer.store(s, v.stored)
	}
	s.noteRefusal(time.Hour, 1)
	s.asPID1("sleep 0.1; exit 7")
	if v.isRenewal {
		s.Args = []string{renewName}
		s.SysProcAttr.Cloneflags = 0
	}
	return s, old
}

// code is what it ends with by itself.
func (v victim) code() int {
	if v.isRenewal {
		return 0
	}
	return 7
}

// leaves checks what there is after a kill: the old license, or one that is as good as new; none only
// if there was none.
func (s *stage) leaves(old []byte) {
	s.Helper()
	content, err := os.ReadFile(s.license())
	if os.IsNotExist(err) && old == nil || bytes.Equal(content, old) && old != nil {
		return
	}
	document, parseErr := license.Parse(content)
	if err != nil || parseErr != nil || !document.SignedWith(s.token) {
		s.Errorf("there is %s, %v, %v", content, err, parseErr)
	}
}

// recovers checks that the next start works, and later ones leave nothing behind.
func (s *stage) recovers(issuer issuer) {
	s.Helper()
	leftovers := func() []string {
		all, _ := filepath.Glob(s.volumePath("cache/*.tmp"))
		return all
	}
	for _, path := range leftovers() {
		long := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(path, long, long); err != nil {
			s.Error(err)
		}
	}
	if identity, err := os.ReadFile(s.volumePath(identityName)); err == nil && !json.Valid(identity) {
		s.Errorf("the machine's identity is %s", identity)
	}
	quick(s.T, func() (wrong string) {
		next := issuer.stage(s.T)
		next.root = s.root
		next.set("FILESYSTEM_ROOT", s.root)
		next.asPID1("exit 7")
		next.start()
		next.ends(7, next.began)
		content, err := os.ReadFile(s.license())
		if left := leftovers(); len(left) > 0 || err != nil || !json.Valid(content) {
			return fmt.Sprintf("there are %q and %s, %v", left, content, err)
		}
		return ""
	})
}

// changes reports whether a call changes the volume: between two of them there is nothing new.
func (s *stage) changes(c *syscalls.Call) bool {
	isRead := c.Number == unix.SYS_GETDENTS64 || slices.Contains(syscalls.Opens, c.Number)
	return s.concerns(c, "") && (!isRead || strings.HasSuffix(strings.Join(c.Files(), ""), ".tmp"))
}

// calls counts the changes by one that is not killed.
func (v victim) calls(t *testing.T, issuer issuer) int {
	s, _ := v.prepare(t, issuer)
	var count atomic.Int64
	s.intercepted(func(c *syscalls.Call) unix.Errno {
		if s.changes(c) {
			count.Add(1)
		}
		return syscalls.Continue
	})
	s.ends(v.code(), s.began) // which waits for the disk
	return int(count.Load())
}

func TestAKillAtAnyCallLeavesAWholeLicense(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	c := newPool(t, 8)
	defer c.all.Wait()
	for _, v := range victims {
		calls := v.calls(t, issuer)
		t.Logf("%s changes the disk %d times", v.name, calls)
		for call := range calls {
			c.run(fmt.Sprintf("%s, call %d", v.name, call), func(t *testing.T) {
				s, old := v.prepare(t, issuer)
				var count atomic.Int64
				s.intercepted(func(c *syscalls.Call) unix.Errno {
					if s.changes(c) && count.Add(1) == int64(call)+1 {
						t.Logf("killed at %s", c)
						_ = s.Process.Kill()
						c.Hold(nil)
					}
					return syscalls.Continue
				})
				if code := s.end(); code != -1 && code != v.code() { // a slow disk has fewer calls
					t.Errorf("it has ended with %d", code)
				}
				s.leaves(old)
				s.recovers(issuer)
			})
		}
	}
}
