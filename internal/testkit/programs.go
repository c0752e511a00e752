package testkit

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// BuildPrograms builds the programs into dir, as for a release.
func BuildPrograms(dir string) error {
	module, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("cannot find the module: %w", err)
	}
	build := exec.Command("make", "--silent", "--directory", filepath.Dir(string(module)), "build", "BIN="+dir)
	build.Env = append(os.Environ(), "MAKEFLAGS=") // the caller may be a make, too
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("cannot build the programs: %w", err)
	}
	return nil
}

// Buffer collects the output of a process that is still running.
type Buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write takes more output.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String is all output so far.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
