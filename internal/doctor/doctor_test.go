package doctor

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/fault"
)

// patience bounds every wait.
const patience = 20 * time.Second

// line is a check in a word or two.
func line(c fault.Check) string { return fmt.Sprintf("%s %s %s", c.Name, c.State, c.Fact) }

// shown runs sections and returns what is shown, a line each.
func shown(t *testing.T, sections ...section) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var seen []string
	all := run(ctx, sections, func(c fault.Check) { seen = append(seen, line(c)) }, func(string, time.Duration) {})
	var returned []string
	for _, c := range all {
		returned = append(returned, line(c))
	}
	if got, want := strings.Join(returned, "; "), strings.Join(seen, "; "); got != want {
		t.Errorf("returned %s\nbut seen %s", got, want)
	}
	return strings.Join(seen, "; ")
}

func passing(name string) section {
	return single(name, func(context.Context) fault.Check { return fault.Pass(name, "well") })
}

func TestChecksAreShownInOrder(t *testing.T) {
	t.Parallel()
	last := make(chan struct{})
	late := single("late", func(context.Context) fault.Check {
		<-last
		return fault.Pass("late", "well")
	})
	early := single("early", func(context.Context) fault.Check {
		defer close(last)
		return fault.Fail("early", fault.New(fault.ConfigInvalid, "bad"))
	})
	const want = "late passed well; early failed bad; end passed well"
	if got := shown(t, late, early, passing("end")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestASingleCheckIsTimed(t *testing.T) {
	t.Parallel()
	const least = 2 * time.Millisecond
	slow := single("slow", func(context.Context) fault.Check {
		<-time.After(least)
		return fault.Pass("slow", "well")
	})
	all := run(t.Context(), []section{slow}, func(fault.Check) {}, func(string, time.Duration) {})
	if took := all[0].Took; took < least {
		t.Errorf("took %v", took)
	}
}

func TestSectionsRunSideBySide(t *testing.T) {
	t.Parallel()
	here, there := make(chan struct{}), make(chan struct{})
	meet := func(name string, mine, others chan struct{}) section {
		return single(name, func(ctx context.Context) fault.Check {
			close(mine)
			select {
			case <-others:
				return fault.Pass(name, "met")
			case <-ctx.Done():
				return fault.Skip(name, "alone")
			}
		})
	}
	if got := shown(t, meet("a", here, there), meet("b", there, here)); got != "a passed met; b passed met" {
		t.Error(got)
	}
}

func TestACheckIsShownWhenItIsMade(t *testing.T) {
	t.Parallel()
	seen := make(chan struct{})
	two := section{names: []string{"first", "second"}, look: func(ctx context.Context, made func(fault.Check)) {
		made(fault.Pass("first", "well"))
		select {
		case <-seen:
			made(fault.Pass("second", "well"))
		case <-ctx.Done():
		}
	}}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	all := run(ctx, []section{two}, func(c fault.Check) {
		if c.Name == "first" {
			close(seen)
		}
	}, func(string, time.Duration) {})
	if len(all) != 2 || all[1].State != fault.Passed {
		t.Errorf("%+v", all)
	}
}

func TestChecksThatWereNotMadeAreShownToo(t *testing.T) {
	t.Parallel()
	way := func(checks ...fault.Check) section {
		return section{names: []string{"names", "connection", "tls"}, look: func(_ context.Context, made func(fault.Check)) {
			for _, c := range checks {
				made(c)
			}
		}}
	}
	names := fault.Pass("names", "well")
	warned := fault.Warn("names", fault.New(fault.NetworkDNSHosts, "odd"))
	failed := fault.Fail("connection", fault.New(fault.NetworkRefused, "refused"))
	for want, section := range map[string]section{
		"names passed well; connection failed refused; tls skipped not checked because of connection": way(names, failed),
		"names passed well; connection skipped not checked; tls skipped not checked":                  way(names),
		"names warned odd; connection skipped not checked; tls skipped not checked":                   way(warned),
		"names skipped not checked; connection skipped not checked; tls skipped not checked":          way(),
	} {
		if got := shown(t, section, passing("end")); got != want+"; end passed well" {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestLongChecksAreAnnounced(t *testing.T) {
	t.Parallel()
	announced := make(chan struct{})
	slow := section{names: []string{"first", "slow", "last"}, look: func(ctx context.Context, made func(fault.Check)) {
		made(fault.Pass("first", "well"))
		select {
		case <-announced:
		case <-ctx.Done():
		}
		made(fault.Pass("slow", "well"))
	}}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var names []string
	all := run(ctx, []section{slow}, func(fault.Check) {}, func(name string, since time.Duration) {
		names = append(names, name)
		if len(names) == 1 {
			close(announced)
			if since < time.Second/2 || since > patience {
				t.Errorf("since %v", since)
			}
		}
	})
	if len(all) != 3 || names[0] != "slow" {
		t.Errorf("announced %q, made %+v", names, all)
	}
}
