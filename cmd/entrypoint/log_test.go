package main

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit"
)

// logKind is a kind of log, and its form.
type logKind struct {
	open   func(testing.TB) *testkit.Log
	format string
}

// stage is a container with such a log.
func (on logKind) stage(t *testing.T) *stage {
	t.Helper()
	s := newStage(t, on.open)
	s.set("LOG_FORMAT", on.format)
	s.set("LOCALSTACK_PATH", "causes a warning")
	return s
}

// perform plays an act, with a reader who comes back or with none.
func (a act) perform(s *stage, comesBack bool) {
	s.Helper()
	if a.arrange != nil {
		a.arrange(s)
	}
	s.asPID1(cmp.Or(a.emulator, obedient))
	if a.way != nil {
		s.by(*a.way)
	}
	s.start()
	switch {
	case a.play != nil:
		a.play(s)
	case a.end != 0:
		s.hears("up")
	}
	if s.log.IsStuck() && s.flags&unix.O_NONBLOCK == 0 {
		eventually(s.T, "a line that waits", s.isStuck)
	}
	if comesBack {
		s.log.Read()
		s.says(a.says)
		s.says([]string{a.also})
	}
	a.finish(s)
	if comesBack {
		a.check(s)
	}
}

func (a act) finish(s *stage) {
	s.Helper()
	if a.end == 0 {
		took := s.ends(a.code, s.began)
		s.Logf("ended with %d after %s", a.code, took.Round(time.Millisecond))
		if took < 700*time.Millisecond || took > time.Second+noise {
			s.Errorf("it lived for %s", took)
		}
		return
	}
	if took := time.Since(s.began); a.within == 0 && took > 2*time.Second+noise {
		s.Errorf("it took %s to get there", took)
	}
	there := time.Since(s.began)
	began := time.Now()
	s.sends(a.end)
	took := s.ends(a.code, began)
	s.Logf("ended with %d in %s after %s", a.code, took.Round(time.Millisecond), there.Round(time.Millisecond))
	// An end waits for the reader for 200 ms.
	if took > a.within+200*time.Millisecond+noise {
		s.Errorf("the end took %s", took)
	}
}

// check looks at the whole of the log.
func (a act) check(s *stage) {
	s.Helper()
	log := s.log.All()
	if want := missing(log, append(slices.Clone(a.says), a.last)); want != "" {
		s.Errorf("%q is missing in %s", want, log)
	}
	if strings.Contains(log, "the log was not read") {
		s.Errorf("something is missing in %s", log)
	}
	if s.env["LOG_FORMAT"] == "json" {
		for line := range strings.Lines(log) {
			if !json.Valid([]byte(line)) {
				s.Errorf("no JSON: %s", line)
			}
		}
	}
}

// everyLog is every log that nobody reads.
func everyLog(t *testing.T, test func(c *pool, name string, on logKind)) {
	t.Helper()
	c := newPool(t, 12)
	defer c.all.Wait()
	for name, open := range testkit.StuckLogs {
		test(c, name, logKind{open, "text"})
	}
	test(c, "closed pipe", logKind{testkit.ClosedPipe, "text"})
	test(c, "full pipe that somebody has made non-blocking", logKind{func(t testing.TB) *testkit.Log {
		log := testkit.FullPipe(t)
		log.SetNonblock()
		return log
	}, "text"})
}

func TestALogThatNobodyReadsStopsNothing(t *testing.T) {
	t.Parallel()
	everyLog(t, func(c *pool, name string, on logKind) {
		for _, a := range acts {
			c.run(a.name+", "+name, func(t *testing.T) { a.perform(on.stage(t), false) })
		}
	})
}

func TestALogThatIsReadAgainHasEveryLine(t *testing.T) {
	t.Parallel()
	c := newPool(t, 12)
	defer c.all.Wait()
	for name, open := range testkit.StuckLogs {
		for _, a := range acts {
			for _, format := range []string{"text", "json"} {
				c.run(strings.Join([]string{a.name, name, format}, ", "), func(t *testing.T) {
					a.perform(logKind{open, format}.stage(t), true)
				})
			}
		}
	}
}

func TestALogThatNobodyReadsHoldsNoOtherRouteUp(t *testing.T) {
	t.Parallel()
	everyLog(t, func(c *pool, name string, on logKind) {
		for _, route := range routes {
			prepare := func(t *testing.T) *stage {
				s := on.stage(t)
				s.script("fails.sh", "exit 3")
				return s
			}
			c.run(route.name+", a start, "+name, func(t *testing.T) { prepare(t).goesItsWay(route) })
			c.run(route.name+", a failure, "+name, func(t *testing.T) {
				s := prepare(t)
				withoutCredential(s)
				s.asPID1(obedient)
				s.by(route)
				s.start()
				if took := s.ends(55, s.began); took < route.least || took > time.Second+noise {
					t.Errorf("it lived for %s", took)
				}
			})
		}
	})
}

// goesItsWay checks that a start, and its end, are not held up.
func (s *stage) goesItsWay(way route) {
	s.Helper()
	s.asPID1(obedient)
	s.by(way)
	s.start()
	s.hears("up")
	if took := time.Since(s.began); took > time.Second+noise {
		s.Errorf("the emulator started after %s", took)
	}
	began := time.Now()
	s.sends(unix.SIGUSR2)
	if took := s.ends(7, began); took > time.Second+noise {
		s.Errorf("the end took %s", took)
	}
}

// TestALogThatNobodyReadsKeepsNoHelper is about the init's own processes, which it waits for or not.
func TestALogThatNobodyReadsKeepsNoHelper(t *testing.T) {
	t.Parallel()
	everyLog(t, func(c *pool, name string, on logKind) {
		for _, helper := range []string{hooksName, renewName} {
			c.run(helper+", "+name, func(t *testing.T) {
				s := on.stage(t)
				s.set("ACTIVATE_PRO", "1")
				s.script("fails.sh", "exit 3")
				s.store(func(d *license.Document) {
					d.Offline.Activated = &license.Time{Time: time.Now().AddDate(0, 0, -9)}
				})
				s.asPID1("")
				s.Args = []string{helper}
				s.SysProcAttr.Cloneflags = 0
				s.start()
				if took := s.ends(0, s.began); took > time.Second+noise {
					t.Errorf("it lived for %s", took)
				}
			})
		}
	})
}
