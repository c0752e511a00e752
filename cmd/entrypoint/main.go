// Entrypoint is PID 1 of licensed LocalStack containers. It checks the license
// before the emulator starts, says exactly why when it must not start, and
// looks after the emulator when it does.
//
// PID 1 is the init from its first instruction, and it decides by itself: its
// main thread only looks after signals and processes, the decision is made
// beside it, and the emulator is its child. Two things are processes of their
// own: BOOT hooks, if there are any, and the renewal of a license. Without an
// init, the same steps run one after the other, and the emulator then replaces
// this process.
//
// The runtime need not size itself by the container's CPU quota: it would keep
// two descriptors open for that, in PID 1. Certificates with a negative serial
// number are as good to it as to OpenSSL: corporate authorities have some.
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0
//go:debug x509negativeserial=1
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/mailbox"
	"localstack-entrypoint/internal/outlet"
	"localstack-entrypoint/internal/supervise"
	"localstack-entrypoint/internal/task"
)

func main() { os.Exit(run(os.Args[0], os.Args[1:])) }

// run goes by the program's name and arguments: a process that the init starts, a subcommand, or the
// start of a container with the arguments as its command. After "--" a command may have the name of
// a subcommand.
func run(name string, args []string) int {
	switch name {
	case hooksName:
		return hooks()
	case renewName:
		return renew()
	}
	if filepath.Base(name) == digName {
		return runSubcommand(runDig, args)
	}
	if subcommand, rest := findSubcommand(args); subcommand != nil {
		return runSubcommand(subcommand, rest)
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	return boot(args)
}

// runSubcommand runs a subcommand. One whose output could not be written has not done its work, whatever it says.
func runSubcommand(subcommand func(io.Writer, []string) int, args []string) int {
	stdout := &outlet.Checked{To: os.Stdout}
	code := untilSignal(func() int { return subcommand(stdout, args) })
	if stdout.Err != nil {
		fmt.Fprintln(os.Stderr, "entrypoint:", stdout.Err)
		code = cmp.Or(code, fault.ExitFailed)
	}
	return code
}

// untilSignal runs a subcommand. In PID 1 SIGTERM and SIGINT end it as they end any other process; elsewhere they do
// so by themselves.
func untilSignal(subcommand func() int) int {
	if !mailbox.IsPID1 {
		return subcommand()
	}
	ctx, _ := supervise.Context(context.Background())
	code, err := task.Run(ctx, func(context.Context) (int, error) { return subcommand(), nil })
	if err != nil {
		s := loadSettings()
		return s.reportFailure(reporter(stderr(), s.cfg), err)
	}
	return code
}
