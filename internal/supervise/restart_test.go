package supervise

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
)

func TestSIGUSR1StartsTheCommandAgainWithItsOtherArguments(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("/bin/sh", "-c", `echo ready $0; exec sleep 60`)
		p.expect("ready /bin/sh")
		for range 2 {
			p.signal(unix.SIGUSR1)
			p.expect("ready again")
		}
		p.signal(unix.SIGTERM)
		p.exits(terminated)
		// The second follows the first too soon.
		if want := []string{"warn: restarting too fast; next start in 1s"}; !slices.Equal(p.warnings(), want) {
			t.Errorf("%q, want %q", p.warnings(), want)
		}
	})
}

func TestRestartKillsACommandThatDoesNotStop(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-timeout", "300ms", "count", "child")
		p.expect("ready child")
		p.signal(unix.SIGUSR1)
		p.expect("SIGTERM child")
		p.expect("ready child again")
		p.signal(unix.SIGUSR2)
		p.exits(40) // and the old deadline does not hit the new run
		if want := []string{"warn: the command did not stop within 300ms and was killed"}; !slices.Equal(p.warnings(), want) {
			t.Errorf("%q, want %q", p.said, want)
		}
	})
}

func TestRestartOfACommandThatIsGoneEndsWithItsCode(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho ready; exec sleep 60"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := start(t, asPID1, "init", script)
	p.expect("ready")
	if err := os.Remove(script); err != nil {
		t.Fatal(err)
	}
	p.signal(unix.SIGUSR1)
	p.expect("cannot run " + script + ": no such file or directory")
	p.exits(fault.ExitNotFound)
}
