package main

import "os"

// size is what the binaries add to an image.
func (s *stage) size(settings) ([]*table, error) {
	const bytesPerMB = 1e6
	t := &table{title: "Size of the binaries", header: []string{"", "MB", "budget", "reach"}}
	for _, binary := range []struct {
		name string
		goal goal
	}{
		{entrypoint, goal{10, 8, "MB"}},
		{authorityProgram, goal{budget: 30, unit: "MB"}},
	} {
		info, err := os.Stat(s.program(binary.name))
		if err != nil {
			return nil, err
		}
		size := float64(info.Size()) / bytesPerMB
		t.add(append([]string{binary.name, number(size, 2)}, binary.goal.cells(size)...)...)
	}
	return []*table{t}, nil
}
