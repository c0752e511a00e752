package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
		w.script("hook.sh", "sleep 0.05")
		workers.Go(func() {
			for delay := range delays {
				p := w.asPID1("sleep", "60")
				if err := p.Start(); err != nil {
					t.Error(err)
					continue
				}
				p.awaitListening(t)
				time.Sleep(delay)
				_ = p.Process.Signal(syscall.SIGTERM)
				if code := p.end(); code != 143 || p.stdout.String() != "" || strings.Contains(p.stderr.String(), "License") {
					t.Errorf("after %s: exit code %d, stderr %q", delay, code, p.stderr.String())
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
	for _, sig := range append(slices.Clone(stopSignals), syscall.SIGSEGV) {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			asked := w.neverAnswers()
			w.set("GOTRACEBACK", "crash")
			p := w.asPID1("-c", `ulimit -c unlimited; exec "$0" true`, filepath.Join(binaries, "entrypoint"))
			p.Path, p.SysProcAttr, p.Dir = "/bin/sh", nil, t.TempDir()
			p.begin(t)
			receive(t, "a question", asked)
			_ = p.Process.Signal(sig)
			p.end()
			status := p.ProcessState.Sys().(syscall.WaitStatus)
			isPlain := status.Signal() == sig && p.stderr.String() == ""
			if !status.Signaled() || status.CoreDump() || !isPlain && sig != syscall.SIGSEGV {
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
	p.begin(t)
	running()
	kib := 0
	eventually(t, "an init of less than 4 MiB", func() bool {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
		_, line, _ := strings.Cut(string(status), "VmRSS:")
		_, scanErr := fmt.Sscan(line, &kib)
		return err == nil && scanErr == nil && kib < 4096
	})
	_ = p.Process.Signal(syscall.SIGTERM)
	p.wants(t, 143, "")
}
