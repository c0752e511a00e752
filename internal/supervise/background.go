package supervise

import (
	"context"
	"sync"

	"localstack-entrypoint/internal/task"
)

// background is the work that runs beside the loop: a decision, the report of a failure, what can wait. When
// work ends, a mark comes in the mailbox, so that the loop waits for one thing only.
type background struct {
	ctx  context.Context
	busy int // how much work runs
	mu   sync.Mutex
	done []func() // what the loop is to do about work that has ended
}

// isIdle reports whether nothing runs.
func (b *background) isIdle() bool { return b.busy == 0 }

// run starts work. The loop does what it returns, unless that is nil; or failed after a panic in the work or
// in what it has started, at once.
func (b *background) run(work func(context.Context) (then func()), failed func(*task.Panic)) {
	b.busy++
	var first sync.Once
	end := func(then func()) {
		first.Do(func() {
			b.mu.Lock()
			b.done = append(b.done, then)
			b.mu.Unlock()
			inbox.post(markDone)
		})
	}
	ctx := task.Watch(b.ctx, func(p *task.Panic) { end(func() { failed(p) }) })
	task.Go(ctx, func() { end(work(ctx)) })
}

// follow does what is to be done about the work that has ended first. The loop calls it once for each mark.
func (b *background) follow() {
	b.mu.Lock()
	then := b.done[0]
	b.done = b.done[1:]
	b.mu.Unlock()
	b.busy--
	if then != nil {
		then()
	}
}
