package testkit

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"sync"
)

// BuildPrograms builds the real programs into dir, as they are released.
func BuildPrograms(dir string) error {
	build := exec.Command("go", "build", "-trimpath", "-tags", "nethttpomithttp2", "-o", dir+"/", "localstack-entrypoint/cmd/...")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
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
