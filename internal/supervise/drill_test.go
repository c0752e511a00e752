package supervise

import (
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/mailbox"
)

// drill is what playDrill knows of itself.
type drill struct {
	pid, thread int
	failed      bool
}

// playDrill has the mailbox do all that it is for, in one process and without help from others: so it
// can also run where no more than a processor is emulated.
func playDrill([]string) int {
	runtime.LockOSThread()
	Listen()
	d := &drill{pid: os.Getpid(), thread: unix.Gettid()}
	for _, part := range []struct {
		name string
		do   func()
	}{
		{"order", d.order}, {"count", d.count}, {"storm", d.storm}, {"kill", d.kill}, {"pipe", d.pipe},
		{"put back", d.putBack}, {"wake", d.wake}, {"deadline", d.deadline}, {"fault", d.fault},
		{"preemption", d.preemption},
	} {
		part.do()
		for ; inbox.waiting() > 0; d.failed = true {
			sig, n := inbox.next()
			say(part.name, "leaves signal", int(sig), n, "times")
		}
	}
	if d.failed {
		return 8
	}
	return 7
}

func (d *drill) expect(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		d.failed = true
		say(what+":", got, "instead of", want)
	}
}

// send has a thread of ours get a signal as if another process had sent it: at once, if it is the
// calling one.
func (d *drill) send(thread int, sig unix.Signal) {
	const queue = -1 // SI_QUEUE; kill and tgkill would say that it is from ourselves
	info := struct {
		sig, errno, code, _ int32
		pid, uid            int32
		_                   [104]byte
	}{sig: int32(sig), code: queue, pid: int32(d.pid) + 1}
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_TGSIGQUEUEINFO,
		uintptr(d.pid), uintptr(thread), uintptr(sig), uintptr(unsafe.Pointer(&info)), 0, 0)
	d.expect("sending "+unix.SignalName(sig), errno, unix.Errno(0))
}

// order is that in which signals came, the runtime's own included if they were sent. The emulator has
// no 63 and 64.
func (d *drill) order() {
	var all []unix.Signal
	for sig := unix.Signal(1); sig <= 62; sig++ {
		if mailbox.Takes(uint32(sig)) {
			all = append(all, sig)
		}
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, sig := range all {
		d.send(d.thread, sig)
	}
	var got []unix.Signal
	for range inbox.waiting() {
		sig, n := inbox.next()
		got = append(got, sig)
		d.expect("count of "+unix.SignalName(sig), n, uint32(1))
	}
	d.expect("order", got, all)
}

// count is exact for real-time signals, and for others as the kernel's: it keeps one of each.
func (d *drill) count() {
	const times = 100
	var mask, old unix.Sigset_t
	mask.Val[0] = 1<<(40-1) | 1<<(unix.SIGUSR2-1)
	_ = unix.PthreadSigmask(unix.SIG_BLOCK, &mask, &old)
	for range times {
		d.send(d.thread, 40)
		d.send(d.thread, unix.SIGUSR2)
	}
	d.expect("number of signals while they are blocked", inbox.waiting(), uint32(0))
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	counts := map[unix.Signal]uint32{}
	for range inbox.waiting() {
		sig, n := inbox.next()
		counts[sig] += n
	}
	d.expect("counts", counts, map[unix.Signal]uint32{40: times, unix.SIGUSR2: 1})
}

// storm comes in on several threads while signals are taken out on another.
func (d *drill) storm() {
	const threads, times = 4, 2000
	var workers sync.WaitGroup
	for i := range threads {
		workers.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for n := range times {
				d.send(unix.Gettid(), unix.Signal(41+(i+n)%2))
			}
		})
	}
	counts := map[unix.Signal]uint32{}
	for deadline := time.Now().Add(limit / 2); counts[41]+counts[42] < threads*times && !hasCome(deadline); {
		inbox.await(deadline, false)
		for range inbox.waiting() {
			sig, n := inbox.next()
			counts[sig] += n
		}
	}
	workers.Wait()
	for range inbox.waiting() { // a signal that was counted with the one before it has a turn without a count
		sig, n := inbox.next()
		counts[sig] += n
	}
	d.expect("counts of a storm", counts, map[unix.Signal]uint32{41: threads * times / 2, 42: threads * times / 2})
}

