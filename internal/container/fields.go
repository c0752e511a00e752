package container

import (
	"fmt"
	"strconv"
	"strings"
)

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
