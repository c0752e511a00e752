package main

import "os"

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
