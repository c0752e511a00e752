package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/origin"
)

// readyTimeout bounds the answer of /readyz. Balancers and clusters wait for 1 s by default, and for 5 s in Consul.
const readyTimeout = 900 * time.Millisecond

// health are the routes for balancers and clusters.
func (s *Server) health() []api.Route {
	get := []string{http.MethodGet}
	return []api.Route{
		{Path: "/healthz", Methods: get, Access: api.Anyone, Answer: alive},
		{Path: "/readyz", Methods: get, Access: api.Anyone, Answer: s.ready},
	}
}

// numbers is the route of the metrics.
func (s *Server) numbers(access api.Access) api.Route {
	answer := &api.Answer{Status: http.StatusOK, Raw: s.metrics.handler.ServeHTTP}
	return api.Route{
		Path: "/metrics", Methods: []string{http.MethodGet}, Access: access,
		Answer: func(r *http.Request) *api.Answer {
			if access == thisMachine && !origin.Of(r).Local {
				return api.Refuse(http.StatusForbidden, messageMetrics)
			}
			return answer
		},
	}
}

// thisMachine may ask, which is what runs beside the server.
const thisMachine api.Access = "this machine"

func alive(*http.Request) *api.Answer { return &api.Answer{Status: http.StatusOK, Text: "ok"} }

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
