package hook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"localstack-entrypoint/internal/arguments"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
)

// stopGrace is how long a script may take to end after SIGTERM before SIGKILL.
// 3 s: the container as a whole has 8 s, and the gateway wants up to 5 of them.
const stopGrace = 3 * time.Second

// Runner runs the scripts of a stage one after the other.
// They join the caller's process group, so a terminal or an init reaches them.
type Runner struct {
	Root layout.Root // of the image that the scripts and the emulator's Python are in
	// Env is the scripts' whole environment, "NAME=value"; nothing is inherited. What a .py script changes in it is
	// there for the scripts after it, also those of later stages.
	Env            []string
	Stdout, Stderr io.Writer // an *os.File is inherited as it is, so a background process cannot hold a stage up

	// Timeout is how long each script may take, 0 for as long as it likes.
	Timeout time.Duration

	// Report is told of every change of a script's state, with the reason when
	// the state is ERROR: `exit status 3`, `permission denied: it is not executable ...`. An
	// unreadable folder is reported like a failed script. It may be nil.
	Report func(Script, error)

	grace       time.Duration // another than stopGrace, in tests
	interpreter string        // of the .py scripts so far
}

// Run runs the stage and returns its scripts with the states they ended in.
// Canceling ctx sends SIGTERM to the running script and what it has started,
// SIGKILL after 3 s, and leaves the scripts after it UNKNOWN.
func (r *Runner) Run(ctx context.Context, stage Stage) []Script {
	scripts, unreadable := find(r.Root, stage)
	for _, err := range unreadable {
		r.report(Script{Stage: stage, Path: stage.Dir(r.Root), State: Failed}, err)
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
	asked := ctx
	if r.Timeout > 0 {
		bounded, cancel := context.WithTimeout(ctx, r.Timeout)
		defer cancel()
		ctx = bounded
	}
	argv, changes, err := r.prepare(path)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append([]string{}, r.Env...) // never nil: nil would inherit
	cmd.Stdout, cmd.Stderr = r.Stdout, r.Stderr
	cmd.WaitDelay = cmp.Or(r.grace, stopGrace)
	cmd.Cancel = func() error {
		if stop(cmd.Process.Pid, cmd.WaitDelay) == nil {
			return nil
		}
		return cmd.Process.Signal(syscall.SIGTERM)
	}
	if changes != nil {
		defer changes.Close()
		cmd.ExtraFiles = []*os.File{changes}
	}
	err = cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // ended well, but something in the background still writes
	}
	if changes != nil {
		err = r.take(changes, err)
	}
	switch {
	case err == nil:
		return nil
	case asked.Err() != nil:
		return fmt.Errorf("interrupted: %w", err)
	case ctx.Err() != nil:
		return fmt.Errorf("it took longer than BOOT_HOOK_TIMEOUT (%s) and was stopped", r.Timeout)
	case errors.Is(err, syscall.E2BIG):
		return because(file.Cause(err), arguments.Explain(argv, cmd.Env))
	case cmd.Process == nil:
		return whyNotStarted(path, argv[0], file.Cause(err))
	}
	return r.whyEnded(path, err)
}

// searchPath is where a process started with Env finds programs: of several PATHs, the last one counts.
func (r *Runner) searchPath() string {
	search := file.DefaultPath
	for _, pair := range r.Env {
		if path, ok := strings.CutPrefix(pair, "PATH="); ok {
			search = path
		}
	}
	return search
}

// whyNotStarted adds the cause to the error of a script that could not be started: what is wrong with its file, or with
// that of its interpreter.
func whyNotStarted(path, program string, err error) error {
	why := file.WhyNotRun(program, err)
	if program != path {
		err = fmt.Errorf("cannot run its interpreter %s: %w", program, err)
	}
	return because(err, why)
}

// whyEnded adds the cause to the error of a script that has run, if its file shows the cause.
func (r *Runner) whyEnded(path string, err error) error {
	exit, hasCode := errors.AsType[*exec.ExitError](err)
	if !hasCode {
		return err
	}
	return because(err, file.WhyEnded(path, exit.ExitCode(), r.searchPath()))
}

func because(err error, why string) error {
	if why == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, why)
}
