package s3

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// corsRule is what some web pages may do with a bucket
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html).
type corsRule struct {
	Origins []string `xml:"AllowedOrigin"`
	Methods []string `xml:"AllowedMethod"`
	Headers []string `xml:"AllowedHeader"`
	Exposed []string `xml:"ExposeHeader"`
	MaxAge  int      `xml:"MaxAgeSeconds"`
}

// CORS returns the headers by which a browser lets a web page send a request, or read its answer: those of the first
// rule of the bucket that allows it. There are none if no rule does. A rule of one bucket does not allow a page to copy
// from another one.
func (s *Service) CORS(r *http.Request) http.Header {
	q := &request{Request: r, Service: s}
	q.address()
	if q.bucket == "" || q.Header.Get("Origin") == "" || q.copiesFromElsewhere() {
		return nil
	}
	b, err := q.found()
	if err != nil {
		return nil
	}
	var document struct {
		Rules []corsRule `xml:"CORSRule"`
	}
	if xml.Unmarshal(b.Settings["cors"], &document) != nil {
		return nil
	}
	for _, rule := range document.Rules {
		if rule.allows(r) {
			return rule.headers(r)
		}
	}
	return nil
}

func (q *request) copiesFromElsewhere() bool {
	source := q.Header.Get("X-Amz-Copy-Source")
	path, err := url.PathUnescape(source)
	return source != "" && (err != nil || !strings.HasPrefix(strings.TrimPrefix(path, "/"), q.bucket+"/"))
}

// requestedHeaders are those that a page wants to send, in small letters.
func requestedHeaders(r *http.Request) (names []string) {
	for name := range strings.SplitSeq(r.Header.Get("Access-Control-Request-Headers"), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// allows reports whether the rule is for the page's origin, its method, and, where the browser asks beforehand, all of
// its headers.
func (c corsRule) allows(r *http.Request) bool {
	method := r.Method
	if asked := r.Header.Get("Access-Control-Request-Method"); method == http.MethodOptions && asked != "" {
		method = asked
	}
	isOrigin := func(pattern string) bool { return fits(pattern, r.Header.Get("Origin")) }
	if !slices.Contains(c.Methods, method) || !slices.ContainsFunc(c.Origins, isOrigin) {
		return false
	}
	for _, name := range requestedHeaders(r) {
		isName := func(pattern string) bool { return fits(strings.ToLower(pattern), name) }
		if !slices.ContainsFunc(c.Headers, isName) {
			return false
		}
	}
	return true
}

// fits reports whether text is pattern, in which an asterisk stands for any characters.
func fits(pattern, text string) bool {
	before, after, hasAny := strings.Cut(pattern, "*")
	if !hasAny {
		return pattern == text
	}
	return len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}

func (c corsRule) headers(r *http.Request) http.Header {
	h := http.Header{}
	h.Set("Access-Control-Allow-Origin", "*")
	if !slices.Contains(c.Origins, "*") {
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(c.Methods, ", "))
	if names := requestedHeaders(r); len(names) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.Join(names, ", "))
	}
	if len(c.Exposed) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(c.Exposed, ", "))
	}
	if c.MaxAge > 0 {
		h.Set("Access-Control-Max-Age", strconv.Itoa(c.MaxAge))
	}
	h.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
	return h
}
