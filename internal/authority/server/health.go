package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"localstack-entrypoint/internal/authority/api"
)

// readyTimeout bounds the answer of /readyz. Balancers and clusters wait for 1 s by default, and for 5 s in Consul.
const readyTimeout = 900 * time.Millisecond

// health registers the routes for balancers and clusters.
func (s *Server) health(mux *http.ServeMux) {
	mux.Handle("GET /healthz", api.Func(func(*http.Request) *api.Answer {
		return &api.Answer{Status: http.StatusOK, Text: "ok"}
	}))
	mux.Handle("GET /readyz", api.Func(s.ready))
}

var errStopping = errors.New("the server is stopping")

// ready answers whether the server can give verdicts.
func (s *Server) ready(r *http.Request) *api.Answer {
	err := errStopping
	if !s.stopping.Load() {
		err = s.checkStore(r.Context())
	}
	if err == nil {
		return &api.Answer{Status: http.StatusOK, Text: "ready"}
	}
	return &api.Answer{
		Status: http.StatusServiceUnavailable, Text: "not ready: " + s.options.Mask(err.Error()), Cause: err,
	}
}

func (s *Server) checkStore(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return s.store.Ready(ctx)
}
