// Entrypoint is PID 1 of licensed LocalStack containers. It checks the license
// before the emulator starts, says exactly why when it must not start, and
// looks after the emulator when it does.
//
// PID 1 is the init from its first instruction, and it decides by itself: its
// main thread only looks after signals and processes, the decision is made
// beside it, and the emulator is its child. Two things are processes of their
// own: BOOT hooks, where there are any, and the renewal of a license. Where
// there is no init to be, the same steps follow each other, and at their end we
// become the emulator and nothing of us remains.
//
// The runtime need not size itself by the container's CPU quota: it would keep
// two descriptors open for that, in PID 1.
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0
package main

import (
	"context"
	"os"
	"path/filepath"

	"localstack-entrypoint/internal/mailbox"
	"localstack-entrypoint/internal/supervise"
	"localstack-entrypoint/internal/task"
)

func main() { os.Exit(run(os.Args[0], os.Args[1:])) }

// run is the program under a name: a process that the init starts, a subcommand, or the start of a
// container whose command, if there is one, are the arguments.
func run(name string, args []string) int {
	switch name {
	case hooksName:
		return hooks()
	case renewName:
		return renew()
	}
	if filepath.Base(name) == digName {
		return unlessStopped(runDNS, args)
	}
	if subcommand, rest := findSubcommand(args); subcommand != nil {
		return unlessStopped(subcommand, rest)
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	return boot(args)
}

// unlessStopped runs a subcommand. In PID 1 SIGTERM and SIGINT end it as they
// end any other process; elsewhere they do so by themselves.
func unlessStopped(subcommand func([]string) int, args []string) int {
	if !mailbox.AsInit {
		return subcommand(args)
	}
	ctx, _ := supervise.Context(context.Background())
	code, err := task.Run(ctx, func(context.Context) (int, error) { return subcommand(args), nil })
	if err != nil {
		s := loadSettings()
		return s.refuse(reporter(stderr(), s.cfg), err)
	}
	return code
}
