package api

import "net/http"

// MaxBody is the longest request body in bytes; real ones have about 400.
const MaxBody = 64 << 10

// Access says who gets something from a route. Each package has names for what its own routes ask for.
type Access string

// Anyone may ask, without a proof of anything.
const Anyone Access = "anyone"

// Route answers the requests for one path.
type Route struct {
	// Path is the whole path. It may have variables, as those of [http.ServeMux].
	Path string
	// Methods are those of the path; GET includes HEAD.
	Methods []string
	// Access is what Answer keeps to.
	Access Access
	Answer func(*http.Request) *Answer
}
