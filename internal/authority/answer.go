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

// Messages of refusals that say nothing about a license. They must not begin
// with [license.MessagePrefix]: clients take that for a verdict, and delete
// the document they have.
const (
	messageNoPath   = "request.path: there is nothing here; the base URL of this server ends in /v1"
	messageMethod   = "request.method: see the header Allow"
	messageBody     = "request.body: it is not the JSON object that the licensing protocol asks for"
	messageTooLarge = "request.body: it is larger than 64 KiB"
	messageInternal = "server.internal: see the server's log"
)

// answer is what a request gets, and what the access log tells of it.
type answer struct {
	status int
	// text is a plain body; body, when text is empty, one to be sent as JSON.
	text string
	body any

	allow      []string
	retryAfter time.Duration

	// bearer is a token's ID, or as much of a refused credential as may be
	// printed; empty when the request had none.
	bearer string
	// cause is what went wrong here, for the log only.
	cause error
}

// refuse answers with an error of the protocol's shape.
func refuse(status int, message string) *answer {
	return &answer{status: status, body: license.Refusal{Error: true, Message: message}}
}

// fail answers that the server cannot, which says nothing about a license.
func fail(cause error) *answer {
	failure := refuse(http.StatusInternalServerError, messageInternal)
	failure.cause = cause
	return failure
}

// to notes whom the answer is for.
func (a *answer) to(bearer string) *answer {
	a.bearer = bearer
	return a
}

// message is what a refusal says; empty for anything else.
func (a *answer) message() string {
	refusal, _ := a.body.(license.Refusal)
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
		// Whole seconds, rounded up: whoever waits that long is let in.
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(a.retryAfter.Seconds()))))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(content) // a client that left needs no answer
}
