package supervise

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestAChoreThatDoesNotEndIsKilledAndGoneBeforeTheNext(t *testing.T) {
	l := newLoop(t.Context(), Start{Chore: &Command{Path: "/bin/sleep", Args: []string{"sleep", "60"}}}, Options{})
	l.doChore()
	first := l.chore
	for range 2 {
		l.doChore()
		if l.chore != first {
			t.Fatalf("process %d is there, and %d another", first, l.chore)
		}
	}
	var status unix.WaitStatus
	if _, err := unix.Wait4(first, &status, 0, nil); err != nil || status.Signal() != unix.SIGKILL {
		t.Errorf("the first ended with %#x, %v", status, err)
	}
	l.chore = 0 // as reap finds out
	l.doChore()
	second := l.chore
	if pid, err := unix.Wait4(second, &status, unix.WNOHANG, nil); second == 0 || pid != 0 || err != nil {
		t.Errorf("the second ended, too: %#x, %v", status, err)
	}
	_ = unix.Kill(second, unix.SIGKILL)
	_, _ = unix.Wait4(second, &status, 0, nil)
}
