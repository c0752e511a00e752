package supervise

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit/syscalls"
)

// limit bounds every test with processes; far more than any needs, even under -race on a busy
// machine.
const limit = 30 * time.Second

// process is a started role. Its output is one stream of lines: what init says and what its
// descendants say. The stream ends when the last of them has ended.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  *os.File
	output *os.File
	lines  chan string
	said   []string
}

// setup prepares the process of a role.
type setup func(*exec.Cmd)

// asPID1 makes it PID 1 of a namespace of its own.
func asPID1(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS}
}

// inDirectory also gives it a folder of its own, as the variable DIR.
func inDirectory(t *testing.T, how setup) setup {
	return func(cmd *exec.Cmd) {
		how(cmd)
		cmd.Env = append(os.Environ(), "DIR="+t.TempDir())
	}
}

// asChild makes it an ordinary process.
func asChild(*exec.Cmd) {}

func start(t *testing.T, how setup, argv ...string) *process {
	t.Helper()
	return launch(t, how, (*exec.Cmd).Start, argv...)
}

// startAsked is start, with a test that is asked about system calls; see [syscalls.Intercept].
func startAsked(t *testing.T, how setup, numbers []uintptr, decide syscalls.Decision, argv ...string) *process {
	t.Helper()
	return launch(t, how, func(cmd *exec.Cmd) error {
		syscalls.Intercept(t, cmd, numbers, decide)
		return nil
	}, argv...)
}

// launch starts the role, on pipes.
func launch(t *testing.T, how setup, run func(*exec.Cmd) error, argv ...string) *process {
	t.Helper()
	stdin, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	output, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := begin(t, how, run, argv, stdin, stdout, output)
	p.stdin = feed
	t.Cleanup(func() { _ = feed.Close() })
	return p
}

// begin runs the role with the given ends of its standard streams and reads its output.
func begin(
	t *testing.T, how setup, run func(*exec.Cmd) error, argv []string, stdin, stdout, output *os.File,
) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: exe, Args: argv, Stdin: stdin, Stdout: stdout, Stderr: stdout}
	how(cmd)
	skipWithoutRoot(t, how)
	if err := run(cmd); err != nil {
		t.Fatal(err)
	}
	_ = stdin.Close()
	_ = stdout.Close()

	p := &process{t: t, cmd: cmd, output: output, lines: make(chan string, 1024)}
	go p.read(output)
	guard := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		guard.Stop()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = output.Close()
	})
	return p
}

func (p *process) read(output io.Reader) {
	defer close(p.lines)
	for scanner := bufio.NewScanner(output); scanner.Scan(); {
		p.lines <- scanner.Text()
	}
}

// next returns the next line of output, and false at its end.
func (p *process) next() (string, bool) {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		if ok {
			p.said = append(p.said, line)
		}
		return line, ok
	case <-time.After(limit):
		p.t.Fatalf("no output for %s after %q", limit, p.said)
		return "", false
	}
}

// expect reads up to a line of the output, one of those given.
func (p *process) expect(wanted ...string) {
	p.t.Helper()
	for {
		line, ok := p.next()
		if slices.Contains(wanted, line) {
			return
		}
		if !ok {
			p.t.Fatalf("output ended before %q: %q", wanted, p.said)
		}
	}
}

// silence reads to the end of the output, so until nobody is left who could write, and returns all
// of it from the beginning.
func (p *process) silence() []string {
	p.t.Helper()
	for {
		if _, ok := p.next(); !ok {
			return p.said
		}
	}
}

func (p *process) feed(line string) {
	p.t.Helper()
	p.press(line + "\n")
}

// press writes to standard input, or presses keys on the terminal.
func (p *process) press(keys string) {
	p.t.Helper()
	if _, err := p.stdin.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) signal(sig unix.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatalf("cannot send %s: %v; output %q", unix.SignalName(sig), err, p.said)
	}
}

// status waits for the end of the process.
func (p *process) status() unix.WaitStatus {
	_ = p.cmd.Wait()
	return unix.WaitStatus(p.cmd.ProcessState.Sys().(syscall.WaitStatus))
}

// exits waits for the end of the process, which must be an exit with this code.
func (p *process) exits(code int) {
	p.t.Helper()
	if status := p.status(); !status.Exited() || status.ExitStatus() != code {
		p.t.Errorf("ended with %v, want exit code %d; output %q", p.cmd.ProcessState, code, p.silence())
	}
}

// warnings are the lines that init wrote.
func (p *process) warnings() []string {
	p.t.Helper()
	return slices.DeleteFunc(slices.Clone(p.silence()), func(line string) bool {
		return !strings.HasPrefix(line, "warn: ")
	})
}

// kind is a kind of init.
type kind struct {
	name  string
	start func(t *testing.T, how setup, argv ...string) *process
	how   setup
}

// skipWithoutRoot skips a test whose process needs a PID namespace of its own, unless we may make one.
func skipWithoutRoot(t *testing.T, how setup) {
	t.Helper()
	cmd := exec.Command("true")
	how(cmd)
	if cmd.SysProcAttr != nil && cmd.SysProcAttr.Cloneflags != 0 && os.Geteuid() != 0 {
		t.Skip("a PID namespace takes root")
	}
}

// init starts one, with options and a command.
func (k kind) init(t *testing.T, args ...string) *process {
	t.Helper()
	return k.start(t, k.how, append([]string{"init"}, args...)...)
}

// The kinds of inits that there are.
var (
	onPipes    = []kind{{"PID 1", start, asPID1}, {"subreaper", start, asChild}}
	onTerminal = []kind{
		{"PID 1 on a terminal", startOnTerminal, asPID1},
		{"subreaper on a terminal", startOnTerminal, asChild},
	}
	everywhere = slices.Concat(onPipes, onTerminal)
)

// starter starts an init with options and a command.
type starter func(args ...string) *process

// each runs a test with each kind of init.
func each(t *testing.T, kinds []kind, test func(t *testing.T, init starter)) {
	t.Parallel()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			test(t, func(args ...string) *process {
				t.Helper()
				return k.init(t, args...)
			})
		})
	}
}
