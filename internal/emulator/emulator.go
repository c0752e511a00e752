package emulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/gateway"
	"localstack-entrypoint/internal/hook"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/s3"
	"localstack-entrypoint/internal/task"
	"localstack-entrypoint/internal/version"
)

const (
	headerTimeout = 10 * time.Second // from the connection to the end of a request's header
	idleTimeout   = 2 * time.Minute  // between two requests on one connection
	stopTimeout   = 5 * time.Second  // for running requests at the stop; docker stop kills at 10
)

// Logger is the name of the emulator's own logger.
const Logger = "localstack.emulator"

// errGateway marks a stop that was not requested: the gateway failed.
var errGateway = errors.New("gateway failed")

// Emulator is one run of the reference emulator.
type Emulator struct {
	opts     Options
	listen   gateway.Listen
	proc     Process
	log      *zap.SugaredLogger
	requests *zap.SugaredLogger
	hooks    *stages
	control  *control
	guard    *guard
	logS3    *zap.SugaredLogger
	s3       *s3.Service
	stopping atomic.Bool // S3 no longer answers
}

// New prepares a run and opens the storage of S3, which Run closes. It fails if the
// storage is on disk and cannot be opened.
func New(o Options, p Process) (*Emulator, error) {
	// A build argument may be empty, and clients take an empty version for another product.
	o.Version = cmp.Or(o.Version, version.Number)
	log := report.New(p.Stderr, config.Logging{}).Log("").Sugar()
	service, err := openS3(o, log.Named(loggerS3))
	if err != nil {
		return nil, err
	}
	id := newIdentity(o)
	e := &Emulator{
		opts:     o,
		listen:   o.Listen.In(id.isDocker),
		proc:     p,
		log:      log.Named(Logger),
		requests: log.Named("localstack.request.aws"),
		hooks:    newStages(o, p, log.Named("localstack.runtime.init")),
		logS3:    log.Named(loggerS3),
		s3:       service,
	}
	e.control = newControl(id, e.hooks, log.Named("localstack.internal"))
	e.control.restart = e.restart
	e.control.s3 = service
	e.guard = newGuard(http.HandlerFunc(e.route), e.corsOfBucket, o, e.listen, log)
	return e, nil
}

// Run runs the emulator until ctx ends or a client stops it; both are a success.
// It fails if it cannot listen on an address, or if a listener fails. It prints
// `Ready.` after the READY hooks, unless the stop comes first. It can be called once.
func (e *Emulator) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, e.s3.Close()) }()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	e.control.kill = func() { stop(errors.New("a client requested it")) }

	fmt.Fprintf(e.proc.Stdout, "\nLocalStack version: %s\nLocalStack build date: %s\nLocalStack build git hash: %s\n\n",
		e.opts.Version, e.opts.BuildDate, e.opts.GitHash)
	e.hooks.run(ctx, hook.Start)
	if ctx.Err() != nil {
		return nil // no SHUTDOWN hooks: no client has reached the gateway
	}
	listeners, err := listen(ctx, e.listen, new(net.ListenConfig).Listen, e.log.Warnf)
	if err != nil {
		return err
	}
	server := e.serve(ctx, listeners, stop)
	e.hooks.run(ctx, hook.Ready)
	if ctx.Err() == nil {
		e.proc.flush() // the addresses are in the log before anybody can use them
		fmt.Fprintln(e.proc.Stdout, "Ready.")
	}
	<-ctx.Done()
	e.stop(server, context.Cause(ctx))
	if cause := context.Cause(ctx); errors.Is(cause, errGateway) {
		return cause
	}
	return nil
}

// serve answers on the listeners. It calls failed when one of them fails later.
func (e *Emulator) serve(ctx context.Context, listeners []net.Listener, failed func(error)) *http.Server {
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
		task.Go(ctx, func() {
			if err := server.Serve(newSharedListener(listener)); !errors.Is(err, http.ErrServerClosed) {
				failed(fmt.Errorf("%w on %s: %w", errGateway, listener.Addr(), err))
			}
		})
	}
	if e.proc.Listening != nil {
		e.proc.Listening(addresses)
	}
	return server
}

// stop runs the SHUTDOWN hooks while the control endpoints still answer, and then
// waits for the running requests.
func (e *Emulator) stop(server *http.Server, cause error) {
	e.log.Infof("Stopping: %v", cause)
	e.stopping.Store(true)
	// The supervisor kills hooks that take too long.
	e.hooks.run(context.Background(), hook.Shutdown)

	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		e.log.Warnf("Aborting the requests that still run after %s", stopTimeout)
		_ = server.Close()
	}
}

// restart asks the supervisor to stop this process and start it again.
func (e *Emulator) restart() {
	pid := int(e.opts.SupervisorPID)
	if pid == 0 {
		e.log.Warn("Cannot restart: SUPERVISOR_PID is not set")
		return
	}
	if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
		e.log.Errorf("Cannot restart: cannot signal process %d: %v", pid, err)
	}
}
