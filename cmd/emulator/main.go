// Command emulator is the reference emulator, which the entrypoint starts in an image
// without another one. Its settings are the variables of emulator.Options. It exits 0
// after a requested stop, 78 if a variable is invalid, and 1 if it fails.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/emulator"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/outlet"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/task"
	"localstack-entrypoint/internal/version"
)

func main() { os.Exit(run()) }

func run() int {
	if slices.Equal(os.Args[1:], []string{"--version"}) {
		if _, err := fmt.Println(version.Describe("emulator")); err != nil {
			fmt.Fprintln(os.Stderr, "emulator: cannot write the output:", err)
			return fault.ExitFailed
		}
		return 0
	}
	stderr := outlet.New(context.Background(), unix.Stderr, func(text string) []byte {
		return report.Line(config.Logging{}.Format, emulator.Logger, text)
	})
	stdout := stderr.Beside(unix.Stdout)
	flush := func() {
		stdout.Flush(outlet.LastWait)
		stderr.Flush(outlet.LastWait)
	}
	defer flush()
	log.SetOutput(stderr) // for libraries
	code, err := task.Run(context.Background(), func(ctx context.Context) (int, error) {
		return emulate(ctx, emulator.Process{
			Stdout: stdout, Stderr: stderr, Flush: flush,
			Environ: os.Environ(), HookStdout: os.Stdout, HookStderr: os.Stderr,
		})
	})
	if err != nil {
		fmt.Fprintln(stderr, "emulator:", err)
		if p, isPanic := errors.AsType[*task.Panic](err); isPanic {
			fmt.Fprintf(stderr, "%s", p.Stack)
		}
		return fault.ExitFailed
	}
	return code
}

// emulate runs the emulator, and returns the exit code unless it fails.
func emulate(ctx context.Context, process emulator.Process) (code int, err error) {
	if len(os.Args) > 1 {
		fmt.Fprintln(process.Stderr, "emulator: takes no arguments except --version; its variables are FILESYSTEM_ROOT,",
			"GATEWAY_LISTEN, LOCALSTACK_BUILD_VERSION, PERSISTENCE, PRO_ACTIVATED, …")
		return fault.ExitUsage, nil
	}
	// First, so that no early signal is lost.
	ctx, cancel := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer cancel()

	opts, problems := options() // which unsets what it cannot read
	for _, problem := range problems {
		fmt.Fprintln(process.Stderr, "invalid configuration:", problem)
	}
	if len(problems) > 0 {
		return fault.ExitConfig, nil
	}
	e, err := emulator.New(opts, process)
	if err != nil {
		return 0, err
	}
	return 0, e.Run(ctx)
}

// options reads the environment.
func options() (opts emulator.Options, problems []error) {
	for _, bad := range config.Fill(&opts) {
		problems = append(problems, fmt.Errorf("%s=%s: %w", bad.KeyName, shown(bad.Value), bad.Err))
	}
	return opts, problems
}

// shown is a variable's value for the log. What may contain a password is not shown, and of a token only its beginning.
func shown(value string) string {
	if strings.Contains(value, "@") {
		return "…"
	}
	return credential.MaskAll(fmt.Sprintf("%.200q", value))
}
