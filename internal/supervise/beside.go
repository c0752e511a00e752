package supervise

import (
	"context"
	"sync"
	"time"

	"localstack-entrypoint/internal/task"
)

// settleTime is how long an exit waits for what a start has stored to reach the disk.
const settleTime = 200 * time.Millisecond

// beside is what goes on beside the loop: a decision, a failure that is told, work that can wait. Each
// ends with a mark in the mailbox, so that the loop waits for one thing only.
type beside struct {
	ctx     context.Context
	cancel  context.CancelFunc
	busy    int           // how much of it goes on
	settled chan struct{} // closed when what was stored is on the disk; nil for nothing stored
	hooks   *Command      // to run before the first decision
	verdict verdict       // of the last decision
}

// verdict is what a decision came to.
type verdict struct {
	decision Decision
	err      error
}

// newBeside tells of panics in what is not a decision: that is not worth the end of a running command.
func newBeside(ctx context.Context, tell func(*task.Panic)) beside {
	ctx, cancel := context.WithCancel(task.Watch(ctx, tell))
	return beside{ctx: ctx, cancel: cancel}
}

// isIdle reports whether nothing goes on.
func (b *beside) isIdle() bool { return b.busy == 0 }

func (b *beside) done() { b.busy-- }

// decideUnlessHooked looks for hooks first: if there are any, markHooks follows, and no decision yet. Every
// turn that the loop and others take costs a start time, most of all on a busy machine.
func (b *beside) decideUnlessHooked(find func() *Command, decide func(context.Context, bool) (Decision, error)) {
	b.judge(func(ctx context.Context, made func(verdict)) {
		if hooks := find(); hooks != nil {
			b.hooks = hooks
			box.post(markHooks)
			return
		}
		decision, err := decide(ctx, false)
		made(verdict{decision, err})
	})
}

// decide runs a decision; markDecided follows, and then the verdict can be read.
func (b *beside) decide(again bool, decide func(context.Context, bool) (Decision, error)) {
	b.judge(func(ctx context.Context, made func(verdict)) {
		decision, err := decide(ctx, again)
		made(verdict{decision, err})
	})
}

// judge runs work that comes to a verdict. A panic in it, or in what it has started, is one.
func (b *beside) judge(work func(ctx context.Context, made func(verdict))) {
	b.verdict, b.busy = verdict{}, b.busy+1
	var first sync.Once
	made := func(v verdict) {
		first.Do(func() {
			b.verdict = v
			box.post(markDecided)
		})
	}
	ctx := task.Watch(b.ctx, func(p *task.Panic) { made(verdict{err: p}) })
	task.Go(ctx, func() { work(ctx, made) })
}

// settle has done what has to follow a start, if anything.
func (b *beside) settle(wait func(limit time.Duration) bool) {
	b.settled = nil
	if wait == nil {
		return
	}
	settled := make(chan struct{})
	b.settled = settled
	b.do(func() {
		defer close(settled)
		wait(0)
	})
}

// do runs what can wait.
func (b *beside) do(work func()) { b.doThen(markIdle, work) }

// doThen runs work on a goroutine of its own; the mark follows, after a panic also.
func (b *beside) doThen(mark uint32, work func()) {
	b.busy++
	task.Go(b.ctx, func() {
		defer box.post(mark)
		work()
	})
}

// stop ends what goes on, and waits a little for what was stored. It reports whether that is settled.
func (b *beside) stop() bool {
	b.cancel()
	if b.settled == nil {
		return true
	}
	select {
	case <-b.settled:
		return true
	case <-time.After(settleTime):
		return false
	}
}
