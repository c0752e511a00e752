package conformance

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"

	"localstack-entrypoint/internal/authority"
)

// licensing is a license authority in a container's network. It notes every request that reaches it, also
// those that are none of a license.
type licensing struct {
	*container
	*authority.Store
	url string // as API_ENDPOINT

	mu      sync.Mutex
	asked   []string
	handler http.Handler
	instead http.Handler // answers in its place, unless nil
}

// licensing starts an authority on a free port and sets API_ENDPOINT.
func (c *container) licensing(options authority.Options) *licensing {
	c.Helper()
	store, err := authority.Open(c.Context(), c.folder(), nil)
	if err != nil {
		c.Fatal(err)
	}
	l := &licensing{container: c, Store: store, handler: authority.New(store, options)}
	listener := c.listen(c.T, "127.0.0.1:0")
	server := &http.Server{Handler: l}
	go func() { _ = server.Serve(listener) }()
	c.Cleanup(func() {
		server.Close()
		store.Close()
	})
	l.url = "http://" + listener.Addr().String() + "/v1"
	c.set("API_ENDPOINT", l.url)
	return l
}

// token creates a token of a kind with a license, and returns it and its ID in the store.
func (l *licensing) token(wanted authority.NewToken) (text, id string) {
	l.Helper()
	token, secret, err := l.CreateToken(l.Context(), wanted)
	if err != nil {
		l.Fatal(err)
	}
	return secret.Reveal(), token.ID
}

// answer has another handler answer from now on; nil is the authority again.
func (l *licensing) answer(instead http.Handler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.instead = instead
}

// ServeHTTP answers, and notes method, path and status.
func (l *licensing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	handler := l.handler
	if l.instead != nil {
		handler = l.instead
	}
	l.mu.Unlock()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	l.mu.Lock()
	l.asked = append(l.asked, r.Method+" "+r.URL.Path+" "+strconv.Itoa(answer.Code))
	l.mu.Unlock()
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// take returns the requests since the last call, as "POST /v1/license/request 200".
func (l *licensing) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.asked
	l.asked = nil
	return taken
}

// wants compares the requests since the last call with exactly these.
func (l *licensing) wants(requests ...string) {
	l.Helper()
	if got := l.take(); !slices.Equal(got, requests) {
		l.Errorf("the authority was asked %q, want %q", got, requests)
	}
}

// nobody answers like a proxy in front of an authority that is down.
var nobody http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusBadGateway)
})
