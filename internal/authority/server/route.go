package server

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/web"
)

// route returns the pattern of a request's route. A request without one gets the refusal: [http.ServeMux] would
// answer in plain text, or redirect to a path that it takes for the better one.
func (s *Server) route(r *http.Request) (refusal *api.Answer, pattern string) {
	if !isClean(r.URL.Path) {
		return s.unknown(r, nil), ""
	}
	if _, pattern = s.mux.Handler(r); pattern != "" {
		return nil, pattern
	}
	return s.unknown(r, s.allowed(r)), ""
}

// unknown refuses a request for a path without a route, or with another method than the allowed ones. Browsers get a
// page.
func (s *Server) unknown(r *http.Request, allowed []string) *api.Answer {
	refusal := api.Refuse(http.StatusNotFound, api.MessageNoPath)
	if len(allowed) > 0 {
		refusal = api.Refuse(http.StatusMethodNotAllowed, api.MessageMethod)
		refusal.Allow = allowed
	}
	if s.pages != nil && web.IsBrowser(r) {
		refusal.Raw = s.pages.Unknown(allowed)
	}
	return refusal
}

// isClean reports whether a path is the shortest way to write it.
func isClean(p string) bool {
	if !strings.HasPrefix(p, "/") {
		return false
	}
	clean := path.Clean(p)
	return clean == p || clean+"/" == p
}

// allowed are the methods that the path of a request has, sorted.
func (s *Server) allowed(r *http.Request) []string {
	var refused refusedWriter
	handler, _ := s.mux.Handler(r)
	handler.ServeHTTP(&refused, r)
	var methods []string
	for method := range strings.SplitSeq(refused.header.Get("Allow"), ",") {
		if method = strings.TrimSpace(method); method != "" {
			methods = append(methods, method)
		}
	}
	slices.Sort(methods)
	return methods
}

// refusedWriter keeps the header of an answer and drops the rest.
type refusedWriter struct{ header http.Header }

func (w *refusedWriter) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header)
	}
	return w.header
}

func (*refusedWriter) WriteHeader(int) {}

func (*refusedWriter) Write(content []byte) (int, error) { return len(content), nil }
