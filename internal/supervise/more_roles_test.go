package supervise

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/mailbox"
)

// playMother is PID 1 and tells how often it got a signal that everybody else got, its children right
// at their birth included.
func playMother([]string) int {
	Listen()
	if _, err := spawn(Command{Path: "/proc/self/exe", Args: []string{"pest"}}, false, CoreLimit{}); err != nil {
		say(err)
	}
	for range 300 {
		if pid, err := spawn(Command{Path: "/bin/true", Args: []string{"true"}}, false, CoreLimit{}); err == nil {
			_, _ = unix.Wait4(pid, nil, 0, nil)
		}
	}
	say("got", mailbox.Signals.Count[unix.SIGCONT])
	return 7
}

// playPest sends SIGCONT to everybody but itself and PID 1, as long as PID 1 lives. Without a rest
// a child could get no further.
func playPest([]string) int {
	for {
		_ = unix.Kill(-1, unix.SIGCONT)
		time.Sleep(20 * time.Microsecond)
	}
}

// playParent starts an init and ends when it is told to.
func playParent(argv []string) int {
	cmd := exec.Cmd{Path: pathOf(argv), Args: argv, Stdout: os.Stdout, Stderr: os.Stderr}
	if err := cmd.Start(); err != nil {
		say(err)
	}
	_, _ = os.Stdin.Read(make([]byte, 1))
	return 7
}

// playShell runs an init on its terminal as a shell with job control does, brings it back to the
// foreground when it stops, and passes on how it ended.
func playShell(argv []string) int {
	_ = setAction(int(unix.SIGTTOU), &sigaction{handler: sigIgn})
	attr := &syscall.ProcAttr{
		Files: []uintptr{0, 1, 2}, Env: os.Environ(),
		Sys: &syscall.SysProcAttr{Foreground: true, Ctty: stdin},
	}
	pid, err := syscall.ForkExec(pathOf(argv), argv, attr)
	if err != nil {
		say(err)
		return 99
	}
	for {
		var status unix.WaitStatus
		_, err := unix.Wait4(pid, &status, unix.WUNTRACED, nil)
		if err != nil && err != unix.EINTR {
			say(err)
			return 99
		}
		if !status.Stopped() {
			return ExitCode(status)
		}
		_ = unix.IoctlSetPointerInt(stdin, unix.TIOCSPGRP, unix.Getpgrp())
		say("stopped by", status.StopSignal())
		_, _ = os.Stdin.Read(make([]byte, 1))
		_ = unix.IoctlSetPointerInt(stdin, unix.TIOCSPGRP, pid)
		_ = unix.Kill(-pid, unix.SIGCONT)
	}
}

// playAsk tells of signals and of lines that it is given, until one of them is "end".
func playAsk([]string) int {
	received, lines := make(chan os.Signal, 8), make(chan string)
	signal.Notify(received, unix.SIGINT, unix.SIGQUIT, unix.SIGWINCH, unix.SIGCONT)
	go func() {
		for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	say("ready")
	for {
		select {
		case sig := <-received:
			say(unix.SignalName(sig.(unix.Signal)))
		case line := <-lines:
			say("read", line)
			if line == "end" {
				return 7
			}
		}
	}
}

// playCaged enters a cage by its door and executes the rest of its arguments.
func playCaged(args []string) int {
	if err := os.WriteFile(args[0], []byte("0"), 0o600); err != nil {
		say(err)
		return 99
	}
	say(syscall.Exec(pathOf(args[1:]), args[1:], os.Environ()))
	return 99
}

// numberOf reads a number that a line ends with.
func numberOf(line string) (n int) {
	_, _ = fmt.Sscan(line[strings.LastIndexByte(line, ' ')+1:], &n)
	return n
}
