package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// holding is what a process holds; memory is what it has of the kernel.
type holding struct{ threads, descriptors, goroutines, heap, memory int }

// playRestarts is an init that starts a command which crashes at once, time and again. It says what it
// holds after a hundred starts, and after many. Only its memory for earlier starts is short, or it would
// pause between them.
func playRestarts(args []string) int {
	Listen()
	runtime.LockOSThread()
	if os.Getpid() == 1 {
		if err := mountProc(); err != nil {
			say(err)
			return 99
		}
	}
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	l := newLoop(context.Background(), restless(args), Options{RestartOnCrash: 1, Warn: func(string) {}})
	spareThreads(context.Background(), &l.threads)
	l.handle(begun{})
	for starts, command := 0, 0; l.state.phase != ended; l.wait() {
		if l.child == command || l.child == 0 {
			continue
		}
		command, starts = l.child, starts+1
		l.state.quickStarts, l.state.crashes = 0, 0
		switch starts {
		case 100:
			say(fmt.Sprint(held()))
		case 2100:
			say(fmt.Sprint(held()))
			return 7
		}
	}
	return int(l.state.code)
}

// restless starts argv, with everything that may go on beside a start.
func restless(argv []string) Start {
	start := plan(argv)
	decide := start.Decide
	start.Decide = func(ctx context.Context, _ bool) (Decision, error) {
		d, err := decide(ctx, false)
		d.After = func() {}
		return d, err
	}
	return start
}

// held is what this process holds, after it has given back what it need not.
func held() (h holding) {
	debug.FreeOSMemory()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	h.heap, h.memory = int(memory.HeapAlloc), int(memory.Sys-memory.HeapReleased)
	h.goroutines = runtime.NumGoroutine()
	for line := range strings.Lines(readAll("/proc/self/status")) {
		_, _ = fmt.Sscanf(line, "Threads: %d", &h.threads)
	}
	descriptors, _ := os.ReadDir("/proc/self/fd")
	h.descriptors = len(descriptors)
	return h
}

func TestTwoThousandRestartsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]setup{"PID 1": asPID1, "subreaper": asChild} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, how, "restarts", "/bin/false")
			before, err := p.nextHolding()
			after, afterErr := p.nextHolding()
			p.exits(7)
			if err := errors.Join(err, afterErr); err != nil {
				t.Fatal(err)
			}
			const noise, youngest = 64 << 10, 2 << 20 // 32 bytes for each restart; the collector's beginning
			if after.threads > before.threads+1 || after.descriptors > before.descriptors ||
				after.goroutines > before.goroutines || after.heap > before.heap+noise ||
				after.memory > before.memory+youngest {
				t.Errorf("it held %+v, and then %+v", before, after)
			}
		})
	}
}

func (p *process) nextHolding() (h holding, err error) {
	line, _ := p.next()
	_, err = fmt.Sscanf(line, "{%d %d %d %d %d}", &h.threads, &h.descriptors, &h.goroutines, &h.heap, &h.memory)
	return h, err
}
