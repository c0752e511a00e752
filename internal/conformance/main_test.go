package conformance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"localstack-entrypoint/internal/conformance/kit"
)

// patience bounds every wait. It is far more than any takes.
const patience = time.Minute

// programs is a folder that is laid over that root: our programs where the image has them.
var programs string

func TestMain(m *testing.M) {
	if os.Args[0] == firstProcess {
		fmt.Fprintln(os.Stderr, becomeContainer())
		os.Exit(125) // as docker run does when it cannot start
	}
	code := 1
	defer func() { os.Exit(code) }()
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer os.RemoveAll(dir)
	if kit.Root != "" {
		programs = dir
		if err := installPrograms(filepath.Join(dir, "usr/local/bin")); err != nil {
			fmt.Fprintln(os.Stderr, "cannot build the programs:", err)
			return
		}
	}
	code = m.Run()
}

// installPrograms builds the programs as for a release.
func installPrograms(folder string) error {
	if err := os.Chmod(programs, 0o755); err != nil {
		return err
	}
	build := exec.Command("make", "--silent", "--directory", filepath.Join("..", ".."), "build", "BIN="+folder)
	build.Env = append(os.Environ(), "MAKEFLAGS=") // the caller is a make, too
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
	for _, name := range []string{"docker-entrypoint.sh", "dig"} {
		if err := os.Symlink("entrypoint", filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}
