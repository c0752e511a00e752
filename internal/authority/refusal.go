package authority

import (
	"errors"
	"fmt"
)

// Verdict says what kind of a [Refusal] it is.
type Verdict string

// The verdicts. Each has its own status in HTTP.
const (
	// Invalid is about what was asked: a text that is too long, a link that was used before.
	Invalid Verdict = "invalid"
	// NotFound is about an ID or a name that is nothing here, or no longer.
	NotFound Verdict = "not found"
	// NotAllowed is about who asks.
	NotAllowed Verdict = "not allowed"
	// Conflict is about what is there: no free seat, the last Admin, an email address that is taken.
	Conflict Verdict = "conflict"
)

// Refusal is an error that is a verdict on what was asked. Any other error means that the state is not known. Other
// errors may wrap it: use [errors.AsType].
type Refusal struct {
	Verdict Verdict
	// Field names the input that it is about, such as "email"; empty if there is no such input.
	Field string
	// Missing names what is not there, such as a "CI key", for commands that list or create it; it may be empty.
	Missing string
	text    string
}

// Error is a sentence for whoever asked, without capital letter and period.
func (r Refusal) Error() string { return r.text }

// Refusals returns the refusal that err is, or those that it joins; nil if it is anything else, or joins that.
func Refusals(err error) []Refusal {
	parts := []error{err}
	if joined, ok := errors.AsType[joinedError](err); ok {
		parts = joined.Unwrap()
	}
	var found []Refusal
	for _, part := range parts {
		refusal, ok := errors.AsType[Refusal](part)
		if !ok {
			return nil
		}
		found = append(found, refusal)
	}
	return found
}

// joinedError is what [errors.Join] returns.
type joinedError interface {
	error
	Unwrap() []error
}

// invalid is an Invalid about a field.
func invalid(field, format string, args ...any) error {
	return Refusal{Verdict: Invalid, Field: field, text: fmt.Sprintf(format, args...)}
}

// about names the input that a refusal is about; another error stays as it is.
func about(field string, err error) error {
	if refusal, ok := errors.AsType[Refusal](err); ok {
		refusal.Field = field
		return refusal
	}
	return err
}

// without is a refusal because something is missing.
func without(missing string, verdict Verdict, format string, args ...any) error {
	return Refusal{Verdict: verdict, Missing: missing, text: fmt.Sprintf(format, args...)}
}

// errUnknown is a NotFound that does not repeat what was asked for: it may be a secret.
func errUnknown(missing string) error {
	return without(missing, NotFound, "there is no such %[1]s: use an ID of the list of %[1]ss", missing)
}

func refuse(verdict Verdict, format string, args ...any) error {
	return Refusal{Verdict: verdict, text: fmt.Sprintf(format, args...)}
}
