package emulator

import (
	"net/http"
	"path"
	"strings"
)

// ServeHTTP answers a request to the gateway, unless it is one that a web page must not make.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Localstack", e.opts.Version)
	// As in LocalStack: clients join an address that ends in a slash with a path, and probes end theirs in one.
	if path := "/" + strings.Trim(r.URL.Path, "/"); isControl(path) {
		r.URL.Path, r.URL.RawPath = path, ""
	}
	e.guard.ServeHTTP(w, r)
}

// isControl reports whether a path is that of a control endpoint.
func isControl(path string) bool {
	return path == "/_localstack" || strings.HasPrefix(path, "/_localstack/")
}

// route answers a request: the control endpoints are below /_localstack/, the
// services of AWS are everywhere else.
func (e *Emulator) route(w http.ResponseWriter, r *http.Request) {
	switch {
	case isControl(r.URL.Path) && path.Clean(r.URL.Path) != r.URL.Path:
		// ServeMux would redirect, and clients expect an empty 404.
		w.WriteHeader(http.StatusNotFound)
	case isControl(r.URL.Path):
		e.control.ServeHTTP(w, r)
	case e.stopping.Load():
		http.Error(w, "LocalStack is shutting down", http.StatusServiceUnavailable)
	default:
		e.serveAWS(w, r)
	}
}
