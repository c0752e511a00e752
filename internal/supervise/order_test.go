package supervise

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestSIGTERMAndSIGUSR1InEitherOrderStopAroundTheSpawn sends both before, at and after the moment at which
// the command is started, or started again.
func TestSIGTERMAndSIGUSR1InEitherOrderStopAroundTheSpawn(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		orders := [][]unix.Signal{{unix.SIGTERM, unix.SIGUSR1}, {unix.SIGUSR1, unix.SIGTERM}}
		for i := range 200 {
			p := init("-ask", "/bin/sh", "-c", "echo ready $0; exec sleep 60")
			p.expect("deciding")
			p.feed("go")
			if i%4 < 2 {
				p.expect("ready /bin/sh")
				p.signal(unix.SIGUSR1)
				p.expect("deciding again")
				p.feed("go")
			}
			decided := len(p.said)
			time.Sleep(time.Duration(i/4) * 40 * time.Microsecond) // to meet all moments of 2 ms
			for _, sig := range orders[i%2] {
				p.signal(sig)
			}
			p.exits(terminated)
			said := strings.Join(p.silence()[decided:], "\n")
			if strings.Count("\n"+said, "\nready ") > 1 {
				t.Errorf("it started once more: %q", said)
			}
		}
	})
}
