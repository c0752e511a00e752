package emulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/hook"
	"localstack-entrypoint/internal/report"
)

const (
	headerTimeout = 10 * time.Second // from the connection to the end of a request's header
	idleTimeout   = 2 * time.Minute  // between two requests on one connection
	stopTimeout   = 5 * time.Second  // for requests under way at the stop; docker stop kills at 10
)

// errGateway marks a stop that nobody asked for: the gateway broke down.
var errGateway = errors.New("gateway failed")

// Emulator is one run of the reference emulator.
type Emulator struct {
	opts    Options
	proc    Process
	log     *zap.SugaredLogger
	hooks   *stages
	control *control
	front   *front
	release func() error // closes the storage of S3
}

// New prepares a run: it opens the storage but listens nowhere. It fails when
// S3 has to be kept on disk and the disk says no. Close or Run ends it.
func New(o Options, p Process) (*Emulator, error) {
	// Build arguments left empty: an empty version reads as another product.
	o.Version = cmp.Or(o.Version, "dev")
	log := report.New(p.Stderr, config.Logging{}).Log("").Sugar()
	s3, release, err := openS3(o, log)
	if err != nil {
		return nil, err
	}
	id := newIdentity(o)
	hooks := newStages(o, p, log.Named("localstack.runtime.init"))
	e := &Emulator{opts: o, proc: p, log: log.Named("localstack.emulator"), hooks: hooks, release: release}
	e.control = &control{
		id: id, hooks: hooks, log: log.Named("localstack.internal"), restart: e.restart, kill: func() {},
	}
	e.front = &front{version: id.version, control: e.control.handler(), s3: s3}
	return e, nil
}

// ServeHTTP answers what the gateway answers.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.front.ServeHTTP(w, r) }

// Close releases the storage of an Emulator that does not Run.
func (e *Emulator) Close() error { return e.release() }

// Run runs the emulator until ctx ends or a client asks it to stop; both are
// a success. It fails when an address cannot be listened on or a listener
// breaks. It prints `Ready.` once, when the READY hooks are done, or never when
// the stop comes first. A run cannot be repeated.
func (e *Emulator) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, e.release()) }()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	e.control.kill = func() { stop(errors.New("a client asked for it")) }

	fmt.Fprintf(e.proc.Stdout, "\nLocalStack version: %s\nLocalStack build date: %s\nLocalStack build git hash: %s\n\n",
		e.opts.Version, e.opts.BuildDate, e.opts.GitHash)
	e.hooks.run(ctx, hook.Start)
	if ctx.Err() != nil {
		return nil // nothing listens: SHUTDOWN hooks would talk to nobody
	}
	listeners, err := e.opts.Listen.Open(ctx)
	if err != nil {
		return err
	}
	server := e.serve(listeners, stop)
	e.hooks.run(ctx, hook.Ready)
	if ctx.Err() == nil {
		fmt.Fprintln(e.proc.Stdout, "Ready.")
	}
	<-ctx.Done()
	e.stop(server, context.Cause(ctx))
	if cause := context.Cause(ctx); errors.Is(cause, errGateway) {
		return cause
	}
	return nil
}

// serve answers on the listeners; broken is told if one breaks down later.
func (e *Emulator) serve(listeners []net.Listener, broken func(error)) *http.Server {
	errorLog, _ := zap.NewStdLogAt(e.log.Desugar(), zap.WarnLevel) // fails only for a level that does not exist
	server := &http.Server{
		Handler:           e,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          errorLog,
	}
	addresses := make([]net.Addr, len(listeners))
	for i, listener := range listeners {
		addresses[i] = listener.Addr()
		e.log.Infof("Listening on %s", listener.Addr())
		go func() {
			if err := server.Serve(newBothListener(listener)); !errors.Is(err, http.ErrServerClosed) {
				broken(fmt.Errorf("%w on %s: %w", errGateway, listener.Addr(), err))
			}
		}()
	}
	if e.proc.Listening != nil {
		e.proc.Listening(addresses)
	}
	return server
}

// stop runs the SHUTDOWN hooks while the control endpoints still answer, then
// lets requests under way end.
func (e *Emulator) stop(server *http.Server, cause error) {
	e.log.Infof("Stopping: %v", cause)
	e.front.stopping.Store(true)
	// No limit but the supervisor's: it kills what takes too long.
	e.hooks.run(context.Background(), hook.Shutdown)

	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		e.log.Warnf("Requests still under way after %s are cut off", stopTimeout)
		_ = server.Close()
	}
}

// restart asks the supervisor to stop us and start us anew.
func (e *Emulator) restart() {
	pid := int(e.opts.SupervisorPID)
	if pid == 0 {
		e.log.Warn("Cannot restart: SUPERVISOR_PID is not set")
		return
	}
	if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
		e.log.Errorf("Cannot restart: signal to process %d: %v", pid, err)
	}
}
