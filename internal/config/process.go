package config

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Times is a small number, possibly none.
type Times int

// Decode reads 0 to 100.
func (n *Times) Decode(value string) error {
	parsed, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || parsed < 0 || parsed > 100 {
		return errors.New("is not a whole number from 0 to 100")
	}
	*n = Times(parsed)
	return nil
}

// ExitCodes says which exit code to leave with instead of another.
type ExitCodes map[int]int

// Decode reads from:to pairs, and codes alone that mean 0, separated by commas.
func (c *ExitCodes) Decode(value string) error {
	codes := ExitCodes{}
	for pair := range strings.SplitSeq(value, ",") {
		from, to, both := strings.Cut(pair, ":")
		if !both {
			to = "0"
		}
		source, target := exitCode(from), exitCode(to)
		if source < 0 || target < 0 {
			return errors.New("is not a list of exit codes from 0 to 255; write it as 143:0,137:1 or 143")
		}
		if _, twice := codes[source]; twice {
			return fmt.Errorf("says twice what to make of exit code %d", source)
		}
		codes[source] = target
	}
	*c = codes
	return nil
}

// exitCode is negative for what is none.
func exitCode(word string) int {
	code, err := strconv.ParseUint(strings.TrimSpace(word), 10, 8)
	if err != nil {
		return -1
	}
	return int(code)
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
	rewrites := Rewrites{}
	for pair := range strings.SplitSeq(value, ",") {
		from, to, both := strings.Cut(pair, ":")
		source, okFrom := parseSignal(from)
		target, okTo := parseSignal(to)
		if strings.TrimSpace(to) == "0" {
			okTo = true
		}
		if !both || !okFrom || !okTo {
			return errors.New("is not a list of pairs of signals that can be handled; write it as 15:2 or TERM:INT,USR1:0, where 0 drops the signal")
		}
		if _, twice := rewrites[source]; twice {
			return fmt.Errorf("says twice what to make of signal %d", source)
		}
		rewrites[source] = target
	}
	*r = rewrites
	return nil
}

// parseSignal tells whether word is a signal that somebody can send to have something happen. Not
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
