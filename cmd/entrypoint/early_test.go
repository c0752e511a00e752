package main

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestSignalsAreTakenBeforeOtherPackagesAreInitialized reads what the runtime initializes, in its
// order. errors and sync are the first that a program cannot do without.
func TestSignalsAreTakenBeforeOtherPackagesAreInitialized(t *testing.T) {
	t.Parallel()
	_, trace, _ := run3(t, []string{"GODEBUG=inittrace=1"}, "entrypoint", "version")
	var order []string
	for line := range strings.Lines(trace) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "init" {
			order = append(order, words[1])
		}
	}
	mailbox := slices.Index(order, "localstack-entrypoint/internal/mailbox")
	if mailbox < 0 {
		t.Fatalf("the mailbox is not in %q", trace)
	}
	for _, later := range []string{"errors", "sync"} {
		if i := slices.Index(order, later); i < mailbox {
			t.Errorf("%s is number %d, the mailbox %d: %q", later, i, mailbox, order)
		}
	}
}

// TestSIGTERMAtAnySystemCallBeforeSignalsAreTakenEndsTheStart holds the start at its system calls one by one,
// because a test that waits for some microseconds hardly ever meets the right ones. From the third on
// there is a handler: the program has asked for its process ID and set it. The kernel gives the signal
// to another thread than the held one, if there is any, or to the main thread where that is asked for.
//
// Another thread can be between the runtime's two attempts to end us just when our own handler takes the
// first one's place; then exit code 2 remains. That takes some luck: it does not come twice.
func TestSIGTERMAtAnySystemCallBeforeSignalsAreTakenEndsTheStart(t *testing.T) {
	t.Parallel()
	toMainThread := func(p *os.Process, sig os.Signal) error { return unix.Tgkill(p.Pid, p.Pid, sig.(unix.Signal)) }
	for name, way := range map[string]struct {
		sig         unix.Signal
		send        func(*os.Process, os.Signal) error
		first, step int
	}{
		"SIGTERM":                    {unix.SIGTERM, (*os.Process).Signal, 3, 1},
		"SIGTERM to the main thread": {unix.SIGTERM, toMainThread, 3, 1},
		"SIGINT":                     {unix.SIGINT, (*os.Process).Signal, 4, 7},
		"SIGHUP":                     {unix.SIGHUP, (*os.Process).Signal, 6, 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set("ACTIVATE_PRO", "0")
			for n, taken, unlucky := way.first, false, false; !taken; n += way.step {
				p := w.asPID1("sleep", "60")
				taken = p.signalAt(t, n, func() { _ = way.send(p.Process, way.sig) })
				tooLate := time.AfterFunc(2*time.Second, func() { _ = p.Process.Kill() })
				code := p.end()
				if code == 2 && !unlucky {
					unlucky, n = true, n-way.step
					continue
				}
				if !tooLate.Stop() || code != 128+int(way.sig) || p.stderr.String() != "" {
					t.Fatalf("at system call %d: exit code %d, stderr %q", n, code, p.stderr.String())
				}
			}
		})
	}
}

// signalAt starts the program and sends it a signal at the n-th system call of its main thread. It
// reports whether all signals were taken by then, or nearly.
func (p *pid1) signalAt(t *testing.T, n int, send func()) (taken bool) {
	t.Helper()
	runtime.LockOSThread() // the thread that starts it is its tracer
	defer runtime.UnlockOSThread()
	p.SysProcAttr.Ptrace = true
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	const exitKill, inCall = 0x100000, 0x80 // PTRACE_O_EXITKILL, what PTRACE_O_TRACESYSGOOD adds
	pid, pass := p.Process.Pid, unix.Signal(0)
	var status unix.WaitStatus
	_, err := unix.Wait4(pid, &status, unix.WALL, nil)
	if err == nil {
		err = unix.PtraceSetOptions(pid, exitKill|unix.PTRACE_O_TRACESYSGOOD)
	}
	for ends := 2*n - 1; err == nil && ends > 0; { // a call has two, and is to be held at its beginning
		if err = unix.PtraceSyscall(pid, int(pass)); err == nil {
			_, err = unix.Wait4(pid, &status, unix.WALL, nil)
		}
		if pass = status.StopSignal(); pass == unix.SIGTRAP|inCall {
			pass, ends = 0, ends-1
		}
	}
	if err != nil || !status.Stopped() {
		t.Fatalf("cannot hold it at system call %d: %v, status %#x", n, err, status)
	}
	taken = p.catches(34)
	send()
	_ = unix.PtraceDetach(pid) // another thread may have ended it by now
	return taken
}
