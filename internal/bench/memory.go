package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// An init pauses before starts in quick succession, for 0, 1, 2, 4, … s, and no
// more once a run has lived for 10 s. So restarts cost the least time in rows of
// a few, with a longer life between them.
const (
	rowOfRestarts = 4
	longLife      = 10*time.Second + 500*time.Millisecond
)

// resident is an init that rests, for its memory to be read.
type resident struct {
	init     initProgram
	goal     goal
	license  string // the file in which it stores its license; none for a peer
	restarts int
	said     *bytes.Buffer // by all of it, to standard error
	*container
}

// memory reads what the inits hold while they supervise a command that does
// nothing. All of them begin to rest at once, and are read together.
func (s *stage) memory(set settings) ([]*table, error) {
	all := s.residents(set.restarts)
	for _, r := range slices.Backward(all) { // the restarted one takes a minute until its last start
		if err := r.start(); err != nil {
			return nil, fmt.Errorf("bring %s to rest: %w; it said %q", r.init.name, err, r.said)
		}
		defer r.close()
		r.guard.Reset(patience + set.settle)
	}
	time.Sleep(set.settle)
	t := &table{
		title:  fmt.Sprintf("Memory of PID 1 %g s after its last start", set.settle.Seconds()),
		header: []string{"", "RSS MiB", "budget", "reach", "PSS MiB", "threads"},
	}
	for _, r := range all {
		held, err := readMemory(r.pid())
		if err != nil {
			return nil, fmt.Errorf("read the memory of %s: %w", r.init.name, err)
		}
		cells := append([]string{r.init.name, number(held.rss, 2)}, r.goal.cells(held.rss)...)
		t.add(append(cells, number(held.pss, 2), number(held.threads, 0))...)
	}
	return []*table{t}, nil
}

// residents are the peers, and ours with a license.
func (s *stage) residents(restarts int) (all []*resident) {
	for _, peer := range s.peers {
		all = append(all, &resident{init: peer})
	}
	restarted := fmt.Sprintf("entrypoint, after %d restarts, each activated online", restarts)
	all = append(all,
		s.licensed("entrypoint, activated online", 0, goal{3.5, 2.5, "MiB"}),
		s.licensed(restarted, restarts, goal{3.8, 3, "MiB"}))
	for _, r := range all {
		r.said = &bytes.Buffer{}
		r.init.stderr = r.said
	}
	return all
}

// licensed is our init with a volume of its own, as containers have it.
func (s *stage) licensed(name string, restarts int, g goal) *resident {
	volume := filepath.Join(s.dir, name)
	return &resident{
		init:     initProgram{name: name, argv: s.ours(), env: append(s.online(), "FILESYSTEM_ROOT="+volume)},
		goal:     g,
		license:  filepath.Join(volume, "var/lib/localstack/cache/license.json"),
		restarts: restarts,
	}
}

// start lets the init come to its last start. When it cannot, nothing of it is
// left.
func (r *resident) start() (err error) {
	if r.container, err = r.init.containSleep(); err != nil {
		return err
	}
	for i := 0; i < r.restarts && err == nil; i++ {
		err = r.restart(i)
	}
	if r.license != "" && err == nil {
		err = r.dropLicense()
	}
	if err != nil {
		r.close()
	}
	return err
}

// restart has the init restart its command, and ask for a license: none is
// stored any more.
func (r *resident) restart(i int) error {
	r.guard.Reset(patience)
	if i%rowOfRestarts == rowOfRestarts-1 {
		time.Sleep(longLife)
	}
	if err := r.dropLicense(); err != nil {
		return err
	}
	if err := unix.Kill(r.pid(), unix.SIGUSR1); err != nil {
		return err
	}
	return r.expect("ready")
}

// dropLicense removes what the latest start has stored. A volume that has a
// license after it was without one is the proof that the start asked for it.
func (r *resident) dropLicense() error {
	if err := os.Remove(r.license); err != nil {
		return fmt.Errorf("find the license that it was to ask for: %w", err)
	}
	return nil
}
