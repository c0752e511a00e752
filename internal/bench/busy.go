package main

import "fmt"

// spin keeps a core busy once it has said so.
const spin = `echo ready; while :; do :; done`

// busyProcesses is how many of those run: twice the cores of a small machine.
const busyProcesses = 4

// busyStarts times starts that have to share the cores, the peers' as well.
func (s *stage) busyStarts(set settings) ([]*table, error) {
	for range busyProcesses {
		load, err := direct.contain("sh", "-c", spin)
		if err != nil {
			return nil, err
		}
		defer load.close()
		if err := load.expect("ready"); err != nil {
			return nil, err
		}
		// The load must not end before what is timed, every part of which has a guard.
		load.guard.Stop()
	}
	all := append(s.peerStarts(), s.supervisedStart(goal{4, 3, "×"}))
	rounds := 2 * set.rounds // chance has a larger part here
	if err := timeRounds(rounds, all); err != nil {
		return nil, err
	}
	title := fmt.Sprintf("Start and end of `true` beside %d busy processes (rounds: %d)", busyProcesses, rounds)
	return []*table{startTable(title, all)}, nil
}
