package fault

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestReasonSaysWhatHappenedAndWhatToDo(t *testing.T) {
	t.Parallel()
	failed := New(NetworkDNS, "the name %s does not resolve (status: %s from %s)", "api.localstack.cloud", "NXDOMAIN", "10.0.0.2")
	failed.Server, failed.Host = "https://api.localstack.cloud/v1", "api.localstack.cloud"
	want := "Could not reach the LocalStack licensing server at https://api.localstack.cloud/v1: " +
		"the name api.localstack.cloud does not resolve (status: NXDOMAIN from 10.0.0.2). " +
		"Some corporate DNS servers filter domains; ask your network administrator to safelist localstack.cloud. " +
		"Check with: dig api.localstack.cloud"
	if got := failed.Reason(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestReasonNamesTheNetworkFirstAndTheStoredDocumentSecond(t *testing.T) {
	t.Parallel()
	failed := New(NetworkDNS, "the name does not resolve")
	failed.Server, failed.Host = "https://licenses.test/v1", "licenses.test"
	tests := []struct {
		name   string
		stored *Error
		want   string
	}{
		{"a flaw without a remedy", New(StoredStale, "it had to be activated again by noon"),
			"Could not reach the LocalStack licensing server at https://licenses.test/v1: the name does not resolve. " +
				"The stored license cannot be used offline any longer: it had to be activated again by noon. " +
				"Some corporate DNS servers filter domains; ask your network administrator to safelist localstack.cloud. Check with: dig licenses.test"},
		{"a flaw with one", New(ClockSkew, "it is 1970 here"),
			"Could not reach the LocalStack licensing server at https://licenses.test/v1: the name does not resolve. " +
				"The clock of this machine is wrong: it is 1970 here. " +
				"Please set the clock; containers take their host's. " +
				"Some corporate DNS servers filter domains; ask your network administrator to safelist localstack.cloud. Check with: dig licenses.test"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			both := *failed
			both.Stored = test.stored
			if got := both.Reason(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestReasonLeadsOnWhereASentenceIsNotEnough(t *testing.T) {
	t.Parallel()
	stale := New(NetworkRefused, "no")
	stale.Stored = New(StoredStale, "old")
	tests := []struct {
		failed *Error
		ends   string
	}{
		{New(NetworkRefused, "no"), "may need HTTPS_PROXY to be set. More: entrypoint doctor, entrypoint explain network.refused"},
		{stale, "may need HTTPS_PROXY to be set. More: entrypoint doctor, entrypoint explain network.refused"},
		{New(StoredStale, "old"), "any longer: old. More: entrypoint doctor, entrypoint explain stored.stale"},
		{New(ClockSkew, "1970"), "take their host's. More: entrypoint doctor, entrypoint explain clock.skew"},
		{New(LicenseExpired, "over"), "in the LocalStack web app https://app.localstack.cloud."},
		{New(CredentialsMalformed, "cut"), "in the LocalStack web app https://app.localstack.cloud/workspace/auth-token."},
		{New(ConfigInvalid, "bad"), "explains every variable."},
		// Nothing may be copied with a command.
		{New(NetworkDNSFiltered, "no"), "Check with: dig"},
		{New(NetworkIntercepted, "no"), "corporate-ca.pem`. More: entrypoint doctor, entrypoint explain network.certificate.intercepted"},
	}
	for _, test := range tests {
		if got := test.failed.Reason(); !strings.HasSuffix(got, test.ends) {
			t.Errorf("%s ends otherwise than with %q: %s", test.failed.ID, test.ends, got)
		}
	}
}

func TestReasonWithoutRemedyEndsWithTheReason(t *testing.T) {
	t.Parallel()
	if got, want := New(CommandNotFound, "emulator").Reason(), "The command to run was not found: emulator."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFactsAreNotReadAsPlaceholders(t *testing.T) {
	t.Parallel()
	failed := New(LicenseRefused, "the server says {host} and %s", "{server}")
	failed.Server, failed.Host = "https://licenses.test/v1", "{detail}"
	want := "The licensing server at https://licenses.test/v1 refused the activation: the server says {host} and {server}. " +
		"Please contact LocalStack support with this message."
	if got := failed.Reason(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAnUnknownIDStillSaysWhatWasSeen(t *testing.T) {
	t.Parallel()
	failed := New("nobody.knows", "something broke")
	if failed.Row().Exit != 1 || failed.Reason() != "something broke." || failed.Remedy() != "" {
		t.Errorf("exit %d, %q, %q", failed.Row().Exit, failed.Reason(), failed.Remedy())
	}
}

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
	failed := New(NetworkTimeout, "no answer").Because(io.ErrUnexpectedEOF)
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
