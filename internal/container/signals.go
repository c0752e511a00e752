package container

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
)

var (
	// inits forward SIGTERM to their first child.
	inits = []string{"tini", "tini-static", "docker-init", "dumb-init", "catatonit"}
	// shells forward it only when their script has a trap that does.
	shells = []string{"sh", "bash", "dash", "ash", "busybox", "ksh", "mksh", "zsh"}
	// entrypoints are the names that the image starts this program by, the last one as the kernel cuts it.
	entrypoints = []string{"entrypoint", "docker-entrypoint.sh", "docker-entrypoi"}
)

// signals is the check's name.
const signals = "signals"

// signals checks whether the SIGTERM of a stop reaches the emulator. It is sent to
// PID 1. If that is an init, it matters what the init has started.
func (c Container) signals(context.Context) fault.Check {
	first, err := c.process("1")
	switch {
	case err != nil:
		return fault.Skip(signals, "PID 1 cannot be seen from here")
	case first.elsewhere:
		return fault.Skip(signals, "PID 1 is "+first.name+", which belongs to another container or to the host")
	case first.ours:
		return fault.Pass(signals, "PID 1 is the entrypoint")
	}
	chain := "PID 1 is " + first.name
	if slices.Contains(inits, first.name) {
		chain += ", which forwards SIGTERM"
		child, err := c.firstChild("1")
		switch {
		case err == nil && child.ours:
			return fault.Pass(signals, chain)
		case err != nil || !child.isShell():
			return fault.Pass(signals, chain, "with SUPERVISE=1, the entrypoint supervises the emulator below it: "+
				"restarts, license renewal")
		}
		first, chain = child, "PID 1 is "+first.name+" and its child is "+child.name
	}
	switch {
	case first.isShell() && first.takesTERM:
		return fault.Skip(signals, chain+", which handles SIGTERM; whether it forwards it is unknown")
	case first.isShell():
		return fault.Warn(signals, fault.New(fault.SystemSignals, "%s, which does not forward SIGTERM", chain))
	case first.isUnseen:
		return fault.Skip(signals, chain+"; whether it belongs to this container is unknown")
	case !first.takesTERM:
		return fault.Warn(signals, fault.New(fault.SystemSignals, "%s, which has no handler for SIGTERM", chain))
	}
	return fault.Pass(signals, chain+", which handles SIGTERM")
}

// process is what /proc says about one.
type process struct {
	// name is that of the file that was executed. No argument is part of it, and so no secret.
	name string
	// takesTERM is true of a process that has a handler for SIGTERM or waits for it.
	takesTERM bool
	// elsewhere is true of a process that is seen to be in another container, isUnseen
	// where that cannot be seen.
	elsewhere, isUnseen bool
	// ours is true of a process that runs this program.
	ours bool
}

func (p process) isShell() bool { return slices.Contains(shells, p.name) }

// process looks at one process.
func (c Container) process(pid string) (process, error) {
	text, err := c.read("proc", pid, "status")
	if err != nil {
		return process{}, err
	}
	status := parseFields(text)
	p := process{name: c.wholeName(pid, status["Name"])}
	waits, _ := c.read("proc", pid, "wchan") // nothing else shows a process that waits in sigtimedwait
	handled := status.mask("SigCgt") | status.mask("SigBlk")
	p.takesTERM = handled&(1<<(unix.SIGTERM-1)) != 0 || strings.Contains(waits, "sigtimedwait")
	sameRoot, known := c.same(pid, "root")
	p.elsewhere, p.isUnseen = known && !sameRoot, !known
	p.ours, known = c.same(pid, "exe")
	p.ours = p.ours || !known && slices.Contains(entrypoints, p.name)
	return p, nil
}

// cutAt is the length to which the kernel cuts the names of processes, in bytes.
const cutAt = 15

// wholeName completes a name that the kernel may have cut, by the first of the program's words that is a path with
// such a name at its end. A script's interpreter comes before it.
func (c Container) wholeName(pid, name string) string {
	if len(name) < cutAt {
		return name
	}
	words, _ := c.read("proc", pid, "cmdline")
	for word := range strings.SplitSeq(words, "\x00") {
		if whole := filepath.Base(word); strings.HasPrefix(whole, name) {
			return whole
		}
	}
	return name
}

// firstChild is the process that another one has started first, as far as the kernel tells.
func (c Container) firstChild(pid string) (process, error) {
	children, err := c.read("proc", pid, "task", pid, "children")
	if err != nil {
		return process{}, err
	}
	first, _, _ := strings.Cut(children, " ")
	return c.process(first)
}

// same reports whether a link of a process, such as "exe", leads to the same file as
// ours; known is false where it may not be followed.
func (c Container) same(pid, link string) (same, known bool) {
	own, err := os.Stat(c.path("proc/self", link))
	if err != nil {
		return false, false
	}
	other, err := os.Stat(c.path("proc", pid, link))
	return err == nil && os.SameFile(own, other), err == nil
}
