package emulator

import (
	"net/http"
	"strings"
	"sync/atomic"
)

// gateway is the one handler behind every address: the control endpoints below
// /_localstack/, S3 everywhere else.
type gateway struct {
	version  string
	control  http.Handler
	s3       http.Handler
	stopping atomic.Bool // from SIGTERM on only the control endpoints answer
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Localstack", g.version)
	switch {
	case r.URL.Path == "/_localstack" || strings.HasPrefix(r.URL.Path, "/_localstack/"):
		g.control.ServeHTTP(w, r)
	case g.stopping.Load():
		http.Error(w, "LocalStack is shutting down", http.StatusServiceUnavailable)
	default:
		g.s3.ServeHTTP(w, r)
	}
}
