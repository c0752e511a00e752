package hook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"localstack-entrypoint/internal/layout"
)

// stopGrace is how long a script may take to end after SIGTERM before SIGKILL.
// 3 s: the container as a whole has 8 s, and the gateway wants up to 5 of them.
const stopGrace = 3 * time.Second

// Runner runs the scripts of a stage one after the other, without a time limit.
// They join the caller's process group, so a terminal or an init reaches them.
type Runner struct {
	Root           layout.Root   // of the image that the scripts and the emulator's Python are in
	Env            []string      // the scripts' whole environment, "NAME=value"; nothing is inherited
	Stdout, Stderr io.Writer     // an *os.File is inherited as it is, so a background process cannot hold a stage up
	Grace          time.Duration // between SIGTERM and SIGKILL; 0 = 3 s

	// Report is told of every change of a script's state, with the reason when
	// the state is ERROR: `exit status 3`, `permission denied ...`. An
	// unreadable folder is reported like a failed script. It may be nil.
	Report func(Script, error)
}

// Run runs the stage and returns its scripts with the states they ended in.
// Cancelling ctx sends SIGTERM to the running script, SIGKILL after Grace, and
// leaves the scripts after it UNKNOWN.
func (r *Runner) Run(ctx context.Context, stage Stage) []Script {
	scripts, err := Find(r.Root, stage)
	for _, unreadable := range split(err) {
		r.report(Script{Stage: stage, Path: stage.Dir(r.Root), State: Failed}, unreadable)
	}
	for i := range scripts {
		if ctx.Err() != nil {
			break
		}
		scripts[i].State = Running
		r.report(scripts[i], nil)
		err := r.run(ctx, scripts[i].Path)
		scripts[i].State = Successful
		if err != nil {
			scripts[i].State = Failed
		}
		r.report(scripts[i], err)
	}
	return scripts
}

func (r *Runner) report(s Script, err error) {
	if r.Report != nil {
		r.Report(s, err)
	}
}

// run runs one script to its end; the error says why it did not end well.
func (r *Runner) run(ctx context.Context, path string) error {
	cmd, err := r.command(ctx, path)
	if err != nil {
		return err
	}
	cmd.Env = append([]string{}, r.Env...) // never nil: nil would inherit
	cmd.Stdout, cmd.Stderr = r.Stdout, r.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopGrace
	if r.Grace > 0 {
		cmd.WaitDelay = r.Grace
	}
	switch err := cmd.Run(); {
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // the latter: ended well, something in the background still writes
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("stopped before its end: %w", err)
	case cmd.Path == path:
		return explain(err)
	default:
		return err
	}
}

func (r *Runner) command(ctx context.Context, path string) (*exec.Cmd, error) {
	if filepath.Ext(path) != ".py" {
		return exec.CommandContext(ctx, path), nil
	}
	python, err := r.python()
	if err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, python, path), nil
}

// python is the interpreter for .py scripts. The emulator's own comes first:
// scripts may import what it has.
func (r *Runner) python() (string, error) {
	candidates := []string{r.Root.Python()}
	for _, name := range []string{"python3", "python"} {
		for _, dir := range filepath.SplitList(lookup(r.Env, "PATH")) {
			candidates = append(candidates, filepath.Join(dir, name))
		}
	}
	for _, candidate := range candidates {
		if !filepath.IsAbs(candidate) {
			continue // LookPath would search our own PATH for it
		}
		if path, err := exec.LookPath(candidate); err == nil {
			return path, nil
		}
	}
	return "", errors.New("cannot find a Python interpreter: neither the emulator's own nor python3 or python on PATH")
}

// lookup returns the value a process started with env would see: the last one.
func lookup(env []string, name string) (value string) {
	for _, pair := range env {
		if v, ok := strings.CutPrefix(pair, name+"="); ok {
			value = v
		}
	}
	return value
}

// explain adds the likely cause to the three bare errors an exec of a script
// ends in, and drops the script's path, which the reader has already.
func explain(err error) error {
	var failed *fs.PathError
	if !errors.As(err, &failed) {
		return err
	}
	switch {
	case errors.Is(failed.Err, syscall.EACCES):
		return fmt.Errorf("%w (is it executable? chmod +x)", failed.Err)
	case errors.Is(failed.Err, syscall.ENOEXEC):
		return fmt.Errorf("%w (does its first line start with #!?)", failed.Err)
	case errors.Is(failed.Err, syscall.ENOENT):
		return fmt.Errorf("%w (does the interpreter after #! exist?)", failed.Err)
	default:
		return failed.Err
	}
}

// split undoes errors.Join, so that each cause gets a line of its own.
func split(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var causes []error
		for _, cause := range joined.Unwrap() {
			causes = append(causes, split(cause)...)
		}
		return causes
	}
	return []error{err}
}
