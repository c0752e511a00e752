package emulator

import (
	"net/http"
	"path"
	"strings"
)

// ServeHTTP answers a request to the gateway: the control endpoints are below
// /_localstack/, the services of AWS are everywhere else.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Localstack", e.opts.Version)
	isControl := strings.HasPrefix(r.URL.Path, "/_localstack/")
	switch {
	case isControl && path.Clean(r.URL.Path) != strings.TrimSuffix(r.URL.Path, "/"):
		// ServeMux would redirect, and clients expect an empty 404.
		w.WriteHeader(http.StatusNotFound)
	case isControl || r.URL.Path == "/_localstack":
		e.control.ServeHTTP(w, r)
	case e.stopping.Load():
		http.Error(w, "LocalStack is shutting down", http.StatusServiceUnavailable)
	default:
		e.serveAWS(w, r)
	}
}
