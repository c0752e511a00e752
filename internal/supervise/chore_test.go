package supervise

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestAChoreThatDoesNotEndIsKilledBeforeTheNext(t *testing.T) {
	l := newLoop(t.Context(), Start{Chore: &Command{Path: "/bin/sleep", Args: []string{"sleep", "60"}}}, Options{})
	l.doChore()
	first := l.task
	l.doChore()
	second := l.task
	var status unix.WaitStatus
	if _, err := unix.Wait4(first, &status, 0, nil); err != nil || status.Signal() != unix.SIGKILL {
		t.Errorf("the first ended with %#x, %v", status, err)
	}
	if pid, err := unix.Wait4(second, &status, unix.WNOHANG, nil); pid != 0 || err != nil {
		t.Errorf("the second ended, too: %#x, %v", status, err)
	}
	_ = unix.Kill(second, unix.SIGKILL)
	_, _ = unix.Wait4(second, &status, 0, nil)
}
