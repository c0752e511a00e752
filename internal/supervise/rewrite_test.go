package supervise

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// rewriting is what becomes of a signal that came before the command, and was rewritten.
type rewriting struct {
	pair string
	sent unix.Signal
	code int    // of the end of the start, 0 for none
	line string // of the init or the command, "" for none
}

var rewritings = []rewriting{
	{pair: "15:10", sent: unix.SIGTERM, line: "warn: restart ignored: the command is already starting"},
	{pair: "15:0", sent: unix.SIGTERM},
	{pair: "15:12", sent: unix.SIGTERM, code: 128 + 12}, // still a stop
	{pair: "2:40", sent: unix.SIGINT, code: 128 + 40},
	{pair: "10:15", sent: unix.SIGUSR1, code: terminated},
	{pair: "10:12", sent: unix.SIGUSR1, line: "signal 12"},
	{pair: "1:15", sent: unix.SIGHUP, code: terminated},
	{pair: "1:12", sent: unix.SIGHUP, line: "signal 12"},
	{pair: "3:0", sent: unix.SIGQUIT},
	{pair: "12:3", sent: unix.SIGUSR2, code: 131},
	{pair: "12:10", sent: unix.SIGUSR2, line: "warn: restart ignored: the command is already starting"},
	{pair: "12:40", sent: unix.SIGUSR2, line: "signal 40"},
	{pair: "40:14", sent: 40, line: "signal 14"},
}

// isOfRestarts reports whether the signals with which the tests restart a command are rewritten.
func (r rewriting) isOfRestarts() bool {
	return strings.HasPrefix(r.pair, "15:") || strings.HasPrefix(r.pair, "10:")
}

func TestBeforeTheCommandASignalIsTakenForWhatItIsRewrittenTo(t *testing.T) {
	inStages(t, stages, onPipes, func(t *testing.T, s stage, begin starter) {
		for _, r := range rewritings {
			if s.starts > 0 && r.isOfRestarts() {
				continue
			}
			t.Run(r.pair, func(t *testing.T) {
				t.Parallel()
				p := begin("-patient", "-rewrite", r.pair, "report")
				before := len(p.said)
				p.signal(r.sent)
				if r.code > 0 {
					p.exits(r.code)
					return
				}
				if strings.HasPrefix(r.line, "warn") {
					p.expect(r.line)
				}
				s.next(p)
				p.expect("ready")
				p.signal(64) // after the others, but of two at once any may be the first
				p.expect("signal 64")
				want := []string{"ready", "signal 64"}
				if r.line != "" {
					want = append(want, r.line)
				}
				if !slices.Contains(p.said, r.line) && r.line != "" {
					p.expect(r.line)
				}
				got := slices.Sorted(slices.Values(p.said[before:]))
				if slices.Sort(want); !slices.Equal(got, want) {
					t.Errorf("%q, want %q", got, want)
				}
			})
		}
	})
}

func TestWhileFailingARewrittenSignalIsTakenForTheOther(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for _, pair := range []string{"12:15", "14:3", "15:12"} { // the last is still a stop
			p := init("-rewrite", pair, "-mute", "-ask", "report")
			p.expect("deciding")
			p.feed("deny")
			p.expect("failing")
			p.signal(unix.Signal(numberOf(" " + strings.ReplaceAll(pair, ":", " ")[:2])))
			p.exits(55)
		}
	})
}

func TestWhileStoppingOrRestartingARewrittenSignalIsTakenForTheOther(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for _, first := range []unix.Signal{unix.SIGTERM, unix.SIGUSR1} {
			p := init("-rewrite", "1:15", "count", "child")
			p.expect("ready child")
			p.signal(first)
			p.expect("SIGTERM child")
			p.signal(unix.SIGHUP) // so it stops for good
			p.expect("SIGTERM child")
			p.signal(unix.SIGUSR2)
			p.exits(42)

			p = init("-rewrite", "14:10", "count", "child")
			p.expect("ready child")
			p.signal(unix.SIGTERM)
			p.expect("SIGTERM child")
			p.signal(unix.SIGALRM) // a restart does not undo a stop
			p.signal(unix.SIGUSR2)
			p.exits(41)
		}
	})
}
