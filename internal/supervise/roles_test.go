package supervise

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
)

// TestMain runs the tests, or plays the role that argv[0] names: the test binary is also every
// process in them.
func TestMain(m *testing.M) {
	if play, ok := roles()[os.Args[0]]; ok {
		time.AfterFunc(time.Minute, func() { os.Exit(99) }) // nothing outlives a failed test for long
		os.Exit(play(os.Args[1:]))
	}
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = parallel.Value.Set("8") // these tests wait more than they work
	}
	os.Exit(m.Run())
}

func roles() map[string]func(args []string) int {
	return map[string]func([]string) int{
		"init":       playInit,
		"boot":       playBoot,
		"exec":       playExec,
		"hostile":    playHostile,
		"heir":       playHeir,
		"count":      playCount,
		"family":     playFamily,
		"mute":       playMute,
		"report":     playReport,
		"foreground": playForeground,
		"wanderer":   playWanderer,
		"drill":      playDrill,
		"relapse":    playRelapse,
		"mother":     playMother,
		"pest":       playPest,
		"parent":     playParent,
		"shell":      playShell,
		"ask":        playAsk,
		"caged":      playCaged,
		"restarts":   playRestarts,
	}
}

// pathOf is the file to execute for an argv: this binary for a role.
func pathOf(argv []string) string {
	if _, ok := roles()[argv[0]]; ok {
		return "/proc/self/exe"
	}
	return argv[0]
}

// plan starts argv, which is decided at once.
func plan(argv []string) Start {
	return Start{
		Decide: func(_ context.Context, again bool) (Decision, error) {
			argv := slices.Clone(argv)
			if again {
				argv = append(argv, "again")
			}
			return Decision{Command: Command{Path: pathOf(argv), Args: argv, Env: os.Environ()}}, nil
		},
		Fail: func(err error) (int, func()) {
			failed, _ := fault.Find(err)
			return failed.Row().Exit, func() { sayFailed(failed) }
		},
	}
}

// sayFailed says that a command could not be started.
func sayFailed(err error) {
	failed, _ := fault.Find(err)
	say("cannot run " + failed.Detail)
}

// say prints a line to standard output even if nobody reads it any more.
func say(words ...any) { _, _ = unix.Write(1, []byte(fmt.Sprintln(words...))) }

func mountProc() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	return unix.Mount("proc", "/proc", "proc", 0, "")
}

// playBoot is a start without an init: it becomes the command unless a signal comes before.
func playBoot(argv []string) int {
	RestoreStopSignals()
	core := NoCore()
	fmt.Println("listening")
	sayFailed(Exec(Command{Path: pathOf(argv), Args: argv, Env: os.Environ()}, core))
	return 99
}

// playExec becomes the command; if it cannot, it shows that signals still work.
func playExec(argv []string) int {
	Listen()
	ctx, free := Context(context.Background())
	err := Exec(Command{Path: pathOf(argv), Args: argv, Env: os.Environ()}, NoCore())
	sayFailed(err)
	_ = unix.Kill(os.Getpid(), unix.SIGTERM)
	<-ctx.Done()
	if stopped, ok := errors.AsType[*Stopped](free(false)); ok {
		return stopped.ExitCode()
	}
	return 99
}

// playHostile executes argv with signals ignored and blocked.
func playHostile(argv []string) int {
	signal.Ignore(unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGPIPE, unix.SIGTTOU)
	runtime.LockOSThread()
	var mask unix.Sigset_t
	mask.Val[0] = 1<<(unix.SIGUSR1-1) | 1<<(unix.SIGUSR2-1) | 1<<(unix.SIGTERM-1) | 1<<(40-1)
	_ = unix.PthreadSigmask(unix.SIG_BLOCK, &mask, nil)
	fmt.Println(syscall.Exec(pathOf(argv), argv, os.Environ()))
	return 99
}

// playHeir leaves the program it executes a zombie.
func playHeir(argv []string) int {
	pid, err := syscall.ForkExec("/bin/true", []string{"true"}, nil)
	if err == nil {
		err = unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
	}
	if err == nil {
		err = syscall.Exec(pathOf(argv), argv, os.Environ())
	}
	fmt.Println(err)
	return 99
}

// playCount says who it is, then survives SIGTERM and SIGINT, says so each time, and exits with 40
// plus their number at SIGUSR2. That comes after them if it was sent after their line was read.
func playCount(who []string) int {
	name := strings.Join(who, " ")
	stops, end := make(chan os.Signal, 64), make(chan os.Signal, 1)
	signal.Notify(stops, unix.SIGTERM, unix.SIGINT)
	signal.Notify(end, unix.SIGUSR2)
	fmt.Println("ready", name)
	for count := 0; ; {
		select {
		case sig := <-stops:
			count++
			fmt.Println(unix.SignalName(sig.(unix.Signal)), name)
		case <-end:
			return 40 + count + len(stops)
		}
	}
}

// playFamily counts beside a child of its own that does the same.
func playFamily([]string) int {
	startRole("count", "grandchild")
	return playCount([]string{"child"})
}

// playMute says that it is there and no more, not even to SIGTERM.
func playMute([]string) int {
	signal.Ignore(unix.SIGTERM)
	fmt.Println("ready")
	select {}
}

// playWanderer counts in a group other than the one it was started in, its grandchild's.
func playWanderer([]string) int {
	cmd := exec.Cmd{Path: "/bin/sleep", Args: []string{"sleep", "60"}}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
	}
	if err := unix.Setpgid(0, cmd.Process.Pid); err != nil {
		fmt.Println(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	return playCount([]string{"wanderer"})
}

func startRole(argv ...string) {
	cmd := exec.Cmd{Path: pathOf(argv), Args: argv, Stdout: os.Stdout, Stderr: os.Stderr}
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
	}
}

// reporter is the name of a process that reports signals, and listens.
const reporter = "listening"

// playReport names every signal it gets, until SIGTERM or, if it "stays", signal 64. Not exit code 0: with
// -race, that takes a Go program a second.
func playReport(args []string) int {
	Listen()
	_ = os.WriteFile("/proc/self/comm", []byte(reporter), 0)
	say("ready")
	end := unix.SIGTERM
	if slices.Contains(args, "stays") {
		end = lastSignal
	}
	for {
		inbox.await(time.Time{}, true)
		for range inbox.waiting() {
			sig, count := inbox.next()
			for range count {
				say("signal", int(sig))
			}
			if sig == end {
				return 7
			}
		}
	}
}

// playForeground says whether it is the foreground of its terminal.
func playForeground([]string) int {
	group, err := unix.IoctlGetInt(stdin, unix.TIOCGPGRP)
	say("foreground:", group == unix.Getpgrp(), err)
	return 7
}
