package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestErrorNamesTheRowAndTheDetail(t *testing.T) {
	t.Parallel()
	if got, want := New(ClockSkew, "it is %d", 1970).Error(), "clock.skew: it is 1970"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := (&Error{ID: CredentialsInvalid}).Error(), "credentials.invalid"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAFailureIsFoundBehindWrapping(t *testing.T) {
	t.Parallel()
	failed := Wrap(io.ErrUnexpectedEOF, NetworkTimeout, "no answer")
	err := fmt.Errorf("cannot start: %w", failed)
	if found, ok := Find(err); !ok || found != failed {
		t.Errorf("found %v, %t", found, ok)
	}
	if !errors.Is(err, &Error{ID: NetworkTimeout}) || errors.Is(err, &Error{ID: NetworkDNS}) {
		t.Error("errors.Is does not go by the row")
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
	for _, none := range []error{nil, io.EOF} {
		if found, ok := Find(none); ok || found != nil {
			t.Errorf("found %v in %v", found, none)
		}
	}
}
