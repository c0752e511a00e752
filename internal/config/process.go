package config

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ExitCodes says which exit code to leave with instead of another.
type ExitCodes map[int]int

// Decode reads from:to pairs, and codes alone that mean 0, separated by commas.
func (c *ExitCodes) Decode(value string) error {
	const form = "is not a list of exit codes from 0 to 255; write it as 143:0,137:1 or 143"
	return decodePairs(c, value, form, "0", parseExitCode, parseExitCode)
}

func parseExitCode(word string) (code int, ok bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(word), 10, 8)
	return int(n), err == nil
}

// decodePairs reads from:to pairs, separated by commas. One without a colon leads to alone. form is
// the error for what is no such list.
func decodePairs[M ~map[T]T, T comparable](
	target *M, value, form, alone string, from, to func(word string) (T, bool),
) error {
	pairs := M{}
	for pair := range strings.SplitSeq(value, ",") {
		fromWord, toWord, both := strings.Cut(pair, ":")
		if !both {
			toWord = alone
		}
		source, okFrom := from(fromWord)
		destination, okTo := to(toWord)
		if !okFrom || !okTo {
			return errors.New(form)
		}
		if _, again := pairs[source]; again {
			return fmt.Errorf("lists %s more than once", strings.TrimSpace(fromWord))
		}
		pairs[source] = destination
	}
	*target = pairs
	return nil
}

// Signal is a signal that a process can handle; 0 for none.
type Signal unix.Signal

// Decode reads a number or a name such as TERM or SIGTERM.
func (s *Signal) Decode(value string) error {
	sig, ok := parseSignal(value)
	if !ok {
		return errors.New("is not a signal that can be handled; use a name such as TERM, or a number")
	}
	*s = Signal(sig)
	return nil
}

// Rewrites says which signal to take for which other, 0 to drop it.
type Rewrites map[unix.Signal]unix.Signal

// Decode reads from:to pairs of signals, separated by commas.
func (r *Rewrites) Decode(value string) error {
	const form = "is not a list of pairs of signals that can be handled; " +
		"write it as 15:2 or TERM:INT,USR1:0, where 0 drops the signal"
	return decodePairs(r, value, form, "", parseSignal, func(word string) (unix.Signal, bool) {
		sig, ok := parseSignal(word)
		return sig, ok || strings.TrimSpace(word) == "0"
	})
}

// parseSignal reads a signal that somebody can send to have something happen. Not
// those that no process handles, that a terminal or the end of a child causes, or that belong to
// the C library.
func parseSignal(word string) (unix.Signal, bool) {
	word = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(word)), "SIG")
	var sig unix.Signal
	if number, err := strconv.ParseUint(word, 10, 8); err == nil {
		sig = unix.Signal(number)
	} else {
		sig = cmp.Or(unix.SignalNum("SIG"+word), realTime(word))
	}
	switch sig {
	case 0, unix.SIGKILL, unix.SIGSTOP, unix.SIGCHLD, unix.SIGTTIN, unix.SIGTTOU, 32, 33:
		return 0, false
	}
	return sig, sig <= lastRealTime
}

// The C library's SIGRTMIN, after two that it keeps, and SIGRTMAX.
const firstRealTime, lastRealTime = unix.Signal(34), unix.Signal(64)

// realTime reads RTMIN, RTMIN+n, RTMAX-n and RTMAX as docker kill does; 0 is none of them.
func realTime(word string) unix.Signal {
	for sig := firstRealTime; sig <= lastRealTime; sig++ {
		up, down := int(sig-firstRealTime), int(lastRealTime-sig)
		switch {
		case word == "RTMIN+"+strconv.Itoa(up), word == "RTMAX-"+strconv.Itoa(down),
			word == "RTMIN" && up == 0, word == "RTMAX" && down == 0:
			return sig
		}
	}
	return 0
}
