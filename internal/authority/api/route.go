package api

import (
	"net/http"
	"slices"
	"time"
)

// MaxBody is the longest request body in bytes; real ones have about 400.
const MaxBody = 64 << 10

// Route answers the requests for one path.
type Route struct {
	// Path is the whole path. http.ServeMux would answer the other paths in plain text, or with redirects.
	Path    string
	Methods []string
	Answer  func(*http.Request) *Answer
}

// Handler answers the requests for routes. done is told of each request, its answer, and when it began on the clock now.
func Handler(routes []Route, now func() time.Time, done func(*http.Request, *Answer, time.Time)) http.Handler {
	byPath := make(map[string]Route)
	for _, route := range routes {
		byPath[route.Path] = route
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := now()
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		answer := answerTo(byPath, r)
		answer.Write(w)
		done(r, answer, began)
	})
}

func answerTo(routes map[string]Route, r *http.Request) *Answer {
	route, ok := routes[r.URL.Path]
	if !ok {
		return Refuse(http.StatusNotFound, MessageNoPath)
	}
	if slices.Contains(route.Methods, r.Method) {
		return route.Answer(r)
	}
	refusal := Refuse(http.StatusMethodNotAllowed, MessageMethod)
	refusal.Allow = route.Methods
	return refusal
}
