package api

import (
	"cmp"
	"context"
	"net/http"
)

// Record is what the access log and the metrics say about a request, beside its status.
type Record struct {
	// Credential is a token's ID, or the masked credential where there is no such token; empty when the request had
	// none.
	Credential string
	// Message is the message of a refusal.
	Message string
	// Cause is the error behind the answer.
	Cause error
	// Login is how an attempt to log in has ended; empty where there was none.
	Login Login
}

// Login is how an attempt to log in has ended.
type Login string

// The ways in which an attempt to log in ends.
const (
	LoggedIn     Login = "succeeded"
	LoginRefused Login = "refused"
	LoginLimited Login = "limited"
)

type recordKey struct{}

// Recording returns a context for a request, and what is recorded in it.
func Recording(ctx context.Context) (context.Context, *Record) {
	record := new(Record)
	return context.WithValue(ctx, recordKey{}, record), record
}

// RecordOf returns the record of a request, to add to it. Where nobody asked for one, nobody sees it.
func RecordOf(r *http.Request) *Record {
	if record, ok := r.Context().Value(recordKey{}).(*Record); ok {
		return record
	}
	return new(Record)
}

// Func answers requests. It is an [http.Handler].
type Func func(*http.Request) *Answer

// ServeHTTP sends the answer.
func (f Func) ServeHTTP(w http.ResponseWriter, r *http.Request) { f(r).Send(w, r) }

// Send sends the answer, and records what the access log says about it.
func (a *Answer) Send(w http.ResponseWriter, r *http.Request) {
	record := RecordOf(r)
	record.Credential, record.Message = cmp.Or(a.Credential, record.Credential), a.Message()
	if a.Cause != nil {
		record.Cause = a.Cause
	}
	if a.Raw != nil {
		a.Raw(w, r)
		return
	}
	a.Write(w)
}
