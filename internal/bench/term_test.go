package main

import (
	"syscall"
	"testing"
	"time"
)

func TestStoppedStartsAreCountedByWhatBecameOfThem(t *testing.T) {
	exits := func(code int) syscall.WaitStatus { return syscall.WaitStatus(code << 8) }
	const killed = syscall.WaitStatus(syscall.SIGKILL)
	first := &moment{}
	first.count(exits(2), true, time.Millisecond)
	first.count(exits(143), true, 3*time.Millisecond)
	first.count(exits(55), true, 2*time.Millisecond)
	first.count(killed, false, time.Second)
	first.count(killed, true, time.Second)
	all := []*moment{first}
	for at := time.Millisecond; at < 4*time.Millisecond; at += time.Millisecond {
		m := &moment{from: at, to: at}
		for range 5 {
			m.count(exits(143), true, time.Millisecond)
		}
		all = append(all, m)
	}
	const want = `### SIGTERM after ` + "`execve`" + ` of x as PID 1, 5 starts at each moment

| ms after ` + "`execve`" + ` | exit 143 | exit 2 | other | unheard | lost | median ms to exit | max |
| ----------------- | -------: | -----: | ----: | ------: | ---: | ----------------: | --: |
| 0                 |        1 |      1 |     1 |       1 |    1 |              2.00 | 3.0 |
| 1 to 3            |       15 |      0 |     0 |       0 |    0 |              1.00 | 1.0 |
| 0 to 3            |       16 |      1 |     1 |       1 |    1 |              1.00 | 3.0 |
`
	if got := termTable("x", all).String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
