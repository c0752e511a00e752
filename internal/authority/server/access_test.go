package server

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/licensing"
)

// Who may ask for what: every route of the API and of the server itself, as somebody elsewhere who has no secret.
func TestEveryRouteKeepsToItsAccess(t *testing.T) {
	t.Parallel()
	store, err := authority.Open(t.Context(), authority.Source{Dir: t.TempDir(), Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := New(store, Options{})
	all := slices.Concat(s.routes(store, licensing.Options{}), s.health(), []api.Route{s.numbers(thisMachine)})
	for _, route := range all {
		for _, method := range route.Methods {
			path := strings.NewReplacer("{id}", "x", "{name}", "x").Replace(route.Path)
			request := httptest.NewRequest(method, path, strings.NewReader("{}"))
			request.RemoteAddr = "203.0.113.9:4711"
			recorder := httptest.NewRecorder()
			s.ServeHTTP(recorder, request)
			got, body := recorder.Code, recorder.Body.String()
			switch {
			case route.Access == "":
				t.Errorf("%s %s does not say who may ask", method, path)
			case got == http.StatusNotFound && strings.Contains(body, api.MessageNoPath) || got >= 500:
				t.Errorf("%s %s: got %d %s", method, path, got, body)
			case route.Access != api.Anyone && got < 400:
				t.Errorf("%s %s is for %q, and a stranger gets %d %s", method, path, route.Access, got, body)
			}
		}
	}
}
