package licensing

import (
	"net/http"
	"sync"
	"time"

	"localstack-entrypoint/internal/authority/api"
)

const (
	// simulatedDelay is more than the budget of any client: lstk waits for 30 s, and LocalStack's own client for 10 s.
	simulatedDelay = 45 * time.Second
	// mostLate bounds the requests that wait at once, each of which holds a connection.
	mostLate = 16
	// lateWrite is how long the late answer may take.
	lateWrite = 10 * time.Second
)

// lateness has the requests that wait for their late answer.
type lateness struct {
	delay  time.Duration
	places chan struct{}

	atStop  sync.Once
	stopped chan struct{}
}

func newLateness(delay time.Duration) *lateness {
	return &lateness{delay: delay, places: make(chan struct{}, mostLate), stopped: make(chan struct{})}
}

// late answers with the right document, long after the client has given up.
func (h *handler) late(q question) *api.Answer {
	document := changed(signRight)(h, q)
	if document.Status != http.StatusOK {
		return document
	}
	return &api.Answer{Status: http.StatusOK, Raw: func(w http.ResponseWriter, r *http.Request) {
		if h.lateness.wait(w, r) {
			document.Write(w)
			return
		}
		api.Refuse(http.StatusServiceUnavailable, messageNotLate).Write(w)
	}}
}

const messageNotLate = "server.busy: too many requests wait for a late answer, or the server stops"

// wait waits, and reports whether it did so to the end. It ends with the connection and when the server stops.
func (l *lateness) wait(w http.ResponseWriter, r *http.Request) bool {
	select {
	case l.places <- struct{}{}:
		defer func() { <-l.places }()
	default:
		return false
	}
	l.atStop.Do(func() {
		if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok {
			server.RegisterOnShutdown(func() { close(l.stopped) })
		}
	})
	// Both limits of the server are shorter. Without the one for reading, it takes the client to be gone.
	until := time.Now().Add(l.delay + lateWrite)
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(until) // where that is not supported, there is no limit
	_ = control.SetWriteDeadline(until)
	timer := time.NewTimer(l.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-l.stopped:
	}
	return false
}
