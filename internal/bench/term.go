package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A start has so long to end by SIGTERM, which takes it a few milliseconds, before it counts as one
// that runs on. Where SIGTERM cannot have arrived there is less to wait for.
const (
	ranOn        = time.Second
	ranOnUnheard = 200 * time.Millisecond
)

// moment is what became of starts that got SIGTERM then.
type moment struct {
	program  string
	from, to time.Duration // after execve has returned
	stopped  int           // exit code 143
	byGo     int           // exit code 2: the runtime's, without a handler of the program's own
	other    int           // another exit code
	unheard  int           // ran on, but SIGTERM came before anything could be done about it
	lost     int           // ran on otherwise
	took     series        // milliseconds from SIGTERM to the end of those that did not run on
}

// term stops starts in their first milliseconds.
func (s *stage) term(set settings) (tables []*table, err error) {
	var all []*moment
	programs := append([]string{s.program(entrypoint)}, set.others...)
	for _, program := range programs {
		for at := time.Duration(0); at <= set.termUntil; at += set.termStep {
			all = append(all, &moment{program: program, from: at, to: at})
		}
	}
	err = inRounds(set.termRounds, len(all), func(i int) error {
		if err := all[i].stop(s.env("ACTIVATE_PRO=0")); err != nil {
			return fmt.Errorf("stop %s: %w", all[i].program, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	each := len(all) / len(programs)
	for i, program := range programs {
		name := strings.TrimPrefix(program, s.bin+"/")
		tables = append(tables, termTable(name, all[i*each:(i+1)*each]))
	}
	return tables, nil
}

// stop starts the program and stops it. The start returns when execve has, which closes a pipe.
func (m *moment) stop(env []string) error {
	cmd := asPID1([]string{m.program, "sleep", "60"}, env)
	if err := cmd.Start(); err != nil {
		return err
	}
	if m.from > 0 {
		pause := unix.NsecToTimespec(int64(m.from))
		_ = unix.Nanosleep(&pause, nil)
	}
	heard, patience := hears(cmd.Process.Pid, unix.SIGTERM), ranOnUnheard
	if heard {
		patience = ranOn
	}
	began := time.Now()
	_ = unix.Kill(cmd.Process.Pid, unix.SIGTERM)
	kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait()
	took := time.Since(began)
	kill.Stop()
	m.count(cmd.ProcessState.Sys().(syscall.WaitStatus), heard, took)
	return nil
}

func (m *moment) count(status syscall.WaitStatus, heard bool, took time.Duration) {
	switch killed := status.Signaled(); {
	case killed && heard:
		m.lost++
		return
	case killed:
		m.unheard++
		return
	case status.ExitStatus() == 128+int(unix.SIGTERM):
		m.stopped++
	case status.ExitStatus() == 2:
		m.byGo++
	default:
		m.other++
	}
	m.took = append(m.took, milliseconds(took))
}

// hears reports whether the signal does not just vanish: PID 1 has a handler for it, or has blocked it
// and so leaves it waiting.
func hears(pid int, sig unix.Signal) bool {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for _, name := range []string{"SigBlk:\t", "SigCgt:\t"} {
		var mask uint64
		_, text, _ := strings.Cut(string(status), name)
		if _, _ = fmt.Sscanf(text, "%x", &mask); mask&(1<<(sig-1)) != 0 {
			return true
		}
	}
	return false
}

// termTable has one row for neighbors at which every start was stopped as it should be.
func termTable(name string, all []*moment) *table {
	t := &table{
		title: fmt.Sprintf("SIGTERM after `execve` of %s as PID 1, %d starts at each moment",
			name, all[0].starts()),
		header: []string{"ms after `execve`", "exit 143", "exit 2", "other", "unheard", "lost", "median ms to exit", "max"},
	}
	var rows []moment
	var total moment
	for _, m := range all {
		total.add(m)
		if last := len(rows) - 1; last >= 0 && rows[last].plain() && m.plain() {
			rows[last].add(m)
		} else {
			rows = append(rows, *m)
		}
	}
	for _, row := range rows {
		t.add(row.cells()...)
	}
	if len(rows) > 1 {
		t.add(total.cells()...)
	}
	return t
}

func (m *moment) starts() int { return m.stopped + m.byGo + m.other + m.unheard + m.lost }
func (m *moment) plain() bool { return m.stopped == m.starts() }

func (m *moment) add(next *moment) {
	m.to = next.to
	m.stopped += next.stopped
	m.byGo += next.byGo
	m.other += next.other
	m.unheard += next.unheard
	m.lost += next.lost
	m.took = append(m.took, next.took...)
}

func (m *moment) cells() []string {
	cells := []string{fmt.Sprintf("%g", milliseconds(m.from))}
	if m.to > m.from {
		cells[0] += fmt.Sprintf(" to %g", milliseconds(m.to))
	}
	for _, n := range []int{m.stopped, m.byGo, m.other, m.unheard, m.lost} {
		cells = append(cells, fmt.Sprint(n))
	}
	return append(cells, number(m.took.median(), 2), number(m.took.quantile(1), 1))
}
