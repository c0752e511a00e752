// Entrypoint is PID 1 of licensed LocalStack containers. It checks the licence
// before the emulator starts, says exactly why when it must not start, and
// looks after the emulator when it does.
//
// One start is two processes. PID 1 is the init: it starts the boot stage as
// its child and from then on passes signals on, reaps, restarts and stops. The
// boot stage decides and then becomes the emulator by execve. Where there is
// no init to be, the boot stage runs directly and nothing of us remains.
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

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/supervise"
)

// version is set by the build.
var version = "0.1.0"

// The init starts itself again under these names, so that neither an argument
// nor a variable of the user's can be taken for them.
const (
	bootName   = "localstack-boot"
	rebootName = "localstack-reboot" // after SIGUSR1: without BOOT hooks
	renewName  = "localstack-renew"  // the init's chore
	self       = "/proc/self/exe"
)

// digName is a link to us in images without dig: our own advice names it.
const digName = "dig"

func main() { os.Exit(run(os.Args[0], os.Args[1:])) }

func run(name string, args []string) int {
	switch name {
	case bootName, rebootName:
		return boot(context.Background(), start{command: args, release: supervise.Mortal(), init: os.Getppid(), again: name == rebootName})
	case renewName:
		return renew()
	}
	if filepath.Base(name) == digName {
		return runDNS(args)
	}
	if subcommand, rest := findSubcommand(args); subcommand != nil {
		return subcommand(rest)
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	return begin(args)
}

// begin becomes the init, or the boot stage where there is no init to be.
func begin(command []string) int {
	isInit := os.Getpid() == 1
	var signals *supervise.Signals
	if isInit {
		// Before anything else: a signal that PID 1 does not listen to is lost.
		signals = supervise.Listen()
	}
	process, environ := config.LoadProcess()
	switch supervised := process.Supervise.Or(isInit); {
	case !supervised && !isInit:
		return boot(context.Background(), start{command: command, release: supervise.Mortal()})
	case !supervised:
		ctx, release := signals.Context(context.Background())
		return boot(ctx, start{command: command, release: release, alone: true})
	case !isInit:
		signals = supervise.Listen()
	}
	code, err := supervise.Run(signals, supervise.Command{
		Path:    self,
		Args:    append([]string{bootName}, command...),
		Restart: append([]string{rebootName}, command...),
		Chore:   []string{renewName},
		Env:     environ,
		Boots:   true,
	}, supervise.Options{
		ShutdownTimeout: process.ShutdownTimeout.Duration(),
		LeaderOnly:      !bool(process.KillGroup),
		Rewrite:         process.Rewrite,
		ExitCodes:       process.ExitCodes,
		RestartOnCrash:  int(process.RestartOnCrash),
		ChoreEvery:      process.RenewalInterval.Duration(),
		ParentDeath:     unix.Signal(process.ParentDeath),
		Subreaper:       !isInit,
		Warn:            warn,
	})
	if err != nil {
		warn(err.Error() + hint())
	}
	return code
}

// hint is the usual reason why we cannot start ourselves.
func hint() string {
	if _, err := os.Stat(self); err != nil {
		return " (is /proc mounted?)"
	}
	return ""
}

// warn prints a line from the init, which carries no logger. Not with os.Stderr: that ends the
// process when nobody reads standard error any more.
func warn(line string) { _, _ = unix.Write(2, []byte("entrypoint: "+line+"\n")) }
