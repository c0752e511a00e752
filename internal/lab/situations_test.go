package lab

import (
	"strings"
	"sync"
	"testing"

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
	// official is what the official image says.
	official string
	// arrange makes it happen.
	arrange func(*world)
	// dig are the name servers of which we must say the same as dig, tls that
	// we must say the same of the server's certificates as openssl.
	dig []string
	tls bool
	// python is why the emulator's Python fares otherwise, where it has to.
	python string
}

// situations are all there are, in the order of the table.
func situations() []situation {
	var all []situation
	for _, some := range [][]situation{working, deniedNames, brokenNames, misleadingNames, closedWays, proxies,
		proxyVariables, certificates, handshakes, middleboxes, onlyHTTP2, answers} {
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
				said := w.start()
				s.check(t, said)
				// Python and the doctor wait side by side.
				python := w.emulators(said)
				var told examination
				t.Run("doctor", func(t *testing.T) { told = agreeWithStart(t, w, said, s.warns) })
				t.Run("python", func(t *testing.T) {
					theirs := python(t)
					agreeWithPython(t, said, theirs, told, s.python)
					mu.Lock()
					defer mu.Unlock()
					got[s.name] = observed{said, theirs}
				})
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
	if *printTable {
		printSituations(got)
	}
}

// check judges what a start said.
func (s situation) check(t *testing.T, said outcome) {
	t.Helper()
	if said.ID != s.id {
		t.Errorf("failure is %q, want %q: %s", said.ID, s.id, said.Reason)
	}
	if s.id == "" {
		if said.exit != 0 || said.stdout != "started" {
			t.Errorf("exit code %d, stdout %q\n%s", said.exit, said.stdout, said.warnings)
		}
	} else if said.exit != fault.ExitLicense || said.stdout != "" {
		t.Errorf("exit code %d, want %d; stdout %q", said.exit, fault.ExitLicense, said.stdout)
	}
	if text := said.Reason + said.warnings; !strings.Contains(text, s.says) {
		t.Errorf("%q is not in: %s", s.says, text)
	}
	payload := shared.token[len(credential.CIPrefix)+8:]
	if strings.Contains(said.Reason+said.warnings+said.stdout, payload) ||
		strings.Contains(said.Reason+said.warnings, "s3cret") {
		t.Error("a secret was printed")
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
