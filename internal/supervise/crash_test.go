package supervise

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCrashedCommandIsStartedAgainSoManyTimes(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-crashes", "2", "/bin/sh", "-c", `echo run $0; kill -KILL $$`)
		p.exits(killed)
		want := []string{
			"run /bin/sh",
			"warn: the command exited with code 137: restarting, attempt 1 of 2", "run again",
			"warn: the command exited with code 137: restarting in 1s, attempt 2 of 2", "run again",
		}
		if said := p.silence(); !slices.Equal(said, want) {
			t.Errorf("%q, want %q", said, want)
		}
	})
}

func TestEndThatCannotGetBetterIsNoCrash(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for _, code := range []string{"55", "78", "126", "127"} {
			p := init("-crashes", "2", "/bin/sh", "-c", "echo run; exit "+code)
			p.exits(numberOf(" " + code))
			if said := p.silence(); !slices.Equal(said, []string{"run"}) {
				t.Errorf("%q", said)
			}
		}
	})
}

func TestSIGTERMDuringThePauseEndsAtOnce(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		p := init("-crashes", "9", "/bin/sh", "-c", "echo run $0; exit 3")
		p.expect("warn: the command exited with code 3: restarting in 2s, attempt 3 of 9")
		p.signal(unix.SIGINT)
		p.exits(128 + int(unix.SIGINT))
	})
}

func TestExitCodesAreReplaced(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		init("-code", "143:0", "/bin/sh", "-c", "kill $$").exits(0)
		init("-code", "3:9", "/bin/sh", "-c", "exit 3").exits(9)
		init("-code", "3:9", "/bin/sh", "-c", "exit 4").exits(4)
	})
}
