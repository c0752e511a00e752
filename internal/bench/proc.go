package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// held is what a process holds, in MiB, and its threads.
type held struct{ rss, pss, threads float64 }

func readMemory(pid int) (h held, err error) {
	const kibPerMiB = 1024
	rollup := fmt.Sprintf("/proc/%d/smaps_rollup", pid)
	rss, err1 := field(rollup, "Rss:")
	pss, err2 := field(rollup, "Pss:")
	threads, err3 := field(fmt.Sprintf("/proc/%d/status", pid), "Threads:")
	return held{rss / kibPerMiB, pss / kibPerMiB, threads}, errors.Join(err1, err2, err3)
}

// field is the number behind a name at the beginning of a line.
func field(path, name string) (float64, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(content)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == name {
			return strconv.ParseFloat(words[1], 64)
		}
	}
	return 0, fmt.Errorf("%s does not say %s", path, name)
}

// cpuTime is what all threads of a process have used. Not from /proc/PID/stat,
// which counts in hundredths of a second.
func cpuTime(pid int) (total time.Duration, err error) {
	err = eachThread(pid, "schedstat", func(words []string) error {
		ran, err := strconv.ParseInt(words[0], 10, 64)
		total += time.Duration(ran)
		return err
	})
	return total, err
}

// countChildren counts those of all threads: the kernel keeps them by the
// thread that forked or adopted them.
func countChildren(pid int) (n int, err error) {
	err = eachThread(pid, "children", func(words []string) error {
		n += len(words)
		return nil
	})
	return n, err
}

// eachThread reads a file of every thread of a process, as words.
func eachThread(pid int, name string, read func(words []string) error) error {
	paths, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/%s", pid, name))
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("read %s of process %d: %w", name, pid, fs.ErrNotExist)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := read(strings.Fields(string(content))); err != nil {
			return err
		}
	}
	return nil
}
