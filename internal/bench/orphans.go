package main

import (
	"fmt"
	"strconv"
	"time"
)

// fork makes an orphan in every turn: each subshell leaves a process behind.
// It waits for a line before it begins, and stays when it is done.
const fork = `echo ready; read line
i=0; while [ $i -lt $1 ]; do ( : & ); i=$((i+1)); done
echo done; read line`

// reapLimit is how long an init may take for what is left when the last orphan
// was made. More are counted as left.
const reapLimit = 10 * time.Second

// orphanRow is what a stream of orphans costs an init, per round.
type orphanRow struct {
	initProgram
	wall series // seconds
	cpu  series // milliseconds
	left int    // the most of all rounds
}

// orphans lets every init, as PID 1, reap a stream of orphans.
func (s *stage) orphans(set settings) ([]*table, error) {
	var rows []*orphanRow
	for _, init := range s.inits() {
		rows = append(rows, &orphanRow{initProgram: init})
	}
	err := inRounds(set.orphanRounds, len(rows), func(i int) error {
		if err := rows[i].round(set.orphans); err != nil {
			return fmt.Errorf("leave orphans to %s: %w", rows[i].name, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return []*table{orphanTable(rows, set)}, nil
}

func orphanTable(rows []*orphanRow, set settings) *table {
	var wall, cpu series
	for _, r := range rows {
		if r.name == peerTini {
			wall, cpu = r.wall, r.cpu
		}
	}
	t := &table{
		title:  fmt.Sprintf("A stream of %d orphans (rounds: %d)", set.orphans, set.orphanRounds),
		header: []string{"", "CPU of the init ms", "× tini", "budget", "reach", "wall s", "× tini", "left"},
	}
	for _, r := range rows {
		ratio, goals := r.cpu.versus(cpu), goal{}
		if r.name == entrypoint {
			goals = goal{2.2, 1.5, "×"}
		}
		cells := append([]string{r.name, number(r.cpu.median(), 0), number(ratio, 2)}, goals.cells(ratio)...)
		t.add(append(cells, number(r.wall.median(), 2), number(r.wall.versus(wall), 2), strconv.Itoa(r.left))...)
	}
	return t
}

func (r *orphanRow) round(orphans int) error {
	c, err := r.contain("sh", "-c", fork, "sh", strconv.Itoa(orphans))
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.expect("ready"); err != nil {
		return err
	}
	before, err := cpuTime(c.pid())
	if err != nil {
		return err
	}
	began := time.Now()
	if _, err := c.stdin.WriteString("go\n"); err != nil {
		return err
	}
	if err := c.expect("done"); err != nil {
		return err
	}
	left, err := awaitReaping(c.pid())
	took := time.Since(began)
	if err != nil {
		return err
	}
	after, err := cpuTime(c.pid())
	r.wall, r.cpu = append(r.wall, took.Seconds()), append(r.cpu, milliseconds(after-before))
	r.left = max(r.left, left)
	return err
}

// awaitReaping waits until the command is the init's only child, and returns
// how many others are left.
func awaitReaping(init int) (left int, err error) {
	for limit := time.Now().Add(reapLimit); ; time.Sleep(time.Millisecond) {
		children, err := countChildren(init)
		if err != nil || children <= 1 || time.Now().After(limit) {
			return children - 1, err
		}
	}
}
