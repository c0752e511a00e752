package server

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"

	"localstack-entrypoint/internal/authority/api"
)

// receive reads the body of a request before a handler runs, so that a client that sends slowly, or half of it, holds
// nothing but its connection. The answer is nil unless the body is refused.
func receive(w http.ResponseWriter, r *http.Request) *api.Answer {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	if r.ContentLength > api.MaxBody { // without a byte of it: who sent "Expect: 100-continue" sends none
		w.Header().Set("Connection", "close")
		return api.Refuse(http.StatusRequestEntityTooLarge, api.MessageTooLarge)
	}
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, api.MaxBody))
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

// Messages of refusals; see package api for their form.
const (
	messageSlow    = "request.body: not complete in time"
	messageHalf    = "request.body: not complete, or not encoded as its header says"
	messageMetrics = "request.address: metrics are for this machine only; see --metrics-listen"
)