// kill is a process's, too, other than the tgkill by which the runtime preempts.
func (d *drill) kill() {
	_ = unix.Kill(d.pid, unix.SIGURG)
	d.next("signal by kill", unix.SIGURG, 1)
}

// next waits for the next signal, which must be this one.
func (d *drill) next(what string, want unix.Signal, times uint32) {
	deadline := time.Now().Add(limit / 2)
	for inbox.waiting() == 0 && !hasCome(deadline) {
		inbox.await(deadline, true)
	}
	if inbox.waiting() == 0 {
		d.expect(what, "nothing", want)
		return
	}
	sig, n := inbox.next()
	d.expect(what, []any{sig, n}, []any{want, times})
}

// pipe tells the SIGPIPE of our own write from one that was sent.
func (d *drill) pipe() {
	var ends [2]int
	d.expect("pipe", unix.Pipe2(ends[:], unix.O_CLOEXEC), nil)
	_ = unix.Close(ends[0])
	_, err := unix.Write(ends[1], []byte{0})
	_ = unix.Close(ends[1])
	d.expect("write", err, error(unix.EPIPE))
	d.expect("number of signals after it", inbox.waiting(), uint32(0))
	d.send(d.thread, unix.SIGPIPE)
	d.next("signal by another process", unix.SIGPIPE, 1)
}

func (d *drill) putBack() {
	inbox.putBack(40, 3)
	inbox.putBack(unix.SIGUSR2, 1)
	d.send(d.thread, 40)
	d.expect("signals put back", []bool{inbox.holds(40), inbox.holds(unix.SIGUSR2)}, []bool{true, true})
	d.next("first signal put back", 40, 4)
	d.next("second signal put back", unix.SIGUSR2, 1)
	d.expect("signals taken out", []bool{inbox.holds(40), inbox.holds(unix.SIGUSR2)}, []bool{false, false})
}

// wake is what a signal that another thread handles, and a mark, do to a reader that waits.
func (d *drill) wake() {
	for what, act := range map[unix.Signal]func(){
		43:       func() { d.send(unix.Gettid(), 43) },
		markDone: func() { inbox.post(markDone) },
	} {
		time.AfterFunc(50*time.Millisecond, func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			act()
		})
		began := time.Now()
		d.next("what wakes the reader", what, 1)
		d.expect("woken in time", time.Since(began) < limit/2, true)
	}
}

func (d *drill) deadline() {
	deadline := time.Now().Add(30 * time.Millisecond)
	inbox.await(deadline, true)
	d.expect("deadline kept", hasCome(deadline), true)
}

// fault is still the runtime's.
func (d *drill) fault() {
	defer func() {
		err, ok := recover().(runtime.Error)
		d.expect("recovered", ok && err.Error() == "runtime error: invalid memory address or nil pointer dereference", true)
	}()
	var nowhere *int
	*nowhere = 1
}

// preemption works: only SIGURG interrupts these loops, for the collection to begin.
func (d *drill) preemption() {
	var stop atomic.Bool
	var loops sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		loops.Go(func() {
			for !stop.Load() {
			}
		})
	}
	runtime.GC()
	stop.Store(true)
	loops.Wait()
}

// playRelapse is what becomes of a SIGTERM that the Go runtime has as long as the mailbox has not: the
// runtime sends it to itself, when its own handler is in place still, or not any more.
func playRelapse(args []string) int {
	if !slices.Contains(args, "late") {
		var action sigaction
		previous := reflect.ValueOf(&mailbox.Signals).Elem().FieldByName("previous")
		if err := getAction(int(unix.SIGTERM), &action); err == nil {
			action.handler = uintptr(previous.Index(int(unix.SIGURG)).Uint())
			_ = setAction(int(unix.SIGTERM), &action)
		}
		_ = unix.Kill(os.Getpid(), unix.SIGTERM)
		time.Sleep(limit)
	}
	runtime.LockOSThread()
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGTERM)
	return 8
}
