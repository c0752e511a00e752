package server

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
)

// FuzzRequest asks anything of the whole authority: no answer is the server's fault, none leads to the host that the
// client names, and neither an answer nor the log repeats a secret.
func FuzzRequest(f *testing.F) {
	store, err := authority.Open(f.Context(), authority.Source{Dir: f.TempDir(), Create: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = store.Close() })
	log := new(bytes.Buffer)
	handler := New(store, Options{AccessLog: log})
	const body = `{"credentials":{"token":"` + secret + `"},"product":{"name":"localstack-pro","version":"4.14.0"}}`
	for _, target := range []string{
		"/v1/license/request", "/v1/license/activate", "/v1/auth/request", "/v1/auth/request/1?exchange_token=" + secret,
		"/v1/auth/request/1/exchange", "/v1/license/credentials", "/v1/cloudpods/x", "/v1/license/grace-period-check", "/",
		"/login?next=//else.example", "/logout", "/invite/" + secret, "/auth/request/1?code=A", "/sessions", "/healthz",
		"/readyz", "/metrics", "/%2e%2e/%00", "//x", "*",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			f.Add(method, target, "else.example", "application/json", body)
			f.Add(method, target, "", "application/x-www-form-urlencoded", "email=a%40b.c&password="+secret)
			f.Add(method, target, "[::1", "multipart/form-data; boundary=x", "--x\r\n\r\n")
		}
	}
	f.Fuzz(func(t *testing.T, method, target, host, kind, body string) {
		parsed, err := url.ParseRequestURI(target)
		if err != nil || method == "" {
			return
		}
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		request.Method, request.URL, request.RequestURI, request.Host = method, parsed, target, host
		request.Header.Set("Content-Type", kind)
		request.Header.Set("Authorization", "Bearer "+secret)
		log.Reset()
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		location := recorder.Header().Get("Location")
		switch {
		case recorder.Code >= 500:
			t.Errorf("%s %q is answered with %d %s: %s", method, target, recorder.Code, recorder.Body, log)
		case strings.Contains(log.String(), "DDDDEEEE") || !strings.Contains(target+body, "DDDDEEEE") &&
			strings.Contains(recorder.Body.String(), "DDDDEEEE"):
			t.Errorf("%s %q repeats a secret: %s %s", method, target, recorder.Body, log)
		case location != "" && (!strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//")):
			t.Errorf("%s %q leads to %q", method, target, location)
		}
	})
}
