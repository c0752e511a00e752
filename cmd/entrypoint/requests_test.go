package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"localstack-entrypoint/internal/fault"
)

// An answer is an answer: what it says is told, and nobody asks again only to find out more.
func TestAfterAnAnswerNobodyIsAskedAgain(t *testing.T) {
	t.Parallel()
	const page = "<html><title>%s</title><body>%[1]s</body>"
	for name, c := range map[string]struct {
		status  int
		body    string
		headers string // "Name: value" in lines
		id      fault.ID
		says    string
	}{
		"slow down":                       {429, "", "", fault.NetworkRateLimited, "(status 429), request first-0001"},
		"slow down, for longer than 15 s": {429, "", "Retry-After: 16", fault.NetworkRateLimited, "retry after 16s"},
		"slow down, says a page":          {429, page, "", fault.NetworkRateLimited, "(status 429), request first-0001"},
		"a sidecar that will take long": {503, page, "Retry-After: 60", fault.NetworkServerError,
			"status 503, request first-0001, retry after 1m0s"},
		"block page": {403, page, "", fault.NetworkBlockPage, "(status 403), not that of"},
		"portal":     {511, page, "", fault.NetworkCaptivePortal, "status 511"},
		"redirect":   {302, "", "Location: https://login.test/", fault.NetworkCaptivePortal, "login.test"},
		"web site":   {200, page, "", fault.NetworkWrongServer, "an HTML page (status 200)"},
		"JSON": {404, `{"message": "%s"}`, "", fault.NetworkWrongServer,
			"unexpected JSON (status 404), request first-0001"},
		"proxy":          {407, page, "Proxy-Authenticate: Basic", fault.NetworkProxyAuthentication, "Basic"},
		"verdict":        {403, `{"message": "licensing.license.expired"}`, "", fault.LicenseExpired, ""},
		"no verdict":     {400, `{"message": "licensing.license.format"}`, "", fault.LicenseVersion, ""},
		"half an answer": {200, "half", "Content-Length: 100", fault.NetworkReset, "without an answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			asked := w.serveOnce(c.status, c.body, c.headers)
			w.set("ACTIVATION_ATTEMPTS", map[string]string{"half an answer": "1"}[name])
			_, banner, _ := w.start("LOG_FORMAT=json")
			if !strings.Contains(banner, fmt.Sprintf("%q", c.id)) || !strings.Contains(banner, c.says) {
				t.Errorf("want %s with %q: %s", c.id, c.says, banner)
			}
			if n := asked.Load(); n != 1 {
				t.Errorf("the server got %d requests", n)
			}
			if _, payload, _ := strings.Cut(w.token, "0000-"); strings.Contains(banner, payload) {
				t.Errorf("the token was printed: %s", banner)
			}
		})
	}
}

// serveOnce puts a server there whose first request has an ID of its own. A page repeats the token.
func (w *world) serveOnce(status int, body, headers string) (asked *atomic.Int64) {
	asked = new(atomic.Int64)
	if strings.Contains(body, "%") {
		body = fmt.Sprintf(body, "Page for "+w.token)
	}
	w.serve(func(out http.ResponseWriter, _ *http.Request) {
		for line := range strings.Lines(headers) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			out.Header().Set(name, value)
		}
		id := "second-0002"
		if asked.Add(1) == 1 {
			id = "first-0001"
		}
		out.Header().Set("X-Request-Id", id)
		out.WriteHeader(status)
		_, _ = io.WriteString(out, body)
	})
	return asked
}
