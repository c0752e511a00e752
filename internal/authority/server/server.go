// Package server answers all requests of a license authority.
package server

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/licensing"
)

// Options are the settings of a server.
type Options struct {
	// Licensing are the settings of the licensing protocol.
	Licensing licensing.Options
	// AccessLog receives a line of JSON for each request; nil means no log.
	AccessLog io.Writer
}

// New returns the authority on store as a handler for the routes of package licensing and for
//
//	GET  /healthz  "ok", also for HEAD
func New(store *authority.Store, options Options) http.Handler {
	s := &server{log: newAccessLog(options.AccessLog), now: options.Licensing.Now}
	if s.now == nil {
		s.now = time.Now
	}
	options.Licensing.Failed = s.logFailedNote
	routes := append(licensing.Routes(store, options.Licensing),
		api.Route{Path: "/healthz", Methods: []string{http.MethodGet, http.MethodHead}, Answer: healthy})
	return api.Handler(routes, s.now, s.logRequest)
}

type server struct {
	log *zap.Logger
	now func() time.Time
}

func healthy(*http.Request) *api.Answer { return &api.Answer{Status: http.StatusOK, Text: "ok"} }

// logRequest adds a request to the access log.
func (s *server) logRequest(r *http.Request, answer *api.Answer, began time.Time) {
	s.log.Info("", logFields(r, answer, began, s.now())...)
}

// logFailedNote logs that the times of activations were not stored, so that the list of licenses shows older ones.
func (s *server) logFailedNote(err error) {
	s.log.Info("", zap.Time("time", s.now().UTC()), zap.Error(fmt.Errorf("cannot note activations: %w", err)))
}
