package supervise

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
)

// initRole is what main of the product does, with its options as flags.
type initRole struct {
	options Options
	hooks   string // a script of the shell
	ask     bool   // decide as a line from stdin says
	mute    bool   // a failure is never told, as in a log that nobody reads
	patient bool   // signals for the command wait until that listens
	wait    bool   // say so when listening, and start on a line from stdin
	ends    bool   // say with which code the command ended; most tests see that by themselves
}

// flags are those of a role that is an init.
func (r *initRole) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("init", flag.ExitOnError)
	flags.DurationVar(&r.options.ShutdownTimeout, "timeout", time.Minute, "")
	flags.BoolVar(&r.options.LeaderOnly, "leader", false, "")
	flags.BoolVar(&r.options.WaitForGroup, "group", false, "")
	flags.IntVar(&r.options.RestartOnCrash, "crashes", 0, "")
	flags.IntVar((*int)(&r.options.ParentDeath), "pdeath", 0, "")
	flags.Func("rewrite", "FROM:TO", func(pair string) error {
		var from, to unix.Signal
		_, err := fmt.Sscanf(pair, "%d:%d", &from, &to)
		r.options.Rewrite = map[unix.Signal]unix.Signal{from: to}
		return err
	})
	flags.Func("code", "FROM:TO", func(pair string) error {
		var from, to int
		_, err := fmt.Sscanf(pair, "%d:%d", &from, &to)
		r.options.ExitCodes = map[int]int{from: to}
		return err
	})
	flags.StringVar(&r.hooks, "hooks", "", "")
	flags.BoolVar(&r.ask, "ask", false, "")
	flags.BoolVar(&r.mute, "mute", false, "")
	flags.BoolVar(&r.patient, "patient", false, "")
	flags.BoolVar(&r.wait, "wait", false, "")
	flags.BoolVar(&r.ends, "ends", false, "")
	return flags
}

// playInit is an init. A restarted command finds "again" as one more argument.
func playInit(args []string) int {
	Listen()
	role := initRole{options: Options{CoreLimit: NoCore()}}
	role.options.Warn = func(line string) {
		if role.ends || !strings.HasPrefix(line, "the command exited with code ") || strings.Contains(line, ":") {
			say("warn:", line)
		}
	}
	flags := role.flags()
	_ = flags.Parse(args)
	if os.Getpid() == 1 {
		if err := mountProc(); err != nil {
			fmt.Println(err)
			return 99
		}
	}
	if role.wait {
		fmt.Println("listening")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	}
	return role.run(role.plan(flags.Args()))
}

// plan starts argv, which is decided at once or as somebody says.
func (r *initRole) plan(argv []string) Start {
	start := plan(argv)
	if r.hooks != "" {
		hooks := &Command{Path: "/bin/sh", Args: []string{"/bin/sh", "-c", r.hooks}, Env: os.Environ()}
		start.Hooks = func() *Command { return hooks }
	}
	if r.ask {
		decide := start.Decide
		start.Decide = func(ctx context.Context, anew bool) (Decision, error) {
			if anew {
				say("deciding again")
			} else {
				say("deciding")
			}
			if readLine() == "deny" {
				return Decision{}, errDenied
			}
			return decide(ctx, anew)
		}
	}
	if r.mute {
		fail := start.Fail
		start.Fail = func(err error) (int, func()) {
			code, _ := fail(err)
			say("failing")
			return code, func() { select {} }
		}
	}
	return start
}

// errDenied is what comes of a license that was refused.
var errDenied = fault.New(fault.LicenseExpired, "anything: no license")

// run is [Run], or with patience its loop.
func (r *initRole) run(start Start) int {
	if !r.patient {
		return Run(context.Background(), start, r.options)
	}
	runtime.LockOSThread()
	_ = setAction(int(unix.SIGTTIN), &sigaction{handler: sigIgn})
	_ = setAction(int(unix.SIGTTOU), &sigaction{handler: sigIgn})
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	l := newLoop(context.Background(), start, r.options)
	l.handle(begun{hooks: start.Hooks != nil})
	for command := 0; l.state.phase != ended; {
		inbox.await(l.deadline, false)
		for inbox.waiting() > 0 && l.state.phase != ended {
			l.receive(inbox.next())
			if l.state.phase == running && l.child != command {
				command = l.child
				awaitReport(command)
			}
		}
		if hasCome(l.deadline) {
			l.deadline = time.Time{}
			l.handle(expired{})
		}
	}
	return int(l.state.code)
}

// awaitReport waits until a process that reports signals listens.
func awaitReport(pid int) {
	for until := time.Now().Add(limit); time.Now().Before(until); time.Sleep(100 * time.Microsecond) {
		if readAll("/proc/"+strconv.Itoa(pid)+"/comm") == reporter+"\n" {
			return
		}
	}
	say("it never listened")
}

// readLine reads from standard input, and no more than a line. At the end it waits for ever.
func readLine() string {
	var line []byte
	for buf := make([]byte, 1); ; {
		switch n, err := unix.Read(stdin, buf); {
		case err == unix.EINTR:
		case err != nil || n == 0:
			select {}
		case buf[0] == '\n':
			return string(line)
		default:
			line = append(line, buf[0])
		}
	}
}
