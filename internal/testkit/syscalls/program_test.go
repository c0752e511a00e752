package syscalls

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// limit bounds every test; far more than any needs, even under -race on a busy machine.
const limit = 30 * time.Second

// program is a program to be started, with lines as its input and output. Descendants have the same
// output, which ends with the last of them.
type program struct {
	*testing.T
	*exec.Cmd
	input  *os.File
	output *bufio.Scanner
}

// role prepares the test binary in a role.
func role(t *testing.T, argv ...string) *program {
	t.Helper()
	return prepare(t, &exec.Cmd{Path: "/proc/self/exe", Args: argv})
}

// shell prepares a script.
func shell(t *testing.T, script string, args ...string) *program {
	t.Helper()
	return prepare(t, exec.Command("/bin/sh", append([]string{"-c", script, "sh"}, args...)...))
}

func prepare(t *testing.T, cmd *exec.Cmd) *program {
	t.Helper()
	stdin, input, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	output, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stdout
	t.Cleanup(func() {
		for _, file := range []io.Closer{stdin, input, output, stdout} {
			_ = file.Close()
		}
	})
	_ = output.SetReadDeadline(time.Now().Add(limit))
	return &program{T: t, Cmd: cmd, input: input, output: bufio.NewScanner(output)}
}

// asPID1 makes it PID 1 of a namespace of its own.
func (p *program) asPID1() {
	p.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS}
}

// intercept starts it.
func (p *program) intercept(numbers []uintptr, decide Decision) {
	p.Helper()
	Intercept(p.T, p.Cmd, numbers, decide)
	p.started()
}

// session starts it for a test about the end of tests.
func (p *program) session(numbers []uintptr, decide Decision) *session {
	p.Helper()
	if os.Geteuid() != 0 {
		p.Skip("deciding about system calls takes root")
	}
	s, err := start(p.Cmd, numbers, decide)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = p.Process.Kill() })
	p.started()
	return s
}

func (p *program) started() {
	_ = p.Stdin.(io.Closer).Close()
	_ = p.Stdout.(io.Closer).Close()
}

func (p *program) feed(line string) {
	p.Helper()
	if _, err := p.input.WriteString(line + "\n"); err != nil {
		p.Fatal(err)
	}
}

// expect reads one line.
func (p *program) expect(want string) {
	p.Helper()
	if !p.output.Scan() || p.output.Text() != want {
		p.Fatalf("output is %q, want %q: %v", p.output.Text(), want, p.output.Err())
	}
}

// rest is the output from here to its end.
func (p *program) rest() []string {
	p.Helper()
	_ = p.input.Close()
	var lines []string
	for p.output.Scan() {
		lines = append(lines, p.output.Text())
	}
	if err := p.output.Err(); err != nil {
		p.Fatalf("%v after %q", err, lines)
	}
	return lines
}

// ends reads the rest of its output, which must be this, and waits for its exit with this code.
func (p *program) ends(code int, output ...string) {
	p.Helper()
	if rest := p.rest(); !slices.Equal(rest, output) {
		p.Errorf("output %q, want %q", rest, output)
	}
	_ = p.Wait()
	if p.ProcessState.ExitCode() != code {
		p.Errorf("ended with %v, want exit code %d", p.ProcessState, code)
	}
}

// killed waits for its end by SIGKILL, which must be there at once.
func (p *program) killed() {
	p.Helper()
	began := time.Now()
	_ = p.Wait()
	if took := time.Since(began); took > 5*time.Second {
		p.Errorf("its end took %v", took)
	}
	if !strings.Contains(p.ProcessState.String(), "killed") {
		p.Errorf("ended with %v", p.ProcessState)
	}
}

// record is what decisions have seen, in its order.
type record[T any] struct {
	mu   sync.Mutex
	seen []T
}

func (r *record[T]) add(value T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, value)
}

func (r *record[T]) all() []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

// await receives what a decision sends.
func await[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(limit):
		t.Fatal("the call did not come")
		panic("unreachable")
	}
}
