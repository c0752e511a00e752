package emulator

import (
	"net/http"
	"path"
	"strings"
	"sync/atomic"
)

// front is the one handler behind every address: the control endpoints below
// /_localstack/, S3 everywhere else.
type front struct {
	version  string
	control  http.Handler
	s3       http.Handler
	stopping atomic.Bool // from SIGTERM on only the control endpoints answer
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Localstack", f.version)
	switch {
	case strings.HasPrefix(r.URL.Path, "/_localstack/") && path.Clean(r.URL.Path) != strings.TrimSuffix(r.URL.Path, "/"):
		// ServeMux would answer with a redirect where clients look for an empty 404.
		w.WriteHeader(http.StatusNotFound)
	case r.URL.Path == "/_localstack" || strings.HasPrefix(r.URL.Path, "/_localstack/"):
		f.control.ServeHTTP(w, r)
	case f.stopping.Load():
		http.Error(w, "LocalStack is shutting down", http.StatusServiceUnavailable)
	default:
		f.s3.ServeHTTP(w, r)
	}
}
