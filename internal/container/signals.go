package container

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"localstack-entrypoint/internal/fault"
)

var (
	// inits are the programs that pass SIGTERM on to their child.
	inits = []string{"tini", "tini-static", "docker-init", "dumb-init", "catatonit", "s6-svscan", "supervisord"}
	// shells pass it on only when their script has a trap that does.
	shells = []string{"sh", "bash", "dash", "ash", "busybox", "ksh", "mksh", "zsh"}
)

// crowd is the processes that can be seen from here.
type crowd struct {
	all  []process
	self int
}

// signals checks whether the SIGTERM of a stop reaches the emulator. It is sent
// to the container's first process: PID 1, unless PIDs are shared with other
// containers or with the machine.
func (c Container) signals(context.Context) fault.Check {
	all, self, err := c.processes()
	if err != nil {
		return fault.Skip(signals, err.Error())
	}
	seen := crowd{all, self}
	first, shared, unclear := seen.first()
	switch {
	case unclear != "":
		return fault.Skip(signals, unclear)
	case shared:
		return seen.judge(first, fmt.Sprintf("PIDs are shared with others, this container's first process is %d, %s", first.pid, first.name))
	}
	return seen.judge(first, "this container's PID 1 is "+first.name)
}

// signals is the check's name.
const signals = "signals"

// first is the process that a stop is sent to; unclear says why it cannot be
// told.
func (s crowd) first() (first process, shared bool, unclear string) {
	one := s.find(func(p process) bool { return p.pid == 1 })
	if one == nil {
		return first, false, "PID 1 cannot be seen from here"
	}
	// Kubernetes' holder of a shared namespace is never the container's own.
	shared = !one.here && (one.known || one.name == "pause")
	switch {
	case one.here:
		return *one, false, ""
	case !shared:
		return first, false, "PID 1 is " + one.name + ", and whether this container's or another's cannot be seen"
	}
	oldest := s.earliest(func(p process) bool { return p.here })
	if oldest == nil {
		return first, true, "PID 1 is " + one.name + " of another container, and this one's first process cannot be seen"
	}
	return *oldest, true, ""
}

func earlier(a, b process) int {
	return cmp.Or(cmp.Compare(a.started, b.started), cmp.Compare(a.pid, b.pid))
}

// judge says what becomes of a SIGTERM that first gets; called is how first is
// introduced.
func (s crowd) judge(first process, called string) fault.Check {
	switch {
	case first.pid == s.self:
		return fault.Pass(signals, called+", this program itself")
	case first.ours:
		return fault.Pass(signals, called+", the entrypoint")
	case slices.Contains(inits, first.name):
		return s.behindInit(first, called)
	case first.name == "systemd":
		return fault.Skip(signals, called+", which stops on another signal than SIGTERM: whether the image names it (STOPSIGNAL SIGRTMIN+3) cannot be seen")
	case isShell(first) && !first.takes:
		return s.lost(called + ", which passes no SIGTERM on")
	case first.ignores || !first.takes && first.pid == 1:
		// The kernel spares PID 1 what it does not handle.
		return s.lost(called + ", which has no handler for SIGTERM")
	case isShell(first) || s.wraps(first):
		return fault.Skip(signals, called+", which handles SIGTERM; whether it passes it on cannot be seen")
	case !first.takes:
		return fault.Pass(signals, called+", which SIGTERM ends")
	}
	return fault.Pass(signals, called+", which handles SIGTERM")
}

// lost is the finding that SIGTERM ends at somebody who does nothing about it.
func (s crowd) lost(detail string) fault.Check {
	var evidence []string
	if p := s.entrypoint(); p != nil {
		evidence = append(evidence, fmt.Sprintf("the entrypoint is process %d, a stop kills it after the grace period", p.pid))
	}
	return fault.Warn(signals, fault.New(fault.SystemSignals, "%s", detail), evidence...)
}

// behindInit follows a SIGTERM to the child of an init of somebody else's.
func (s crowd) behindInit(first process, called string) fault.Check {
	called += ", which passes SIGTERM on"
	// The first child is the one that it started; orphans came later.
	child := s.earliest(func(p process) bool { return p.parent == first.pid })
	if child != nil && isShell(*child) && s.hasChild(*child) {
		called += " to " + child.name
		if child.takes {
			return fault.Skip(signals, called+"; whether that passes it on cannot be seen")
		}
		return s.lost(called + ", which does not")
	}
	if s.entrypoint() != nil {
		return fault.Pass(signals, called)
	}
	return fault.Pass(signals, called, "SUPERVISE=1 makes the entrypoint look after the emulator below it: restarts, renewal of the license")
}

func isShell(p process) bool { return slices.Contains(shells, p.name) }

// wraps tells whether this program, here or as the init, was started by p or
// below it.
func (s crowd) wraps(p process) bool {
	if s.entrypoint() != nil {
		return true
	}
	pid := s.self
	for range s.all { // no chain of parents is longer
		up := s.find(func(p process) bool { return p.pid == pid })
		if up == nil {
			return false
		}
		if pid = up.parent; pid == p.pid {
			return true
		}
	}
	return false
}

// entrypoint is this program as the init: it has children, which a subcommand of
// ours has not.
func (s crowd) entrypoint() *process {
	return s.earliest(func(p process) bool { return p.ours && p.here && p.pid != s.self && s.hasChild(p) })
}

func (s crowd) hasChild(parent process) bool {
	return s.find(func(p process) bool { return p.parent == parent.pid }) != nil
}

// find is the first process that is like this, or nil.
func (s crowd) find(like func(process) bool) *process {
	if i := slices.IndexFunc(s.all, like); i >= 0 {
		return &s.all[i]
	}
	return nil
}

// earliest is the process like this that has run for longest, or nil.
func (s crowd) earliest(like func(process) bool) *process {
	found := slices.SortedFunc(slices.Values(s.all), earlier)
	if i := slices.IndexFunc(found, like); i >= 0 {
		return &found[i]
	}
	return nil
}
