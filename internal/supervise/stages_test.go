package supervise

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// stage is a time of a start at which there is no command.
type stage struct {
	name   string
	flags  []string         // of the init
	reach  func(p *process) // waits for it
	asks   bool             // it ends with the next line
	starts int              // of the command before
}

// waitingHooks are hooks that end with the next line.
const waitingHooks = "echo hooking; read line"

// stages are those of a first start, and of a restart. The command is one that says that it is ready, and
// ends at SIGTERM.
var stages = []stage{{
	name:  "hooking",
	flags: []string{"-hooks", waitingHooks},
	reach: func(p *process) { p.expect("hooking") },
	asks:  true,
}, {
	name:  "deciding",
	flags: []string{"-ask"},
	reach: func(p *process) { p.expect("deciding") },
	asks:  true,
}, {
	name:  "deciding after hooks",
	flags: []string{"-ask", "-hooks", "echo hooking"},
	reach: func(p *process) { p.expect("deciding") },
	asks:  true,
}, {
	name:   "deciding again",
	flags:  []string{"-ask"},
	reach:  decideAgain,
	asks:   true,
	starts: 1,
}, {
	name: "resting",
	reach: func(p *process) {
		for range 2 {
			p.expect("ready")
			p.signal(unix.SIGUSR1)
		}
		p.expect("warn: restarting too fast; next start in 1s")
	},
	starts: 2,
}}

// decideAgain has the command started, and waits for the decision to start it again.
func decideAgain(p *process) {
	p.t.Helper()
	p.expect("deciding")
	p.feed("go")
	p.expect("ready")
	p.signal(unix.SIGUSR1)
	p.expect("deciding again")
}

// next goes on to what follows.
func (s stage) next(p *process) {
	p.t.Helper()
	if s.asks {
		p.feed("go")
	}
}

// inStages runs a test in each of some stages, with each kind of init.
func inStages(
	t *testing.T, stages []stage, kinds []kind,
	test func(t *testing.T, s stage, begin starter),
) {
	t.Parallel()
	for _, s := range stages {
		for _, k := range kinds {
			t.Run(s.name+", "+k.name, func(t *testing.T) {
				t.Parallel()
				skipWithoutRoot(t, k.how) // here, because a subtest must not skip its parent
				test(t, s, func(args ...string) *process {
					t.Helper()
					p := k.init(t, append(slices.Clone(s.flags), args...)...)
					s.reach(p)
					return p
				})
			})
		}
	}
}
