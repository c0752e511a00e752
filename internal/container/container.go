// Package container looks at the container that this program runs in: its limits,
// its mounts, its first process, and what the kernel keeps it from.
package container

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
)

// Container is the container that this program runs in. Each of its checks
// looks at one thing that PID 1 and the emulator need from it. None of them
// fails a start: an emulator may do without.
type Container struct {
	Root layout.Root
	// DockerHost is where Docker is to be reached as DOCKER_HOST says it, ""
	// for its default socket.
	DockerHost string
	// Ports are those that the gateway is to listen on.
	Ports []uint16
}

// Check is a look at one thing.
type Check struct {
	Name string
	Make func(context.Context) fault.Check
}

// Checks are all checks, in the order in which they are shown.
func (c Container) Checks() []Check {
	return []Check{
		{"volume", c.volume},
		{"logs", c.logs},
		{docker, c.docker},
		{"memory", c.memory},
		{"processes", c.processes},
		{"confinement", c.confinement},
		{signals, c.signals},
	}
}

// path is where the container's fixed path is.
func (c Container) path(elements ...string) string { return c.Root.At(filepath.Join(elements...)) }

// read returns what a file of the kernel's says, without the blanks around it.
func (c Container) read(elements ...string) (string, error) {
	content, err := file.Read(c.path(elements...))
	if err != nil {
		return "", fmt.Errorf("cannot read %s: %w", c.path(elements...), err)
	}
	return strings.TrimSpace(string(content)), nil
}

// fields are lines of a name and a value, as /proc/PID/status, /proc/meminfo,
// memory.stat and memory.events have them.
type fields map[string]string

// fields reads a file of such lines; there are none when it cannot.
func (c Container) fields(elements ...string) fields {
	text, _ := c.read(elements...)
	return parseFields(text)
}

// parseFields reads such lines; the name ends at a colon or a blank.
func parseFields(text string) fields {
	found := fields{}
	for line := range strings.Lines(text) {
		if end := strings.IndexAny(line, ": \t"); end > 0 {
			found[line[:end]] = strings.TrimSpace(line[end+1:])
		}
	}
	return found
}

// number is the value's first word as a number, 0 where there is none.
func (f fields) number(name string) uint64 {
	word, _, _ := strings.Cut(f[name], " ")
	n, _ := strconv.ParseUint(word, 10, 64)
	return n
}

// mask is the value as a set of bits, which the kernel prints in hex.
func (f fields) mask(name string) uint64 {
	bits, _ := strconv.ParseUint(f[name], 16, 64)
	return bits
}

// user is the effective user ID that /proc/PID/status names.
func (f fields) user() string {
	ids := strings.Fields(f["Uid"] + " unknown unknown") // real, effective, saved, and that for files
	return ids[1]
}

// size is a number of bytes for people.
func size(bytes uint64) string {
	switch {
	case bytes >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
	case bytes >= 1<<20:
		return fmt.Sprintf("%d MiB", bytes>>20)
	default:
		return fmt.Sprintf("%d KiB", bytes>>10)
	}
}
