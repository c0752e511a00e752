package config

import (
	"maps"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRestartsAfterACrashAreASmallNumber(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]Times{"0": 0, "100": 100, " 3\n": 3} {
		var times Times
		if err := times.Decode(value); err != nil || times != want {
			t.Errorf("%q is %d, %v", value, times, err)
		}
	}
	three := Times(3)
	refuses(t, &three, "is not a whole number from 0 to 100", "", "-1", "101", "1.5", "always")
}

func TestExitCodesArePairsOrCodesThatBecomeZero(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]ExitCodes{
		"143":             {143: 0},
		"143:0,137:1":     {143: 0, 137: 1},
		" 143 , 137 : 1 ": {143: 0, 137: 1},
		"0:255":           {0: 255},
	} {
		var codes ExitCodes
		if err := codes.Decode(value); err != nil || !maps.Equal(codes, want) {
			t.Errorf("%q is %v, %v", value, codes, err)
		}
	}
	refuses(t, &ExitCodes{1: 2}, "is not a list of exit codes from 0 to 255; write it as 143:0,137:1 or 143",
		"", "256", "143:256", "-1", "143:", ":0", "143:0:1", "143,", "TERM", "143 0", "0x8f")
	refuses(t, &ExitCodes{1: 2}, "lists 143 more than once", "143:0,143:1", "143,143")
}

func TestSignalsAreNamesOrNumbers(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]unix.Signal{
		"TERM": unix.SIGTERM, "SIGTERM": unix.SIGTERM, " sigterm\n": unix.SIGTERM, "15": unix.SIGTERM, "34": 34, "64": 64,
		"RTMIN": 34, "SIGRTMIN+3": 37, "rtmax-1": 63, "RTMAX": 64, "RTMIN+30": 64,
	} {
		var sig Signal
		if err := sig.Decode(value); err != nil || unix.Signal(sig) != want {
			t.Errorf("%q is %d, %v", value, sig, err)
		}
	}
	kept := Signal(unix.SIGHUP)
	refuses(t, &kept, "is not a signal that can be handled; use a name such as TERM, or a number",
		"", "0", "-1", "65", "300", "KILL", "SIGSTOP", "CHLD", "TTOU", "32", "TERMINATE", "SIGSIGTERM", "1.5", "RTMIN+31",
		"RTMIN-1", "RTMAX+1", "RTMIN+", "RTMAX--1")
}

func TestRewritesArePairsOfSignals(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]Rewrites{
		"15:2":                     {unix.SIGTERM: unix.SIGINT},
		"15:2,10:0":                {unix.SIGTERM: unix.SIGINT, unix.SIGUSR1: 0},
		" TERM : SIGQUIT , usr1:0": {unix.SIGTERM: unix.SIGQUIT, unix.SIGUSR1: 0},
		"40:41":                    {40: 41},
	} {
		var rewrites Rewrites
		if err := rewrites.Decode(value); err != nil || !maps.Equal(rewrites, want) {
			t.Errorf("%q is %v, %v", value, rewrites, err)
		}
	}
	const want = "is not a list of pairs of signals that can be handled; " +
		"write it as 15:2 or TERM:INT,USR1:0, where 0 drops the signal"
	refuses(t, &Rewrites{1: 2}, want,
		"", "15", "15:", ":2", "0:15", "15:9", "KILL:TERM", "15:2,", "15:2:3", "TERM=INT", "15:65")
	refuses(t, &Rewrites{1: 2}, "lists TERM more than once", "15:2,TERM:3")
}
