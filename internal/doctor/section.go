package doctor

import (
	"cmp"
	"context"
	"slices"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/task"
)

// section is checks that depend on each other. Sections are independent.
type section struct {
	// names are those of its checks, in their order.
	names []string
	// look makes them, and hands over each when it is made. After one that failed it
	// may end; the others count as skipped.
	look func(ctx context.Context, made func(fault.Check))
	// skip is why none of them is made, "" when they are.
	skip string
}

// unless is the section, skipped if there is a reason to.
func (s section) unless(why string) section {
	s.skip = why
	return s
}

// single is a section of a single check, which it times.
func single(name string, look func(context.Context) fault.Check) section {
	return section{names: []string{name}, look: func(ctx context.Context, made func(fault.Check)) {
		began := time.Now()
		check := look(ctx)
		check.Took = time.Since(began)
		made(check)
	}}
}

// run makes all checks, the sections side by side, and shows them in the order of
// the sections; see [Run].
func run(
	ctx context.Context, sections []section, show func(fault.Check), wait func(name string, since time.Duration),
) []fault.Check {
	began := time.Now()
	made := make([]chan fault.Check, len(sections))
	for i, section := range sections {
		made[i] = make(chan fault.Check, len(section.names))
		task.Go(ctx, func() {
			defer close(made[i])
			if section.skip != "" {
				return
			}
			section.look(ctx, func(check fault.Check) { made[i] <- check })
		})
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var all []fault.Check
	for i, section := range sections {
		var checks []fault.Check
		for open := true; open; {
			select {
			case check, more := <-made[i]:
				if open = more; more {
					checks = append(checks, check)
					show(check)
				}
			case <-tick.C:
				wait(section.names[min(len(checks), len(section.names)-1)], time.Since(began))
			}
		}
		for _, check := range section.skipped(checks) {
			checks = append(checks, check)
			show(check)
		}
		all = append(all, checks...)
	}
	return all
}

// skipped are the checks that were not made.
func (s section) skipped(made []fault.Check) []fault.Check {
	why := cmp.Or(s.skip, "not checked")
	if i := slices.IndexFunc(made, func(c fault.Check) bool { return c.State == fault.Failed }); i >= 0 {
		why = "not checked because of " + made[i].Name
	}
	var missing []fault.Check
	for _, name := range s.names {
		if !slices.ContainsFunc(made, func(c fault.Check) bool { return c.Name == name }) {
			missing = append(missing, fault.Skip(name, why))
		}
	}
	return missing
}
