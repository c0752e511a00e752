package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/task"
)

const (
	// Limits of a request, which is one small JSON object or form.
	headerTimeout = 5 * time.Second
	bodyTimeout   = 10 * time.Second
	writeTimeout  = 15 * time.Second // from the end of the header on, so a late body still gets an answer
	idleTimeout   = time.Minute
	maxHeader     = 16 << 10 // bytes

	// stopTimeout is how long a stop waits for requests that are being answered. docker stop kills after 10 s.
	stopTimeout = 8 * time.Second
)

// Serve answers requests on main, and /metrics, /healthz and /readyz on metrics, until ctx ends; then /readyz says so,
// and Serve returns when the running requests have ended. secure is nil for plain HTTP, metrics nil for no such
// listener. Serve closes both.
func (s *Server) Serve(ctx context.Context, main net.Listener, secure *tls.Config, metrics net.Listener) error {
	server := s.httpServer(s)
	server.TLSConfig, server.ConnState, server.ConnContext = secure, s.conns.state, s.conns.context
	if metrics != nil {
		conns := newConnections(fewConnections, s.logError)
		beside := s.httpServer(s.besides(conns))
		beside.ConnState, beside.ConnContext = conns.state, conns.context
		task.Go(ctx, func() { _ = beside.Serve(bounded{metrics, conns}) })
		defer beside.Close() // at the very end: it says meanwhile that the server stops
	}
	task.Go(ctx, func() { s.checkProvider(ctx) })
	stopped := make(chan error, 1)
	task.Go(ctx, func() {
		<-ctx.Done()
		stopped <- s.stop(server)
	})
	var err error
	if listener := (bounded{main, s.conns}); secure == nil {
		err = server.Serve(listener)
	} else {
		err = server.ServeTLS(listener, "", "")
	}
	if !errors.Is(err, http.ErrServerClosed) && ctx.Err() == nil {
		return fmt.Errorf("cannot serve: %w", err)
	}
	return <-stopped
}

// checkProvider logs what is wrong with the OIDC provider, or with its settings, before the first member meets it.
func (s *Server) checkProvider(ctx context.Context) {
	if s.options.OIDC == nil {
		return
	}
	if err := s.options.OIDC.Check(ctx); err != nil && ctx.Err() == nil {
		s.logError("nobody can log in with the OIDC provider now: " + err.Error())
	}
}

// httpServer is a server of one listener. It speaks HTTP/1 only: a connection of HTTP/2 has many requests, which the
// bound of connections does not count.
func (s *Server) httpServer(handler http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:                      handler,
		ReadHeaderTimeout:            headerTimeout,
		ReadTimeout:                  bodyTimeout,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               maxHeader,
		ErrorLog:                     s.errorLog(),
		Protocols:                    protocols,
		DisableGeneralOptionsHandler: true, // it is not logged
	}
}

// besides are the routes of the listener for operators.
func (s *Server) besides(conns *connections) http.Handler {
	mux := http.NewServeMux()
	handle(mux, s.health())
	handle(mux, []api.Route{s.numbers(api.Anyone)})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conns.begin(r.Context())
		mux.ServeHTTP(w, r)
	})
}

// stop waits up to stopTimeout for the running requests.
func (s *Server) stop(server *http.Server) error {
	s.stopping.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	s.conns.stop()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close()
	}
	return nil
}
