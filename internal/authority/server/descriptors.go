package server

import (
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	// ownDescriptors are those of the process, its listeners and files, and of what writes to the database.
	ownDescriptors = 24
	// A query has a connection to the database: SQLite opens two files for it, PostgreSQL a socket.
	queryDescriptors = 2
	mostQueries      = 16
	// fewConnections are the fewest with which a server makes sense.
	fewConnections = 8
	// usualConnections bounds the memory: an idle connection takes 16 to 32 KiB.
	usualConnections = 2048
)

// room is how many connections of clients fit into a limit of descriptors, if each may need a query.
func room(limit uint64) int {
	left := int(min(limit, 1<<30)) - ownDescriptors
	return max(left/(1+queryDescriptors), left-mostQueries*queryDescriptors)
}

// ConnectionLimit returns how many connections the process may have open: wanted, or as many as make sense for 0. It
// raises the limit of descriptors as far as it may. The error says that there are too few.
func ConnectionLimit(wanted int) (int, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("cannot read the limit of descriptors: %w", err)
	}
	if limit.Cur < limit.Max { // the Go runtime has done so, unless something has lowered it since
		raised := unix.Rlimit{Cur: limit.Max, Max: limit.Max}
		if unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) == nil {
			limit = raised
		}
	}
	switch most := room(limit.Cur); {
	case most < fewConnections:
		return 0, fmt.Errorf("the limit of open files is %d, and at least %d are needed: raise it (ulimit -n)",
			limit.Cur, ownDescriptors+fewConnections*(1+queryDescriptors))
	case wanted == 0:
		return min(most, usualConnections), nil
	case wanted > most:
		return 0, fmt.Errorf("a limit of %d open files has room for %d connections, not for %d: raise it (ulimit -n)",
			limit.Cur, most, wanted)
	}
	return wanted, nil
}
