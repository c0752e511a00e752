package activate

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
)

// maxAnswer bounds what is read of an answer; documents have about 1 KiB.
const maxAnswer = 1 << 20

// readAnswer reads an answer: a document, or the failure behind it.
func readAnswer(response *http.Response, body []byte, token string) (license.Document, *fault.Error) {
	if len(body) > maxAnswer || response.StatusCode != http.StatusOK {
		failed := readFailure(response, body, token)
		facts := fault.Facts{Answered: true}
		if !errors.Is(failed, license.ErrVerdict) {
			facts.RequestID = connect.RequestID(response, token)
		}
		if failed.Row().Retry {
			facts.RetryAfter = connect.RetryAfter(response)
		}
		return license.Document{}, failed.With(facts)
	}
	document, err := license.Parse(body)
	if err == nil {
		return document, nil
	}
	failed := readPage(response, body, token)
	if json.Valid(body) {
		failed = fault.Wrap(err, failed.ID, "%s: %.200s", failed.Detail, err)
	}
	return license.Document{}, failed.With(fault.Facts{Answered: true, RequestID: connect.RequestID(response, token)})
}

// readFailure is the failure behind an answer that is not a success.
func readFailure(response *http.Response, body []byte, token string) *fault.Error {
	status := response.StatusCode
	message := messageOf(body)
	switch {
	case len(body) > maxAnswer:
		return fault.New(fault.NetworkWrongServer, "its answer (status %d) is larger than 1 MiB", status)
	case status == http.StatusProxyAuthRequired:
		return connect.UnknownProxy(response.Request.URL.Host, response)
	case status >= http.StatusBadRequest && !saysAll(status) && strings.HasPrefix(message, license.MessagePrefix):
		return license.Refusal(message)
	}
	return readPage(response, body, token)
}

// saysAll reports whether a status tells what became of a request, whatever comes with it.
func saysAll(status int) bool {
	switch status {
	case http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	}
	return status >= http.StatusInternalServerError || status >= 300 && status < http.StatusBadRequest
}

// readPage is the failure behind an answer that is no document and no verdict.
func readPage(response *http.Response, body []byte, token string) *fault.Error {
	page := connect.ReadPage(response, body, token)
	failed := page.Fault(response.Request.URL.Hostname())
	if failed == nil {
		failed = fault.New(fault.NetworkWrongServer, "the answer is %s", page)
	}
	return failed
}

// messageOf is the message of a refusal, "" for anything else. No other field
// may make a verdict look like something else.
func messageOf(body []byte) string {
	var fields map[string]json.RawMessage
	var message string
	if json.Unmarshal(body, &fields) != nil || json.Unmarshal(fields["message"], &message) != nil {
		return ""
	}
	return message
}
