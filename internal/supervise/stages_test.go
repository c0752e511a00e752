package supervise

import (
	"maps"
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
	name:  "deciding again",
	flags: []string{"-ask"},
	reach: func(p *process) {
		p.expect("deciding")
		p.feed("go")
		p.expect("ready")
		p.signal(unix.SIGUSR1)
		p.expect("deciding again")
	},
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

// next goes on to what follows.
func (s stage) next(p *process) {
	p.t.Helper()
	if s.asks {
		p.feed("go")
	}
}

// starter starts an init with options and a command.
type starter func(t *testing.T, args ...string) *process

// withoutTerminal and onTerminal are the inits there are.
var (
	withoutTerminal = map[string]starter{
		"PID 1": func(t *testing.T, args ...string) *process {
			return start(t, asPID1, append([]string{"init"}, args...)...)
		},
		"subreaper": func(t *testing.T, args ...string) *process {
			return start(t, asChild, append([]string{"init"}, args...)...)
		},
	}
	onTerminal = map[string]starter{
		"PID 1 on a terminal": func(t *testing.T, args ...string) *process {
			return startOnTerminal(t, asPID1, append([]string{"init"}, args...)...)
		},
		"subreaper on a terminal": func(t *testing.T, args ...string) *process {
			return startOnTerminal(t, asChild, append([]string{"init"}, args...)...)
		},
	}
)

// inStages runs a test in every stage, with every init.
func inStages(
	t *testing.T, inits map[string]starter,
	test func(t *testing.T, s stage, begin func(args ...string) *process),
) {
	t.Parallel()
	for _, s := range stages {
		for name, init := range inits {
			t.Run(s.name+", "+name, func(t *testing.T) {
				t.Parallel()
				test(t, s, func(args ...string) *process {
					t.Helper()
					p := init(t, append(slices.Clone(s.flags), args...)...)
					s.reach(p)
					return p
				})
			})
		}
	}
}

// inEveryStage is inStages with a terminal and without.
func inEveryStage(t *testing.T, test func(t *testing.T, s stage, begin func(args ...string) *process)) {
	all := maps.Clone(withoutTerminal)
	maps.Copy(all, onTerminal)
	inStages(t, all, test)
}
