// Package server is the HTTP side of the whole license authority: it joins the routes of its parts, and has what
// belongs to none of them: the access log, /healthz, /readyz, /metrics, bounds of connections and bodies, TLS, and
// the graceful stop.
package server

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/licensing"
	"localstack-entrypoint/internal/authority/oidc"
	"localstack-entrypoint/internal/authority/origin"
	"localstack-entrypoint/internal/authority/platform"
	"localstack-entrypoint/internal/authority/web"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/task"
)

// Options are the settings of a [Server].
type Options struct {
	// Licensing are the settings of the licensing protocol. Its clock is the server's.
	Licensing licensing.Options
	// SignUp lets anybody make a workspace of their own.
	SignUp bool
	// AccessLog receives one JSON object per line: one for each request, and errors of the server itself; nil means
	// no log.
	AccessLog io.Writer
	// Mask removes from a text what could be a secret; nil means [credential.MaskAll].
	Mask func(string) string
	// Origin says which proxies are in front of the server, and under which URL clients see it.
	Origin origin.Settings
	// OIDC is a provider with which members can log in; nil for none.
	OIDC *oidc.Provider
	// MaxConnections bounds the open connections; 0 means no bound.
	MaxConnections int
	// OwnMetrics reports that /metrics has an address of its own, and is not among the routes.
	OwnMetrics bool
}

// Server answers all requests. It is safe for concurrent use.
type Server struct {
	options  Options
	store    store
	now      func() time.Time
	mux      *http.ServeMux
	pages    *web.Site // nil in tests of the server alone
	log      *zap.Logger
	metrics  *metrics
	conns    *connections
	stopping atomic.Bool
}

// store is what the server itself asks of the authority's store.
type store interface {
	// Ready returns why the store cannot answer. It ends with its context.
	Ready(context.Context) error
	// Pools are the pools of connections to the database, by name.
	Pools() map[string]sql.DBStats
}

// New returns a server of the authority on store, with the routes of packages licensing, platform and web, and
//
//	GET /healthz  that the process lives; reads nothing
//	GET /readyz   that the store can answer, or with 503 why not
//	GET /metrics  in the text format of Prometheus, for clients on this machine, unless it has an address of its own
func New(store *authority.Store, options Options) *Server {
	s := newServer(store, options)
	handle(s.mux, s.routes(store, options.Licensing))
	pages := web.Options{Now: options.Licensing.Now, OIDC: options.OIDC, SignUp: options.SignUp}
	s.pages = web.New(store, pages)
	s.pages.Register(s.mux)
	return s
}

// newServer returns a server without routes of other packages.
func newServer(store store, options Options) *Server {
	s := &Server{options: options, store: store, now: options.Licensing.Now, mux: http.NewServeMux()}
	if s.now == nil {
		s.now = time.Now
	}
	if s.options.Mask == nil {
		s.options.Mask = credential.MaskAll
	}
	s.log = newLog(options.AccessLog)
	s.conns = newConnections(options.MaxConnections, s.logError)
	s.metrics = newMetrics(s)
	handle(s.mux, s.health())
	if !options.OwnMetrics {
		handle(s.mux, []api.Route{s.numbers(thisMachine)})
	}
	return s
}

// routes are those of the API.
func (s *Server) routes(store *authority.Store, options licensing.Options) []api.Route {
	options.Failed = func(err error) { s.failed(fmt.Errorf("cannot note activations: %w", err)) }
	return append(licensing.Routes(store, options), platform.Routes(store, platform.Options{Now: options.Now})...)
}

func handle(mux *http.ServeMux, routes []api.Route) {
	for _, route := range routes {
		for _, method := range route.Methods {
			mux.Handle(method+" "+route.Path, api.Func(route.Answer))
		}
	}
}

// failed logs and counts that something failed for which no request waits.
func (s *Server) failed(err error) {
	s.logError(err.Error())
	s.metrics.failures.Inc()
}

// ServeHTTP answers one request, and logs and counts it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	seen := &request{began: s.now()}
	ctx, record := api.Recording(r.Context())
	ctx, seen.Origin = s.options.Origin.With(ctx, r)
	seen.Record, seen.id = record, requestID(seen.Origin, r)
	r = r.WithContext(ctx)
	w.Header().Set("X-Request-Id", seen.id)
	writer := &statusWriter{ResponseWriter: w}
	defer func() { s.end(recover(), writer, r, seen) }()
	refusal, pattern := s.route(r)
	seen.route = pattern
	s.answer(writer, r, refusal)
}

// end ends a request, also one whose handler has panicked.
func (s *Server) end(recovered any, w *statusWriter, r *http.Request, seen *request) {
	var aborted bool
	if panicked := task.Caught(recovered); panicked != nil {
		if err, ok := recovered.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			aborted = true
		} else {
			seen.stack = string(panicked.Stack)
			seen.Cause = panicked
		}
	}
	switch {
	case aborted || w.status != 0:
		aborted = aborted || seen.stack != "" // half an answer must not look like a whole one
	case seen.stack != "":
		api.Fail(seen.Cause).Send(w, r)
	default:
		w.status = http.StatusOK // what package net/http sends then
	}
	seen.ended, seen.status = s.now(), w.status
	if r.Context().Err() != nil && errors.Is(seen.Cause, context.Canceled) {
		seen.status, seen.Cause = statusGone, errGone // the database has not failed
	}
	s.logRequest(r, seen)
	s.metrics.count(seen)
	if aborted {
		panic(http.ErrAbortHandler)
	}
}

// answer answers a request, with the refusal unless that is nil.
func (s *Server) answer(w *statusWriter, r *http.Request, refusal *api.Answer) {
	if s.conns.isCrowded() {
		w.Header().Set("Connection", "close")
	}
	if refusal == nil {
		refusal = receive(w, r)
		if refusal != nil && s.pages != nil && web.IsBrowser(r) {
			refusal.Raw = s.pages.Unreadable(refusal.Status)
		}
	}
	if refusal != nil {
		refusal.Send(w, r)
		return
	}
	s.conns.begin(r.Context())
	s.mux.ServeHTTP(w, r)
}

// statusGone is what the log says of a request whose client has not waited for the answer, as nginx does.
const statusGone = 499

var errGone = errors.New("the client closed the connection before it was answered")

// statusWriter notes the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader sends the status.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK { // not 103 Early Hints
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body.
func (w *statusWriter) Write(content []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(content)
}

// Unwrap is for [http.ResponseController].
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
