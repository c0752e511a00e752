package web

import (
	"net/http"
	"strings"
)

// Unknown answers a browser that has asked for what is not there. allowed are the methods that the path has; none says
// that there is no such path.
func (s *Site) Unknown(allowed []string) http.HandlerFunc {
	refusal := refuse(http.StatusNotFound, "request.path", notice{
		Title: "There is no such page",
		Text:  "The address may be mistyped, or what it led to is gone.",
		Link:  "/", LinkText: "Go to the first page",
	})
	if len(allowed) > 0 {
		refusal = refuse(http.StatusMethodNotAllowed, "request.method", notice{
			Title: "This page does not accept this request",
			Text:  "The method of the request is not one that the page has. Nothing was changed.",
			Link:  "/", LinkText: "Go to the first page",
		})
	}
	answer := s.always(refusal)
	return func(w http.ResponseWriter, r *http.Request) {
		if len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
		}
		answer(w, r)
	}
}

// Unreadable answers a browser whose form cannot be read, with this status: it is too large, or not complete.
func (s *Site) Unreadable(status int) http.HandlerFunc {
	text := "The form did not arrive as a whole. Nothing was changed. Go back, and send it again."
	if status == http.StatusRequestEntityTooLarge {
		text = "What was typed is too long. Nothing was changed. Go back, and send less."
	}
	answer := s.always(refuse(status, "request.body", notice{Title: "The form cannot be read", Text: text}))
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.NoBody
		answer(w, r)
	}
}

// always answers each request with the same refusal.
func (s *Site) always(refusal *reply) http.HandlerFunc {
	return s.serve(route{access: anyone, answer: func(*visit) *reply { return refusal }})
}

// IsBrowser reports whether a request is that of a browser for a page, and not that of a client of the API.
func IsBrowser(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html") &&
		r.URL.Path != "/v1" && !strings.HasPrefix(r.URL.Path, "/v1/")
}
