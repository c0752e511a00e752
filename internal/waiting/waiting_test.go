package waiting

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// told collects the lines of a watch, each with the time at which it came.
type told struct {
	began time.Time
	lines []string
}

func (s *told) say(line string) {
	s.lines = append(s.lines, fmt.Sprintf("%s: %s", time.Since(s.began), line))
}

// name is what is waited for, as [For] takes it.
func name(text string) func() string { return func() string { return text } }

// watched runs f, whose waits are told, and returns the lines.
func watched(t *testing.T, f func(ctx context.Context)) (lines []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		all := &told{began: time.Now()}
		ctx, stop := Watch(t.Context(), all.say)
		f(ctx)
		stop()
		time.Sleep(time.Hour) // nothing may follow
		lines = all.lines
	})
	return lines
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("the lines are\n%q\nwant\n%q", got, want)
	}
}

func TestLinesComeAtGrowingIntervals(t *testing.T) {
	got := watched(t, func(ctx context.Context) {
		defer For(ctx, name("Godot"))()
		time.Sleep(200 * time.Second)
	})
	same(t, got, []string{
		"1.5s: waiting for Godot (1.5 s so far)",
		"4s: waiting for Godot (4 s so far)",
		"9s: waiting for Godot (9 s so far)",
		"19s: waiting for Godot (19 s so far)",
		"39s: waiting for Godot (39 s so far)",
		"1m19s: waiting for Godot (79 s so far)",
		"2m19s: waiting for Godot (139 s so far)",
		"3m19s: waiting for Godot (199 s so far)",
	})
}

func TestAWaitThatEndsSoonIsNotTold(t *testing.T) {
	got := watched(t, func(ctx context.Context) {
		done := For(ctx, name("a short wait"))
		time.Sleep(firstAfter - time.Millisecond)
		done()
	})
	same(t, got, nil)
}

func TestTheTimeRunsFromTheFirstNote(t *testing.T) {
	got := watched(t, func(ctx context.Context) {
		time.Sleep(time.Minute)
		defer For(ctx, name("a server"))()
		time.Sleep(2 * time.Second)
	})
	same(t, got, []string{"1m1.5s: waiting for a server (1.5 s so far)"})
}

func TestWaitsSideBySideAreToldTogether(t *testing.T) {
	got := watched(t, func(ctx context.Context) {
		first := For(ctx, name("A"))
		defer For(ctx, name("B"))()
		defer For(ctx, name("B"))()
		time.Sleep(3 * time.Second)
		first()
		for _, more := range []string{"C", "D", "E", "F"} {
			defer For(ctx, name(more))()
		}
		time.Sleep(3 * time.Second)
	})
	same(t, got, []string{
		"1.5s: waiting for A and B (1.5 s so far)",
		"4s: waiting for B and C and D and E (4 s so far)",
	})
}

func TestALineThatIsDueBetweenTwoWaitsComesWithTheNext(t *testing.T) {
	got := watched(t, func(ctx context.Context) {
		done := For(ctx, name("one"))
		time.Sleep(time.Second)
		done()
		time.Sleep(550 * time.Millisecond)
		defer For(ctx, name("another"))()
		time.Sleep(time.Second)
	})
	same(t, got, []string{"1.65s: waiting for another (1.7 s so far)"})
}

func TestTheDeadlineIsTold(t *testing.T) {
	got := watched(t, func(ctx context.Context) {
		bounded, cancel := context.WithTimeout(ctx, 15*time.Second)
		defer cancel()
		Until(bounded)
		shorter, cancel := context.WithTimeout(bounded, 5*time.Second)
		defer cancel()
		defer For(shorter, name("a server"))()
		time.Sleep(5 * time.Second)
	})
	same(t, got, []string{
		"1.5s: waiting for a server (1.5 s so far, at most 14 s more)",
		"4s: waiting for a server (4 s so far, at most 11 s more)",
	})
}

func TestAnAttemptThatCameToNothingIsTold(t *testing.T) {
	got := watched(t, func(ctx context.Context) {
		bounded, cancel := context.WithTimeout(ctx, 12*time.Second)
		defer cancel()
		Until(bounded)
		Retry(bounded, 1, "the connection was reset")
		Retry(bounded, 2, "the connection was refused")
		time.Sleep(3 * time.Second)
		defer For(bounded, name("a server"))()
		time.Sleep(2 * time.Second)
	})
	same(t, got, []string{
		"1.5s: attempt 2: the connection was refused; trying again (1.5 s so far, at most 11 s more)",
		"4s: attempt 2: the connection was refused; waiting for a server (4 s so far, at most 8 s more)",
	})
}

func TestWhatIsUnwatchedIsNotTold(t *testing.T) {
	got := watched(t, func(ctx context.Context) {
		ctx = Unwatched(ctx)
		Until(ctx)
		Retry(ctx, 1, "no")
		defer For(ctx, name("no"))()
		time.Sleep(time.Minute)
	})
	same(t, got, nil)
}

func TestWithoutAWatcherANoteCostsNothing(t *testing.T) {
	what := func() string { t.Error("called"); return "" }
	cost := testing.AllocsPerRun(100, func() {
		Until(t.Context())
		For(t.Context(), what)()
	})
	if cost > 0 {
		t.Errorf("%v allocations", cost)
	}
}

func TestNothingIsToldAfterStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := &told{began: time.Now()}
		ctx, stop := Watch(t.Context(), all.say)
		stop()
		defer For(ctx, name("too late"))()
		time.Sleep(time.Minute)
		same(t, all.lines, nil)
	})
}

func TestManyWaitsAtOnce(t *testing.T) {
	watched(t, func(ctx context.Context) {
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				for j := range 50 {
					done := For(ctx, func() string { return fmt.Sprint(i, j) })
					time.Sleep(time.Duration(i+j) * 10 * time.Millisecond)
					Retry(ctx, j+1, "once more")
					done()
				}
			})
		}
		all.Wait()
	})
}

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 1460 * time.Millisecond: "1.5 s", 9949 * time.Millisecond: "9.9 s", 4 * time.Second: "4 s",
		13500 * time.Millisecond: "14 s", 599 * time.Second: "599 s", 3 * time.Hour: "180 min",
	} {
		if got := seconds(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

func TestALineHasNoWordThatClientsLookFor(t *testing.T) {
	for line, want := range map[string]string{
		"waiting for the name server 192.0.2.1": "waiting for the name server 192.0.2.1",
		"SERVFAIL from 192.0.2.1":               "SERVF*IL from 192.0.2.1",
		"license-error.example":                 "license-e*ror.example",
		"boot.d/Ready.sh, boot.d/already.sh":    "boot.d/R*ady.sh, boot.d/alr*ady.sh",
		"it could not, ERRORERROR, İNVALID":     "it c*uld not, E*RORE*ROR, İNVALID",
		"unableunable \xff invalid":             "u*ableu*able \xff i*valid",
	} {
		if got := discreet(line); got != want {
			t.Errorf("%q is %q, want %q", line, got, want)
		}
	}
}

func FuzzDiscreet(f *testing.F) {
	f.Add("license-error.example: Ready, could not")
	f.Fuzz(func(t *testing.T, line string) {
		got := discreet(line)
		if len(got) != len(line) {
			t.Fatalf("%q is %q", line, got)
		}
		for _, word := range misread {
			if strings.Contains(strings.ToLower(got), word) {
				t.Errorf("%q has %q", got, word)
			}
		}
	})
}
