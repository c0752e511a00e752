// Command emulator is the reference emulator, which the entrypoint starts in an image
// without another one. Its settings are the variables of emulator.Options. It exits 0
// after a requested stop, 78 if a variable is invalid, and 1 if it fails.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/emulator"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/version"
)

func main() { os.Exit(run()) }

func run() int {
	if slices.Equal(os.Args[1:], []string{"--version"}) {
		fmt.Println(version.Describe("emulator"))
		return 0
	}
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "emulator: takes no arguments except --version; its variables are FILESYSTEM_ROOT,",
			"GATEWAY_LISTEN, LOCALSTACK_BUILD_VERSION, PERSISTENCE, PRO_ACTIVATED, …")
		return fault.ExitUsage
	}
	// First, so that no early signal is lost.
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()

	environ := os.Environ() // options unsets what it cannot read
	opts, problems := options()
	for _, problem := range problems {
		fmt.Fprintln(os.Stderr, "invalid configuration:", problem)
	}
	if len(problems) > 0 {
		return fault.ExitConfig
	}
	e, err := emulator.New(opts, emulator.Process{Environ: environ, Stdout: os.Stdout, Stderr: os.Stderr})
	if err == nil {
		err = e.Run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "emulator:", err)
		return fault.ExitFailed
	}
	return 0
}

// options reads the environment.
func options() (opts emulator.Options, problems []error) {
	for _, bad := range config.Fill(&opts) {
		problems = append(problems, fmt.Errorf("%s=%q: %w", bad.KeyName, bad.Value, bad.Err))
	}
	return opts, problems
}
