package kit

import (
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
)

// Authority is a license authority. It notes every request that reaches it, whether it is about a license or not.
type Authority struct {
	*authority.Store
	// URL is what API_ENDPOINT has to be.
	URL string
	// Handler is the authority without its notes.
	Handler http.Handler

	t       *testing.T
	mu      sync.Mutex
	asked   []string
	instead http.Handler // answers in its place, unless nil
}

// NewAuthority starts an authority that ends with the test.
func NewAuthority(t *testing.T, listener net.Listener, options server.Options) *Authority {
	t.Helper()
	store, err := authority.Open(t.Context(), authority.Source{Dir: t.TempDir(), Create: true})
	if err != nil {
		t.Fatal(err)
	}
	a := &Authority{Store: store, URL: "http://" + listener.Addr().String() + "/v1", t: t}
	a.Handler = server.New(store, options)
	server := &http.Server{Handler: a}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		store.Close()
	})
	return a
}

// Token creates a token of a kind with a license, and returns it and its ID in the store.
func (a *Authority) Token(wanted authority.NewToken) (text, id string) {
	a.t.Helper()
	token, secret, err := a.CreateToken(a.t.Context(), wanted)
	if err != nil {
		a.t.Fatal(err)
	}
	return secret.Reveal(), token.ID
}

// Answer has another handler answer from now on; nil is the authority again.
func (a *Authority) Answer(instead http.Handler) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.instead = instead
}

// ServeHTTP answers, and notes method, path and status.
func (a *Authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	handler := a.Handler
	if a.instead != nil {
		handler = a.instead
	}
	a.mu.Unlock()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	a.mu.Lock()
	a.asked = append(a.asked, r.Method+" "+r.URL.Path+" "+strconv.Itoa(answer.Code))
	a.mu.Unlock()
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// Take returns the requests since the last call, as "POST /v1/license/request 200".
func (a *Authority) Take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	taken := a.asked
	a.asked = nil
	return taken
}

// Wants compares the requests since the last call with exactly these, for a test or a part of it.
func (a *Authority) Wants(t testing.TB, requests ...string) {
	t.Helper()
	if got := a.Take(); !slices.Equal(got, requests) {
		t.Errorf("the authority was asked %q, want %q", got, requests)
	}
}

// Nobody answers like a proxy in front of an authority that is down.
var Nobody http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusBadGateway)
})
