// Package task runs functions on goroutines of their own. It has the program's only go statement, so
// that no panic can end PID 1 with the Go runtime's words: a panic of any of them ends the work that
// it is part of, with the panic as the cause.
package task

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// Panic is what ended a goroutine. Its text may be anything, a secret included.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprint("panic: ", p.Value) }

// Caught is for a deferred function: it makes a panic, as recover returned it, an error. It is nil for
// none.
func Caught(recovered any) *Panic {
	if recovered == nil {
		return nil
	}
	return &Panic{Value: recovered, Stack: debug.Stack()}
}

// sink is the key of the function that a [Panic] goes to.
type sink struct{}

// Run runs work on a goroutine of its own and returns what it returns. When ctx ends first, or
// something panics in work or in what it has started by [Go], Run returns the cause at once, whatever
// work waits for; work's own context has ended then.
func Run[T any](ctx context.Context, work func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ctx = Watch(ctx, func(p *Panic) { cancel(p) })
	done := make(chan result, 1)
	Go(ctx, func() {
		value, err := work(ctx)
		done <- result{value, err}
	})
	select {
	case r := <-done:
		// Work that ends with its context may be done before the panic's cause is looked at.
		if p, isPanic := errors.AsType[*Panic](context.Cause(ctx)); isPanic {
			return r.value, p
		}
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// Watch returns a context for goroutines that are part of no [Run]: tell is called with their panics,
// on their own goroutine.
func Watch(ctx context.Context, tell func(*Panic)) context.Context {
	return context.WithValue(ctx, sink{}, tell)
}

// Go starts f on a goroutine of its own. A panic in it goes to the [Run] or [Watch] that ctx comes from.
func Go(ctx context.Context, f func()) {
	go guard(ctx, f)
}

func guard(ctx context.Context, f func()) {
	_, _ = Guard(ctx, func() (any, error) { f(); return nil, nil })
}

// Guard calls f on a goroutine that a library has started. A panic in f is its error, and goes to the
// [Run] or [Watch] that ctx comes from as well.
func Guard[T any](ctx context.Context, f func() (T, error)) (value T, err error) {
	defer func() {
		if p := Caught(recover()); p != nil {
			err = p
			if tell, within := ctx.Value(sink{}).(func(*Panic)); within {
				tell(p)
			}
		}
	}()
	return f()
}

// Group is several goroutines that are waited for together, those that end by a panic also. The zero
// Group is ready for use.
type Group struct{ running sync.WaitGroup }

// Go is [Go], for a member of the group.
func (g *Group) Go(ctx context.Context, f func()) { g.running.Go(func() { guard(ctx, f) }) }

// Wait returns when all members have ended.
func (g *Group) Wait() { g.running.Wait() }
