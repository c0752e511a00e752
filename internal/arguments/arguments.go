// Package arguments knows how large the arguments and the environment of a program may be: what execve(2) refuses with
// "argument list too long".
package arguments

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// LongestString is the kernel's MAX_ARG_STRLEN: the most bytes of one argument or variable, with its final zero.
	LongestString = 128 << 10
	// Guaranteed is the size in bytes that the kernel allows whatever the limits are: its ARG_MAX.
	Guaranteed = 128 << 10

	// The kernel allows 1/share of the stack limit for arguments and environment, and no more than most bytes.
	share, most = 4, 6 << 20
	// pointer is how many bytes the kernel counts for each string besides its own.
	pointer = 8
)

// Size is how many bytes the kernel counts for lists of strings.
func Size(lists ...[]string) (size int) {
	for _, list := range lists {
		for _, text := range list {
			size += len(text) + 1 + pointer
		}
	}
	return size
}

// Limit is how many bytes the kernel allows, or would allow after [Allow] has added up to more bytes.
func Limit(more int) int {
	var stack unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_STACK, &stack) != nil {
		return Guaranteed
	}
	limit := limitOf(stack.Cur)
	return max(limit, min(limit+more, limitOf(stack.Max)))
}

func limitOf(stack uint64) int { return max(int(min(stack/share, most)), Guaranteed) }

// Fits reports whether the kernel allows this size in bytes.
func Fits(size int) bool { return size <= Guaranteed || size <= Limit(0) }

// Takes reports whether the kernel allows this environment, with arguments of this size in bytes.
func Takes(env []string, args int) bool {
	isTooLong := func(entry string) bool { return len(entry) >= LongestString }
	return Fits(Size(env)+args) && !slices.ContainsFunc(env, isTooLong)
}

// Allow makes the kernel allow this size for whatever we start, if the hard limit permits it: it raises the soft limit
// of the stack, which is inherited, to four times the size.
func Allow(size int) {
	var stack unix.Rlimit
	if size <= Guaranteed || size > most || unix.Getrlimit(unix.RLIMIT_STACK, &stack) != nil {
		return
	}
	if need := uint64(size * share); limitOf(stack.Cur) < size && need <= stack.Max {
		stack.Cur = need
		_ = unix.Setrlimit(unix.RLIMIT_STACK, &stack)
	}
}

// Explain says how large refused arguments and environment are, and which variable is the largest. It shows no value.
func Explain(args, env []string) string {
	widest := ""
	for _, entry := range env {
		if len(entry) > len(widest) {
			widest = entry
		}
	}
	name, _, _ := strings.Cut(widest, "=")
	text := fmt.Sprintf("the environment has %s in %d variables, the arguments have %s; the kernel allows %s in total",
		inKiB(Size(env)), len(env), inKiB(Size(args)), inKiB(Limit(0)))
	if widest == "" {
		return text
	}
	return fmt.Sprintf("%s, and %s for each variable; the largest one is %.60q with %s",
		text, inKiB(LongestString), name, inKiB(len(widest)+1))
}

// inKiB is a size for people.
func inKiB(size int) string { return fmt.Sprintf("%d KiB", (size+1023)>>10) }
