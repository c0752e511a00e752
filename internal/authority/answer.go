package authority

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
	messageNoPath   = "request.path: no such path; the base URL of this server ends in /v1"
	messageMethod   = "request.method: method not allowed; see the header Allow"
	messageBody     = "request.body: not a JSON object of the licensing protocol"
	messageTooLarge = "request.body: larger than 64 KiB"
	messageInternal = "server.internal: internal error; see the server's log"
)

// answer is the response to a request, and what the access log says about it.
type answer struct {
	status int
	// text is a plain body. Where it is empty, body is sent as JSON.
	text string
	body any

	allow      []string
	retryAfter time.Duration

	// credential is a token's ID, or the masked credential where there is no such
	// token; empty when the request had none.
	credential string
	// cause is the error behind the answer, for the log only.
	cause error
}

// refuse answers with an error of the protocol's shape.
func refuse(status int, message string) *answer {
	return &answer{status: status, body: license.ErrorBody{Error: true, Message: message}}
}

// fail answers that the server failed, which says nothing about a license.
func fail(cause error) *answer {
	failure := refuse(http.StatusInternalServerError, messageInternal)
	failure.cause = cause
	return failure
}

// to notes for the log whose request is answered.
func (a *answer) to(credential string) *answer {
	a.credential = credential
	return a
}

// message is the message of a refusal; empty for anything else.
func (a *answer) message() string {
	refusal, _ := a.body.(license.ErrorBody)
	return refusal.Message
}

func (a *answer) write(w http.ResponseWriter) {
	content, kind := []byte(a.text), "text/plain; charset=utf-8"
	if a.text == "" {
		// Documents and refusals consist of strings and dates: this cannot fail.
		content, _ = json.Marshal(a.body)
		kind = "application/json"
	}
	header := w.Header()
	header.Set("Content-Type", kind)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if a.allow != nil {
		header.Set("Allow", strings.Join(a.allow, ", "))
	}
	if a.retryAfter > 0 {
		// Whole seconds, rounded up: a client that waits that long is not refused.
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(a.retryAfter.Seconds()))))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(content) // the client may have gone
}
