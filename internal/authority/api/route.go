package api

import "net/http"

// MaxBody is the longest request body in bytes; real ones have about 400.
const MaxBody = 64 << 10

// Route answers the requests for one path.
type Route struct {
	// Path is the whole path. It may have variables, as those of [http.ServeMux].
	Path string
	// Methods are those of the path; GET includes HEAD.
	Methods []string
	Answer  func(*http.Request) *Answer
}
