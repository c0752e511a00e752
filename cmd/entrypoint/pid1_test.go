package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit"
)

// pid1 is the program as PID 1 of a PID namespace of its own.
type pid1 struct {
	*exec.Cmd
	stdout, stderr testkit.Buffer
}

// asPID1 prepares a start of command behind the entrypoint.
func (w *world) asPID1(command ...string) *pid1 {
	w.Helper()
	if os.Getuid() != 0 {
		w.Skip("only root may make a PID namespace")
	}
	p := &pid1{Cmd: exec.CommandContext(w.Context(), filepath.Join(binaries, "entrypoint"), command...)}
	p.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	p.WaitDelay = patience
	for name, value := range w.env {
		p.Env = append(p.Env, name+"="+value)
	}
	return p
}

// ownProc gives it the /proc that a container has.
func (p *pid1) ownProc() {
	p.SysProcAttr.Unshareflags = syscall.CLONE_NEWNS
	p.Args = append([]string{"sh", "-c", `mount -t proc proc /proc && exec "$0" "$@"`, p.Path}, p.Args[1:]...)
	p.Path = "/bin/sh"
}

func (p *pid1) begin(t *testing.T) {
	t.Helper()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
}

// code runs it to its end.
func (p *pid1) code(t *testing.T) int {
	t.Helper()
	p.begin(t)
	return p.end()
}

// wants waits for its end, and checks that and its output.
func (p *pid1) wants(t *testing.T, code int, stdout string) {
	t.Helper()
	if got := p.end(); got != code || p.stdout.String() != stdout {
		t.Errorf("exit code %d, want %d; stdout %q, stderr %q", got, code, p.stdout.String(), p.stderr.String())
	}
}

// end waits for the end, and kills what is too late for that.
func (p *pid1) end() (code int) {
	hung := time.AfterFunc(patience, func() { _ = p.Process.Kill() })
	defer hung.Stop()
	_ = p.Wait()
	return p.ProcessState.ExitCode()
}

// fifo returns the path of a FIFO, and a function that waits until somebody
// opens it for writing and returns what was written.
func (w *world) fifo() (path string, read func() string) {
	path = filepath.Join(w.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		w.Fatal(err)
	}
	return path, func() string {
		w.Helper()
		content := make(chan string, 1)
		go func() {
			text, _ := os.ReadFile(path)
			content <- string(text)
		}()
		return receive(w.T, "a writer of the FIFO", content)
	}
}

func TestSIGTERMWhileAFailureIsExplainedExits143(t *testing.T) {
	t.Parallel()
	for _, supervise := range []string{"1", "0"} {
		t.Run("SUPERVISE="+supervise, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			connected := w.neverShakesHands()
			w.set("SUPERVISE", supervise)
			w.set("ACTIVATION_ATTEMPT_TIMEOUT", "0.2")
			w.set("ACTIVATION_ATTEMPTS", "1")
			p := w.asPID1("echo", "started")
			p.begin(t)
			receive(t, "a connection for the license", connected)
			receive(t, "a connection to find out why it failed", connected)
			_ = p.Process.Signal(syscall.SIGTERM)
			p.wants(t, 143, "")
			if p.stderr.String() != "" {
				t.Errorf("stderr %q", p.stderr.String())
			}
		})
	}
}

func TestSIGTERMDuringABootHookStopsTheStartWithoutAnInit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fifo, running := w.fifo()
	w.script("hook.sh", "echo hook >"+fifo+"; exec sleep 60")
	w.set("ACTIVATE_PRO", "0")
	w.set("SUPERVISE", "0")
	p := w.asPID1("echo", "started")
	p.begin(t)
	running()
	_ = p.Process.Signal(syscall.SIGTERM)
	p.wants(t, 143, "")
}

func TestRestartNeedsNoAnswerAndRunsNoBootHooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server, run := w.authority()
	w.script("hook.sh", "echo hook")
	fifo, report := w.fifo()
	p := w.asPID1("sh", "-c", "echo emulator $SUPERVISOR_PID $PRO_ACTIVATED >"+fifo+"; exec sleep 60")
	p.begin(t)
	first := report()
	run("token revoke ID") // which a restart does not notice
	_ = p.Process.Signal(syscall.SIGUSR1)
	second := report()
	_ = p.Process.Signal(syscall.SIGTERM)
	p.wants(t, 143, "hook\n")
	if first != "emulator 1 1\n" || second != first {
		t.Errorf("the emulator was told %q, then %q", first, second)
	}
	said := p.stderr.String()
	for _, line := range []string{": Successfully requested and activated new license license_",
		": Successfully activated cached license license_"} {
		if strings.Count(said, line) != 1 {
			t.Errorf("not once %q: %s", line, said)
		}
	}
	if server.Stop(); strings.Count(server.log.String(), "/v1/license/") != 1 {
		t.Errorf("the server was asked: %s", server.log.String())
	}
}

func TestUnsupervisedPID1BecomesTheCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	w.set("SUPERVISE", "0")
	p := w.asPID1("sh", "-c", "echo $$ $SUPERVISOR_PID")
	p.begin(t)
	p.wants(t, 0, "1\n")
}
