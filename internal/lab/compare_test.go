package lab

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"localstack-entrypoint/internal/fault"
)

var (
	compare = flag.Bool("compare", false, "print what users have reported, and what Python makes of it")
	older   = flag.String("before", "", "path of an older entrypoint, to compare with, too")
)

// compare looks at what others make of the situation: Python without us, or
// another program, and an older entrypoint in a world of its own.
func (s situation) compare(t *testing.T, w *world, seen *observed) {
	t.Helper()
	seen.paths = strings.NewReplacer(w.root, "", w.dir, "/mnt")
	if s.other != nil {
		seen.alone = s.other(w)
	} else {
		alone, err := w.asksWithPython()
		if err != nil {
			t.Fatal(err)
		}
		seen.alone = alone.Says
	}
	if *older == "" {
		return
	}
	same := newWorld(t)
	same.entrypoints = *older
	s.arrange(same)
	before := s.attempt(same)
	seen.before = &before
}

// printComparison prints three tables.
func printComparison(got map[string]observed) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	header := []string{"SITUATION", "PYTHON ALONE", "BEFORE", "NOW", "EXIT", "MS", "REQUESTS", "PYTHON AS THE EMULATOR",
		"SENTENCE"}
	if *older == "" {
		header = append(header[:2], header[3:]...)
	}
	fmt.Fprintln(table, strings.Join(header, "\t"))
	for _, s := range situations() {
		if seen, happened := got[s.name]; happened && s.reported {
			fmt.Fprintln(table, strings.Join(s.row(seen), "\t"))
		}
	}
	table.Flush()
	fmt.Print(aboutComparison)
	printWaits(got)
	printRequests(got)
}

const aboutComparison = `
PYTHON ALONE: requests asks the licensing server without the entrypoint, or bash or Python does what the situation is
about. BEFORE: an older entrypoint. MS: to the banner, or to the command's start. REQUESTS: how many HTTP requests of
ours the server got. PYTHON AS THE EMULATOR: requests as the command of a start that works.

`

// row is the situation's line.
func (s situation) row(seen observed) []string {
	row := []string{s.name, seen.paths.Replace(seen.alone)}
	if *older != "" {
		row = append(row, seen.before.short())
	}
	as := ""
	if seen.ID == "" && s.other == nil {
		as = seen.paths.Replace(seen.emulators.Says)
	}
	return append(row, seen.verdict(), fmt.Sprint(seen.exit), fmt.Sprint(seen.after.Milliseconds()),
		fmt.Sprint(seen.requests), as, seen.sentence())
}

// short is as in "network.reset, 55, 690 ms".
func (o *outcome) short() string {
	if o == nil {
		return ""
	}
	return fmt.Sprintf("%s, %d, %d ms", o.verdict(), o.exit, o.after.Milliseconds())
}

// verdict is the failure, or that there is none.
func (o outcome) verdict() string {
	switch {
	case o.ID != "":
		return string(o.ID)
	case o.stdout != "started":
		return "no start"
	}
	return "starts"
}

// sentence is the reason of a failure, or what a start that works, or else the
// doctor, warns of.
func (o observed) sentence() string {
	if o.ID != "" {
		return o.paths.Replace(o.Reason)
	}
	var warnings []string
	for _, line := range o.log {
		if !strings.HasPrefix(line.Message, "Successfully") && !strings.Contains(line.Message, " so far") {
			warnings = append(warnings, o.paths.Replace(strings.TrimSpace(line.Message)))
		}
	}
	for _, one := range o.told.Checks {
		if one.State == fault.Warned && stageOf(one.Name) != fault.StageNone && len(warnings) == 0 {
			warnings = append(warnings, "doctor: "+one.Fact)
		}
	}
	return strings.Join(warnings, " / ")
}

// A wait of slow is one that a user notices; a start says so by then.
const slow = 2 * time.Second

// printWaits prints what the starts said that took long.
func printWaits(got map[string]observed) {
	fmt.Println("WHAT A START THAT WAITS SAYS, and when, in seconds after its start")
	for _, s := range situations() {
		seen, happened := got[s.name]
		if !happened || seen.after < slow && s.exit == 0 {
			continue
		}
		fmt.Printf("\n%s\n", s.name)
		for _, line := range seen.log {
			fmt.Printf("%6.1f  %s\n", line.at.Seconds(), strings.TrimSpace(line.Message))
		}
		switch {
		case seen.ID != "":
			fmt.Printf("%6.1f  exit code %d, %s (%d requests): %s\n", seen.after.Seconds(), seen.exit, seen.ID, seen.requests,
				seen.Reason)
		default:
			fmt.Printf("%6.1f  %s, exit code %d\n", seen.after.Seconds(), seen.verdict(), seen.exit)
		}
	}
}

// printRequests prints how many requests a server got of the starts that failed.
func printRequests(got map[string]observed) {
	fmt.Println("\nHOW MANY HTTP REQUESTS A SERVER GOT of a start that failed")
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nSITUATION\tFAILURE\tREQUESTS")
	for _, s := range situations() {
		if seen, happened := got[s.name]; happened && seen.ID != "" {
			fmt.Fprintf(table, "%s\t%s\t%d\n", s.name, seen.ID, seen.requests)
		}
	}
	table.Flush()
}
