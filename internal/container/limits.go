package container

import (
	"context"
	"fmt"
	"strings"

	"localstack-entrypoint/internal/fault"
)

const (
	// leastMemory is what the emulator needs, in bytes.
	leastMemory = 1 << 30
	// leastProcesses is a limit that a start with a few services stays below,
	// leastLeft what must be free of it: the start alone needs 14.
	leastProcesses = 128
	leastLeft      = 64
)

// memory checks how much memory the container may use.
func (c Container) memory(context.Context) fault.Check {
	const name = "memory"
	info, err := c.read("proc/meminfo")
	if err != nil {
		return fault.Skip(name, err.Error())
	}
	machine := parseFields(info)
	most, available := machine.number("MemTotal")<<10, machine.number("MemAvailable")<<10
	fact := fmt.Sprintf("no limit; the machine has %s, %s available", size(most), size(available))
	var evidence []string
	if g, err := c.group("memory"); err != nil {
		evidence = append(evidence, err.Error())
	} else {
		if l, ok := c.memoryLimit(g); ok && l.max < most {
			most = l.max
			fact = fmt.Sprintf("limit %s, %s in use", size(l.max), size(l.used))
		}
		if n := c.kills(g); n > 0 {
			evidence = append(evidence, fmt.Sprintf("processes killed because memory ran out: %d", n))
		}
	}
	if most < leastMemory {
		return fault.Warn(name, fault.New(fault.SystemMemory, "%s", fact), evidence...)
	}
	return fault.Pass(name, fact, evidence...)
}

// memoryLimit is the memory limit that is met first. In use is what the kernel
// cannot take back at once: without files read a while ago, as `docker stats`
// counts.
func (c Container) memoryLimit(g group) (limit, bool) {
	max, used, forgettable := "memory.max", "memory.current", "inactive_file"
	if g.old {
		max, used, forgettable = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
	}
	l, ok := c.tightest(g, max, used, func(l limit) uint64 { return l.max })
	l.used -= min(l.used, c.fields(l.folder, "memory.stat").number(forgettable))
	return l, ok
}

// kills is how many processes the kernel has killed for want of memory.
func (c Container) kills(g group) uint64 {
	events := "memory.events"
	if g.old {
		events = "memory.oom_control"
	}
	return c.fields(g.folders[0], events).number("oom_kill")
}

// processes checks how many processes and threads the container may have.
func (c Container) processes(context.Context) fault.Check {
	const name = "processes"
	g, err := c.group("pids")
	if err != nil {
		return fault.Skip(name, err.Error())
	}
	var evidence []string
	if n := c.fields(g.folders[0], "pids.events").number("max"); n > 0 {
		evidence = append(evidence, fmt.Sprintf("processes that could not be started because of this limit: %d", n))
	}
	fact := "no limit"
	l, limited := c.tightest(g, "pids.max", "pids.current", limit.left)
	if limited {
		fact = fmt.Sprintf("%d of %d processes and threads", l.used, l.max)
	}
	if user, max := c.userLimit(); max < unlimited {
		own := fmt.Sprintf("user %s may have %d processes and threads in total (ulimit -u)", user, max)
		if max < leastProcesses {
			return fault.Warn(name, fault.New(fault.SystemProcesses, "%s", own), append(evidence, "the container: "+fact)...)
		}
		evidence = append(evidence, own)
	}
	if limited && (l.max < leastProcesses || l.left() < leastLeft) {
		return fault.Warn(name, fault.New(fault.SystemProcesses, "%s", fact), evidence...)
	}
	return fault.Pass(name, fact, evidence...)
}

// userLimit is RLIMIT_NPROC, and whose it is; root has none.
func (c Container) userLimit() (user string, max uint64) {
	user = c.fields("proc/self/status").user()
	limits, err := c.read("proc/self/limits")
	if err != nil || user == "0" {
		return user, unlimited
	}
	return user, parseUserLimit(limits)
}

// parseUserLimit finds the soft limit in /proc/PID/limits.
func parseUserLimit(text string) uint64 {
	_, line, _ := strings.Cut(text, "Max processes")
	soft, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return parseLimit(soft)
}
