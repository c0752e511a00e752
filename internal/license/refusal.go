package license

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"localstack-entrypoint/internal/fault"
)

// ErrVerdict is the cause of a failure that is the licensing server's own decision
// about us. Everything else means that it was not reached.
var ErrVerdict = errors.New("the licensing server's verdict")

// ErrNotFound is ErrVerdict for "no such license": activate may be followed by request.
var ErrNotFound = fmt.Errorf("%w: not found", ErrVerdict)

// Refusal is the failure behind the message of a refusal. Where the credential itself is refused, or has no license, it
// has no detail: whoever knows the credential says which one it is.
func Refusal(message string) *fault.Error {
	code, more, _ := strings.Cut(message, ":")
	switch code {
	case MessageInvalidStatus:
		if !slices.Contains(Statuses(), more) {
			more = StatusUnknown
		}
		return fault.Wrap(ErrVerdict, fault.LicenseStatus, "the licensing server reports the status %s", more)
	case MessageFormat:
		// The server cannot judge this version; that says nothing about the license.
		return fault.New(fault.LicenseVersion, "the server answered with %q", code)
	case MessageRateLimited:
		return fault.New(fault.NetworkRateLimited, "rate limit exceeded")
	case MessageCredentialsFormat:
		return fault.Wrap(ErrVerdict, fault.CredentialsMalformed, "the server answered with %q", code)
	case MessageCredentialsInvalid:
		return fault.Wrap(ErrVerdict, fault.CredentialsInvalid, "")
	case MessageNotFound:
		return fault.Wrap(ErrNotFound, fault.LicenseNotAssigned, "")
	case MessageExpired:
		return fault.Wrap(ErrVerdict, fault.LicenseExpired, "the subscription has ended")
	case MessageActivation:
		return fault.Wrap(ErrVerdict, fault.LicenseRefused, "the server answered with %q", code)
	}
	// What a server says beyond its codes is not repeated: it may be what we told it.
	return fault.Wrap(ErrVerdict, fault.LicenseRefused, "the server answered with an unknown code")
}
