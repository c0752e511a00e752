package lab

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
)

// situation is a network that somebody has, and what a start in it must say.
type situation struct {
	name string
	// id is the failure; none where the start must work.
	id fault.ID
	// says is part of the reason, or of the warnings of a start that works.
	says string
	// warns is what the doctor warns of beside.
	warns fault.ID
	// chance is true where two attempts in a row may end differently: then the doctor, which takes less time than a
	// start, need not agree with it.
	chance bool
	// official is what the official image says.
	official string
	// arrange makes it happen.
	arrange func(*world)
	// dig are the name servers of which we must say the same as dig, tls that
	// we must say the same of the server's certificates as openssl.
	dig []string
	tls bool
	// exit is the command's exit code where the start works.
	exit int
	// try makes the attempt; a start by default.
	try func(*world) outcome
	// other is what another program makes of it, where the question is none of
	// the network's; Python's request is compared otherwise.
	other func(*world) string
	// reported is true of what users have reported, for the comparison.
	reported bool
	// python is why the emulator's Python fares otherwise, where it has to.
	python string
}

// situations are all there are, in the order of the table.
func situations() []situation {
	var all []situation
	for _, some := range [][]situation{working, oddNames, deniedNames, brokenNames, unreachedNames,
		misleadingNames, closedWays, proxies,
		certificates, handshakes, onlyHTTP2, answers, reports()} {
		all = append(all, some...)
	}
	return all
}

func TestEverySituation(t *testing.T) {
	need(t)
	var mu sync.Mutex
	got := map[string]observed{}
	t.Run("situations", func(t *testing.T) {
		for _, s := range situations() {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				s.arrange(w)
				seen := observed{outcome: s.attempt(w)}
				s.check(t, w, seen.outcome)
				if s.other == nil {
					ask := w.emulators(seen.outcome) // beside the doctor
					if !s.chance {
						t.Run("doctor", func(t *testing.T) { seen.told = agreeWithStart(t, w, seen.outcome, s.warns) })
					}
					t.Run("python", func(t *testing.T) {
						seen.emulators = ask(t)
						agreeWithPython(t, seen, s.python)
					})
				}
				if *compare && s.reported {
					s.compare(t, w, &seen)
				}
				mu.Lock()
				got[s.name] = seen
				mu.Unlock()
				for _, server := range s.dig {
					t.Run("dig "+server, func(t *testing.T) { agreeWithDig(t, w, server) })
				}
				if *showDoctor {
					w.show(t, s.name)
				}
				if s.tls {
					t.Run("openssl", func(t *testing.T) { agreeWithOpenSSL(t, w) })
				}
			})
		}
	})
	switch {
	case *compare:
		printComparison(got)
	case *printTable:
		printSituations(got)
	}
}

// attempt is what becomes of the situation.
func (s situation) attempt(w *world) outcome {
	if s.try != nil {
		return s.try(w)
	}
	return w.start()
}

// check judges what a start said.
func (s situation) check(t *testing.T, w *world, said outcome) {
	t.Helper()
	if said.ID != s.id {
		t.Errorf("failure is %q, want %q: %s", said.ID, s.id, said.Reason)
	}
	if s.id == "" {
		if said.exit != s.exit || s.exit == 0 && said.stdout != "started" {
			t.Errorf("exit code %d, stdout %q\n%s", said.exit, said.stdout, said.warnings)
		}
	} else if row, _ := fault.Lookup(s.id); said.exit != row.Exit || said.stdout != "" {
		t.Errorf("exit code %d, want %d; stdout %q", said.exit, row.Exit, said.stdout)
	}
	s.checkWaits(t, said)
	if text := said.Reason + said.warnings; !strings.Contains(text, s.says) || strings.Count(said.Reason, "(waited") > 1 {
		t.Errorf("%q is not in: %s", s.says, text)
	}
	seen := map[string]bool{}
	for _, line := range said.log {
		if seen[line.Message] {
			t.Errorf("said twice: %s", line.Message)
		}
		seen[line.Message] = true
	}
	payload := shared.token[len(credential.CIPrefix)+8:]
	if strings.Contains(said.Reason+said.warnings+said.stdout, payload) ||
		strings.Contains(said.Reason+said.warnings, "s3cret") ||
		w.secret != "" && strings.Contains(said.Reason+said.warnings, w.secret) {
		t.Error("a secret was printed")
	}
}

// checkWaits judges what a start said while it waited: something by 1.5 s, and
// nothing before.
func (s situation) checkWaits(t *testing.T, said outcome) {
	t.Helper()
	const soon, noise = 1500 * time.Millisecond, 1500 * time.Millisecond
	at := slices.IndexFunc(said.log, func(line logLine) bool { return strings.Contains(line.Message, " so far") })
	switch {
	case at < 0 && said.after > soon+noise:
		t.Errorf("nothing was said for %s", said.after)
	case at >= 0 && said.log[at].at > soon+noise:
		t.Errorf("the first line came after %s: %s", said.log[at].at, said.log[at].Message)
	case at >= 0 && said.log[at].at < soon-noise/3:
		t.Errorf("the first line came after %s already: %s", said.log[at].at, said.log[at].Message)
	}
}

func TestEverySituationHasItsOwnName(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range situations() {
		if seen[s.name] {
			t.Errorf("two situations are named %q", s.name)
		}
		seen[s.name] = true
	}
}
