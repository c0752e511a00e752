package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/supervise"
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

// code runs it to its end.
func (p *pid1) code(t *testing.T) int {
	t.Helper()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p.end()
}

func (p *pid1) end() int {
	_ = p.Wait()
	return p.ProcessState.ExitCode()
}

// hook writes a BOOT script.
func (w *world) hook(script string) {
	path := "etc/localstack/init/boot.d/hook.sh"
	testkit.Put(w.T, w.root, path, "#!/bin/sh\n"+script+"\n")
	if err := os.Chmod(filepath.Join(w.root, path), 0o755); err != nil {
		w.Fatal(err)
	}
}

// fifo returns the path of a FIFO, and a function that waits until somebody
// opens it for writing and returns what was written.
func (w *world) fifo() (path string, read func() string) {
	path = filepath.Join(w.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		w.Fatal(err)
	}
	return path, func() string {
		content, err := os.ReadFile(path)
		if err != nil {
			w.Fatal(err)
		}
		return string(content)
	}
}

func TestPID1PassesTheExitCodeOn(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]int{"exit 0": 0, "exit 3": 3, "exit 255": 255, "kill -KILL $$": 137} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set("ACTIVATE_PRO", "0")
			p := w.asPID1("sh", "-c", script)
			if got := p.code(t); got != want {
				t.Errorf("exit code %d, want %d; stderr %q", got, want, p.stderr.String())
			}
		})
	}
}

func TestFailingStartOfPID1LivesLongEnoughForItsBanner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("LOCALSTACK_AUTH_TOKEN", "")
	p := w.asPID1("true")
	began := time.Now()
	code := p.code(t)
	if lived := time.Since(began); lived < supervise.ShortestLife {
		t.Errorf("it lived for %v only", lived)
	}
	if code != 55 || !strings.Contains(p.stderr.String(), "License activation failed!") {
		t.Errorf("exit code %d, stderr %q", code, p.stderr.String())
	}
}

func TestSIGTERMDuringActivationExits143(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := w.neverAnswers()
	p := w.asPID1("echo", "started")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	_ = p.Process.Signal(syscall.SIGTERM)
	if code := p.end(); code != 143 || p.stdout.String() != "" || p.stderr.String() != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, p.stdout.String(), p.stderr.String())
	}
}

func TestSIGTERMWhileAFailureIsExplainedExits143(t *testing.T) {
	t.Parallel()
	for _, supervise := range []string{"1", "0"} {
		t.Run("SUPERVISE="+supervise, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			asked := w.neverAnswers()
			w.set("SUPERVISE", supervise)
			w.set("ACTIVATION_ATTEMPT_TIMEOUT", "0.2")
			p := w.asPID1("echo", "started")
			if err := p.Start(); err != nil {
				t.Fatal(err)
			}
			for _, why := range []string{"for the license", "to find out why it failed"} {
				select {
				case <-asked:
				case <-time.After(patience):
					t.Fatalf("the server was not asked %s: %s", why, p.stderr.String())
				}
			}
			_ = p.Process.Signal(syscall.SIGTERM)
			if code := p.end(); code != 143 || p.stdout.String() != "" || p.stderr.String() != "" {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, p.stdout.String(), p.stderr.String())
			}
		})
	}
}

func TestSIGTERMDuringABootHookStopsTheStart(t *testing.T) {
	t.Parallel()
	for _, supervise := range []string{"1", "0"} {
		t.Run("SUPERVISE="+supervise, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			fifo, running := w.fifo()
			w.hook("echo hook >" + fifo + "; exec sleep 60")
			w.set("ACTIVATE_PRO", "0")
			w.set("SUPERVISE", supervise)
			p := w.asPID1("echo", "started")
			if err := p.Start(); err != nil {
				t.Fatal(err)
			}
			running()
			_ = p.Process.Signal(syscall.SIGTERM)
			if code := p.end(); code != 143 || p.stdout.String() != "" {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, p.stdout.String(), p.stderr.String())
			}
		})
	}
}

func TestRestartAsksForTheLicenseAgainWithoutBootHooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authority()
	w.hook("echo hook")
	fifo, report := w.fifo()
	p := w.asPID1("sh", "-c", "echo emulator $SUPERVISOR_PID $ACTIVATE_PRO >"+fifo+"; exec sleep 60")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	first := report()
	_ = p.Process.Signal(syscall.SIGUSR1)
	second := report()
	_ = p.Process.Signal(syscall.SIGTERM)
	if code := p.end(); code != 143 {
		t.Errorf("exit code %d", code)
	}
	if first != "emulator 1 1\n" || second != first {
		t.Errorf("the emulator was told %q, then %q", first, second)
	}
	if p.stdout.String() != "hook\n" {
		t.Errorf("BOOT hooks said %q", p.stdout.String())
	}
	if n := strings.Count(p.stderr.String(), "Successfully "); n != 2 {
		t.Errorf("%d activations in %q", n, p.stderr.String())
	}
}

func TestUnsupervisedPID1BecomesTheCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	w.set("SUPERVISE", "0")
	p := w.asPID1("sh", "-c", "echo $$ $SUPERVISOR_PID")
	if code := p.code(t); code != 0 || p.stdout.String() != "1\n" {
		t.Errorf("exit code %d, PID %q", code, p.stdout.String())
	}
}

func TestOrphansOfTheEmulatorAreReaped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	// Each subshell leaves an orphan to PID 1; the last line waits until all
	// of them are gone, zombies included: kill -0 finds a zombie, too.
	script := `for i in 1 2 3 4 5 6 7 8 9; do (sh -c 'echo $$; exit 0' & ) ; done >pids; for i in $(seq 200); do
  left=0; for pid in $(cat pids); do kill -0 $pid 2>/dev/null && left=1; done
  test $left = 0 && test $(wc -l <pids) = 9 && echo none left && exit; sleep 0.02; done`
	p := w.asPID1("sh", "-c", script)
	p.Dir = t.TempDir()
	if code := p.code(t); code != 0 || p.stdout.String() != "none left\n" {
		t.Errorf("exit code %d, %q", code, fmt.Sprint(p.stdout.String(), p.stderr.String()))
	}
}

func TestAnEmulatorThatIsStoppedByCtrlZEndsOnSIGTERM(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	fifo, stopping := w.fifo()
	p := w.asPID1("sh", "-c", "echo >"+fifo+"; kill -STOP $$; sleep 60")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	stopping()
	_ = p.Process.Signal(syscall.SIGTERM)
	if code := p.end(); code != 143 {
		t.Errorf("exit code %d, stderr %q", code, p.stderr.String())
	}
}
