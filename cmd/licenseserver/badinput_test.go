package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// posts are the routes that take a body, gets those that do not.
var (
	posts = []string{
		"/v1/license/request", "/v1/license/activate", "/v1/auth/request", "/v1/auth/request/x/exchange", "/login", "/logout",
		"/invite/x", "/auth/request/x", "/sessions",
	}
	gets = []string{
		"/", "/login", "/login?next=//evil.example", "/invite/x", "/auth/request/x?code=ABCD", "/sessions", "/style.css",
		"/v1/license/activate", "/v1/auth/request/x?exchange_token=y", "/v1/license/credentials", "/v1/cloudpods", "/metrics",
	}
)

func TestNoRouteTakes10MB(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.start()
	for _, path := range posts {
		if got := exchange(r.url+path, strings.Repeat("x", 10<<20)); got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: got %d %.200s", path, got.status, got.text)
		}
	}
	if got := r.activate(r.token); got.status != http.StatusOK {
		t.Errorf("a license: got %d %s", got.status, got.text)
	}
}

// A link to where the client says it is would lead its user to somebody else.
func TestNoAnswerNamesTheHostOfSomebodyElse(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.start()
	client := http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	defer client.CloseIdleConnections()
	for _, path := range gets {
		for _, host := range []string{
			"evil.example", "evil.example:8080", "127.0.0.1@evil.example", "localhost.evil.example",
		} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Host = host
			for _, name := range []string{"X-Forwarded-Host", "X-Original-Host", "Forwarded", "Origin", "Referer"} {
				request.Header.Set(name, "host=evil.example")
			}
			answer, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if shown := fmt.Sprint(answer.Header, string(text)); err != nil || answer.StatusCode >= 500 ||
				strings.Contains(shown, "evil") {
				t.Errorf("%s for %s: got %d %s, %v", path, host, answer.StatusCode, shown, err)
			}
		}
	}
}
