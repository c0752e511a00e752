package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// awaitListening waits until the init takes signals. It takes them in their order, and 34, after
// SIGTERM, is one that a Go program has no handler for otherwise.
func (p *pid1) awaitListening(t *testing.T) {
	t.Helper()
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(50 * time.Microsecond) {
		if p.catches(34) {
			return
		}
	}
	t.Error("it never listened")
}

// catches reports whether it has a handler for the signal.
func (p *pid1) catches(sig syscall.Signal) bool {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	_, caught, _ := strings.Cut(string(status), "SigCgt:\t")
	mask, _ := strconv.ParseUint(caught[:min(16, len(caught))], 16, 64)
	return mask&(1<<(sig-1)) != 0
}

func TestSIGTERMAtAnyMomentOfAStartStopsIt(t *testing.T) {
	t.Parallel()
	delays := make(chan time.Duration)
	var workers sync.WaitGroup
	for range 4 {
		w := newWorld(t)
		w.set("ACTIVATE_PRO", "0")
		w.hook("sleep 0.05")
		workers.Go(func() {
			for delay := range delays {
				p := w.asPID1("sleep", "60")
				if err := p.Start(); err != nil {
					t.Error(err)
					continue
				}
				p.awaitListening(t)
				time.Sleep(delay)
				sent := time.Now()
				_ = p.Process.Signal(syscall.SIGTERM)
				if code := p.end(); code != 143 || p.stdout.String() != "" || strings.Contains(p.stderr.String(), "License") {
					t.Errorf("after %s: exit code %d, stderr %q", delay, code, p.stderr.String())
				}
				if took := time.Since(sent); took > 2*time.Second { // 100 ms on an idle machine
					t.Errorf("after %s: it took %s to end", delay, took)
				}
			}
		})
	}
	for delay := range 200 {
		delays <- time.Duration(delay) * time.Millisecond
	}
	close(delays)
	workers.Wait()
}

func TestKilledHooksAreNoLoop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	fifo, running := w.fifo()
	w.hook("echo $PPID >" + fifo + "; exec sleep 60")
	p := w.asPID1("echo", "started")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	running()
	task := fmt.Sprintf("/proc/%d/task/%[1]d/children", p.Process.Pid)
	children, err := os.ReadFile(task)
	hooks, _ := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil || hooks == 0 {
		t.Fatalf("no process of hooks in %s: %q, %v", task, children, err)
	}
	_ = syscall.Kill(hooks, syscall.SIGKILL)
	if code := p.end(); code != 137 || p.stdout.String() != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, p.stdout.String(), p.stderr.String())
	}
}

func TestARestartDuringABootHookDoesNotCutItShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	fifo, running := w.fifo()
	gate, open := w.fifo()
	w.hook("echo >" + fifo + "; echo >" + gate + "; echo done")
	p := w.asPID1("sh", "-c", "echo emulator; exit 7")
	p.ownProc()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	running()
	_ = p.Process.Signal(syscall.SIGUSR1)
	eventually(t, "an answer", func() bool {
		return strings.Contains(p.stderr.String(), "nothing to restart: the command is still starting\n")
	})
	open()
	if code := p.end(); code != 7 || p.stdout.String() != "done\nemulator\n" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, p.stdout.String(), p.stderr.String())
	}
}

func TestStopTakesLessThanNineSecondsByDefault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	fifo, running := w.fifo()
	p := w.asPID1("sh", "-c", `trap "" TERM; echo up >`+fifo+`; while :; do sleep 1; done`)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	running()
	began := time.Now()
	_ = p.Process.Signal(syscall.SIGTERM)
	code := p.end()
	if took := time.Since(began); took < 8*time.Second || took > 9*time.Second {
		t.Errorf("it took %s", took)
	}
	if code != 137 || p.stderr.String() != "entrypoint: did not stop within 8s: killed\n" {
		t.Errorf("exit code %d, stderr %q", code, p.stderr.String())
	}
}

func TestTheEmulatorInheritsOnlyWhatTheContainerWasGiven(t *testing.T) {
	t.Parallel()
	const script = `cd /proc/self/fd; echo *`
	given, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer given.Close()
	listing := func(p *pid1) string {
		p.ExtraFiles = []*os.File{given}
		if code := p.code(t); code != 0 {
			t.Errorf("exit code %d, stderr %q", code, p.stderr.String())
		}
		return p.stdout.String()
	}
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	direct := w.asPID1("-c", script)
	direct.Path = "/bin/sh"
	want := listing(direct)
	for _, supervise := range []string{"1", "0"} {
		w.set("SUPERVISE", supervise)
		if got := listing(w.asPID1("/bin/sh", "-c", script)); got != want {
			t.Errorf("SUPERVISE=%s: %q, want %q", supervise, got, want)
		}
	}
}

// TestTheBootStageEndsBySignalWithoutATrace is about what would show or store a token: the
// runtime's answer to SIGQUIT, and a core file.
func TestTheBootStageEndsBySignalWithoutATrace(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGSEGV} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			asked := w.neverAnswers()
			w.set("GOTRACEBACK", "crash")
			p := w.asPID1("-c", `ulimit -c unlimited; exec "$0" true`, filepath.Join(binaries, "entrypoint"))
			p.Path, p.SysProcAttr, p.Dir = "/bin/sh", nil, t.TempDir()
			if err := p.Start(); err != nil {
				t.Fatal(err)
			}
			<-asked
			_ = p.Process.Signal(sig)
			p.end()
			status := p.ProcessState.Sys().(syscall.WaitStatus)
			if !status.Signaled() || status.CoreDump() || sig != syscall.SIGSEGV && (status.Signal() != sig || p.stderr.String() != "") {
				t.Errorf("status %#x, stderr %q", status, p.stderr.String())
			}
		})
	}
}

// TestTheInitIsSmall holds the design's bound of 6 MiB with room to spare.
func TestTheInitIsSmall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	fifo, running := w.fifo()
	p := w.asPID1("sh", "-c", "echo up >"+fifo+"; exec sleep 60")
	p.ownProc()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	running()
	kib := 0
	eventually(t, "an init of less than 4 MiB", func() bool {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
		_, line, _ := strings.Cut(string(status), "VmRSS:")
		_, scanErr := fmt.Sscan(line, &kib)
		return err == nil && scanErr == nil && kib < 4096
	})
	_ = p.Process.Signal(syscall.SIGTERM)
	if code := p.end(); code != 143 {
		t.Errorf("exit code %d, stderr %q", code, p.stderr.String())
	}
}
