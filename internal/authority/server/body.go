package server

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"

	"localstack-entrypoint/internal/authority/api"
)

// receive reads the body of a request before a handler runs, so that a client that sends slowly, or half of it, holds
// nothing but its connection. The answer is nil unless the body is refused.
func receive(w *statusWriter, r *http.Request) *api.Answer {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	if r.ContentLength > api.MaxBody { // without a byte of it: who sent "Expect: 100-continue" sends none
		lingers(w)
		return api.Refuse(http.StatusRequestEntityTooLarge, api.MessageTooLarge)
	}
	content, err := io.ReadAll(http.MaxBytesReader(w.ResponseWriter, r.Body, api.MaxBody))
	if err == nil {
		r.Body = io.NopCloser(bytes.NewReader(content))
		return nil
	}
	w.Header().Set("Connection", "close")
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return api.Refuse(http.StatusRequestEntityTooLarge, api.MessageTooLarge)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return api.Refuse(http.StatusRequestTimeout, messageSlow)
	}
	return api.Refuse(http.StatusUnprocessableEntity, messageHalf)
}

// lingers has package net/http end the connection after the answer, but half a second later: the client may still send,
// and a connection that is closed meanwhile loses the answer. Only [http.MaxBytesReader] can ask for that, of the
// writer that package net/http has made.
func lingers(w *statusWriter) {
	_, _ = http.MaxBytesReader(w.ResponseWriter, io.NopCloser(strings.NewReader("x")), 0).Read(make([]byte, 1))
	w.Header().Set("Connection", "close")
}

// Messages of refusals; see package api for their form.
const (
	messageSlow    = "request.body: not complete in time"
	messageHalf    = "request.body: not complete, or not encoded as its header says"
	messageMetrics = "request.address: metrics are for this machine only; see --metrics-listen"
)
