// Package api is the shape of the authority's API: its routes, and answers in JSON or with an error of the licensing
// protocol, with what the access log says about them.
package api

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"localstack-entrypoint/internal/license"
)

// Messages of refusals that say nothing about a license. They must not begin with
// [license.MessagePrefix]: clients would take that for a verdict on their license
// and delete the document they have.
const (
	MessageNoPath   = "request.path: no such path; the base URL of this server ends in /v1"
	MessageMethod   = "request.method: method not allowed; see the header Allow"
	MessageBody     = "request.body: not a JSON object of the licensing protocol"
	MessageTooLarge = "request.body: larger than 64 KiB"
	MessageInternal = "server.internal: internal error; see the server's log"
)

// Answer is the response to a request, and what the access log says about it.
type Answer struct {
	Status int
	// Text is a plain body. Where it is empty, Body is sent as JSON.
	Text string
	Body any
	// Raw sends what is no answer of an API, with this status, in place of both. It may wait.
	Raw http.HandlerFunc

	Allow      []string
	RetryAfter time.Duration

	// Credential is a token's ID, or the masked credential where there is no such
	// token; empty when the request had none.
	Credential string
	// Cause is the error behind the answer, for the log only.
	Cause error
}

// Refuse answers with an error of the protocol's shape.
func Refuse(status int, message string) *Answer {
	return &Answer{Status: status, Body: license.ErrorBody{Error: true, Message: message}}
}

// Fail answers that the server failed, which says nothing about a license.
func Fail(cause error) *Answer {
	failure := Refuse(http.StatusInternalServerError, MessageInternal)
	failure.Cause = cause
	return failure
}

// To notes for the log whose request is answered.
func (a *Answer) To(credential string) *Answer {
	a.Credential = credential
	return a
}

// Message is the message of a refusal; empty for anything else.
func (a *Answer) Message() string {
	refusal, _ := a.Body.(license.ErrorBody)
	return refusal.Message
}

// Write sends an answer with Text or Body.
func (a *Answer) Write(w http.ResponseWriter) {
	content, kind := []byte(a.Text), "text/plain; charset=utf-8"
	if a.Text == "" {
		// Documents and refusals consist of strings and dates: this cannot fail.
		content, _ = json.Marshal(a.Body)
		kind = "application/json"
	}
	header := w.Header()
	header.Set("Content-Type", kind)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if a.Status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", "Bearer") // RFC 9110, section 15.5.2
	}
	if a.Allow != nil {
		header.Set("Allow", strings.Join(a.Allow, ", "))
	}
	if a.RetryAfter > 0 {
		// Whole seconds, rounded up: a client that waits that long is not refused.
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(a.RetryAfter.Seconds()))))
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(content) // the client may have gone
}
