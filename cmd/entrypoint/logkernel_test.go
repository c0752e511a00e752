package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// TestLinesComeWhereTheKernelCannotWriteAtOnce has the answers of old kernels, and of filters that do
// not know the call.
func TestLinesComeWhereTheKernelCannotWriteAtOnce(t *testing.T) {
	t.Parallel()
	for _, errno := range []unix.Errno{unix.ENOSYS, unix.EPERM, unix.EOPNOTSUPP, unix.EINVAL} {
		t.Run(errno.Error(), func(t *testing.T) {
			t.Parallel()
			s := logKind{testkit.EmptyPipe, "json"}.stage(t)
			s.log.Read()
			withoutCredential(s)
			s.ask([]uintptr{unix.SYS_PWRITEV2}, func(*syscalls.Call) unix.Errno { return errno })
			s.asPID1(obedient)
			s.start()
			s.ends(55, s.began)
			log := s.log.All()
			first, _, _ := strings.Cut(log, "\n")
			if missing(log, []string{warning, "No credentials were found", "\n"}) != "" || !json.Valid([]byte(first)) {
				t.Errorf("it says %s", log)
			}
		})
	}
}

// TestAFileOnADiskThatHangsStopsNothing is about a log that is a file.
func TestAFileOnADiskThatHangsStopsNothing(t *testing.T) {
	t.Parallel()
	c := newPool(t, 12)
	defer c.all.Wait()
	stage := func(t *testing.T) *stage {
		s := logKind{testkit.File, "text"}.stage(t)
		log := s.log.Writer.Name()
		s.ask(syscalls.Writes, func(c *syscalls.Call) unix.Errno {
			if slices.Contains(c.Files(), log) {
				c.Hold(nil)
			}
			return syscalls.Continue
		})
		return s
	}
	for _, a := range acts {
		c.run(a.name, func(t *testing.T) { a.perform(stage(t), false) })
	}
	for _, route := range routes {
		c.run(route.name, func(t *testing.T) { stage(t).goesItsWay(route) })
	}
}
