package container

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// process is what /proc says about one.
type process struct {
	pid, parent int
	// name is the kernel's, which has no arguments and so no secrets.
	name string
	// ignores tells that SIGTERM does nothing to it, takes that it has a
	// handler for it or waits for it, as tini does.
	ignores, takes bool
	// started counts clock ticks since the machine started.
	started uint64
	// here tells that it is in this container; known is false when that cannot
	// be told.
	here, known bool
	// ours tells that it runs this program.
	ours bool
}

// programs are the names that the image starts this program by.
var programs = []string{"entrypoint", "docker-entrypoint.sh"}

// process looks at one process.
func (c Container) process(pid int) (process, error) {
	folder := path.Join("proc", strconv.Itoa(pid))
	text, err := c.read(folder, "status")
	if err != nil {
		return process{}, err
	}
	status := parseFields(text)
	term := func(set string) bool { return status.mask(set)&(1<<(unix.SIGTERM-1)) != 0 }
	p := process{
		pid:     pid,
		parent:  int(status.number("PPid")),
		name:    plain(status["Name"], 15),
		ignores: term("SigIgn"),
		takes:   term("SigCgt") || term("SigBlk"),
	}
	// While a process waits for a signal like this, nothing else shows it.
	waits, _ := c.read(folder, "wchan")
	p.takes = p.takes || strings.Contains(waits, "sigtimedwait")
	stat, _ := c.read(folder, "stat")
	p.started = parseStart(stat)
	p.here, p.known = c.isHere(folder)
	ours, known := c.same(folder, "exe")
	if !known {
		cmdline, _ := c.read(folder, "cmdline")
		program, _, _ := strings.Cut(cmdline, "\x00")
		ours = slices.Contains(programs, path.Base(program))
	}
	p.ours = ours
	return p, nil
}

// parseStart is field 22 of /proc/PID/stat, see proc_pid_stat(5). The second
// one is the name in parentheses, which may contain anything.
func parseStart(stat string) uint64 {
	rest := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	const field = 22 - 3
	if len(rest) <= field {
		return 0
	}
	ticks, _ := strconv.ParseUint(rest[field], 10, 64)
	return ticks
}

// isHere tells whether a process is in this container: in the same root folder,
// or, as the kernel lets not everybody see that, in the same control groups.
func (c Container) isHere(folder string) (here, known bool) {
	if here, known = c.same(folder, "root"); known {
		return here, true
	}
	own, err := c.read("proc/self/cgroup")
	theirs, otherErr := c.read(folder, "cgroup")
	if err != nil || otherErr != nil || own == "" {
		return false, false
	}
	// A path that begins like this is outside of our namespace.
	return own == theirs, own == theirs || strings.Contains(theirs, ":/..")
}

// same tells whether a link of a process, such as "exe", leads to the same
// file as our own, where it may be followed.
func (c Container) same(folder, link string) (same, known bool) {
	own, err := os.Stat(c.path("proc/self", link))
	if err != nil {
		return false, false
	}
	other, err := os.Stat(c.path(folder, link))
	if err != nil {
		return false, false
	}
	return os.SameFile(own, other), true
}

// processes are all that can be seen, and the number of our own.
func (c Container) processes() (all []process, self int, err error) {
	link, err := os.Readlink(c.path("proc/self"))
	if err != nil {
		return nil, 0, fmt.Errorf("cannot read %s: %w", c.path("proc/self"), innermost(err))
	}
	if self, err = strconv.Atoi(link); err != nil {
		return nil, 0, fmt.Errorf("%s leads to no process", c.path("proc/self"))
	}
	entries, err := os.ReadDir(c.path("proc"))
	if err != nil {
		return nil, 0, fmt.Errorf("cannot read %s: %w", c.path("proc"), innermost(err))
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if p, err := c.process(pid); err == nil {
			all = append(all, p)
		}
	}
	return all, self, nil
}
