package supervise

import (
	"slices"
	"time"

	"localstack-entrypoint/internal/fault"
)

const (
	// shortLife and less makes a start one of several in quick succession.
	shortLife = 10 * time.Second
	// calmLife makes crashes before it forgotten.
	calmLife = time.Minute
	// longestPause caps the doubling. A platform that restarts the container itself has a cap of
	// minutes; whoever restarts by hand is watching.
	longestPause = 30 * time.Second
)

// after is the state with its counters brought up to date after a run of the command.
func (s state) after(e exited) state {
	s.code, s.again, s.approved = e.code, true, false
	s.overdue = false
	s.quickStarts++
	if e.lived >= shortLife {
		s.quickStarts = 0
	}
	if e.lived >= calmLife {
		s.crashes = 0
	}
	return s
}

// pause is the time before the next start: 0, 1, 2, 4, … 30 seconds for starts in quick succession.
func (s state) pause() time.Duration {
	if s.quickStarts < 2 {
		return 0
	}
	if s.quickStarts > 6 { // or the shift would overflow some day
		return longestPause
	}
	return min(time.Second<<(s.quickStarts-2), longestPause)
}

// isCrash reports whether a command that ended by itself with this code may do better the next time.
// Without a license, with a bad configuration, or without a program, it cannot.
func isCrash(code exitCode) bool {
	return !slices.Contains([]exitCode{
		0, fault.ExitLicense, fault.ExitConfig, fault.ExitNotExecutable, fault.ExitNotFound,
	}, code)
}
