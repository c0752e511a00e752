package main

import (
	"fmt"
	"os"
	"time"
)

// size is what the binary adds to an image.
func (s *stage) size(settings) ([]*table, error) {
	info, err := os.Stat(s.program(entrypoint))
	if err != nil {
		return nil, err
	}
	const bytesPerMB = 1e6
	size := float64(info.Size()) / bytesPerMB
	t := &table{title: "Size of the binary", header: []string{"", "MB", "budget", "reach"}}
	t.add(append([]string{entrypoint, number(size, 2)}, goal{10, 8, "MB"}.cells(size)...)...)
	return []*table{t}, nil
}

// memory reads what the inits hold while they supervise a command that does
// nothing. All of them are started at once and read together.
func (s *stage) memory(set settings) ([]*table, error) {
	t := &table{
		title:  fmt.Sprintf("Memory of PID 1 after %g s", set.settle.Seconds()),
		header: []string{"", "RSS MiB", "budget", "reach", "PSS MiB", "threads"},
	}
	inits := s.inits()
	var running []*container
	for _, init := range inits {
		c, err := init.containSleep()
		if err != nil {
			return nil, err
		}
		defer c.close()
		running = append(running, c)
	}
	time.Sleep(set.settle)
	for i, init := range inits {
		held, err := readMemory(running[i].pid())
		if err != nil {
			return nil, fmt.Errorf("read the memory of %s: %w", init.name, err)
		}
		var goals goal
		if init.name == entrypoint {
			goals = goal{6, 3, "MiB"}
		}
		cells := append([]string{init.name, number(held.rss, 2)}, goals.cells(held.rss)...)
		t.add(append(cells, number(held.pss, 2), number(held.threads, 0))...)
	}
	return []*table{t}, nil
}
