package licensing

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/license"
)

// Simulation is the answer that a test token always gets, as test cards of payment services have theirs.
type Simulation struct {
	// Name is what a token's field Simulate has.
	Name string
	// Answer says in words what the server answers.
	Answer string

	answer func(*handler, question) *api.Answer
}

// question is a request with a token.
type question struct {
	request
	token *authority.Token
	// sameID reports whether the license must have the ID of the request.
	sameID bool
}

// testType is the license_type of all documents for test tokens. LocalStack's server issues none of this type.
const testType = "test"

const (
	// simulatedRetry is what "rate-limited" asks to wait.
	simulatedRetry = 2 * time.Second
	// simulatedLead is how far "clock-ahead" is ahead. It is less than the day for which its document is good.
	simulatedLead = 6 * time.Hour
	// testPeriod is how long the license of a test token is good.
	testPeriod = 24 * time.Hour
)

var simulations = []Simulation{
	{"invalid", "403 licensing.credentials.invalid, as for a token that was rotated or revoked",
		refuses(http.StatusForbidden, license.MessageCredentialsInvalid)},
	{"malformed", "400 licensing.credentials.format",
		refuses(http.StatusBadRequest, license.MessageCredentialsFormat)},
	{"unassigned", "400 licensing.license.not_found",
		refuses(http.StatusBadRequest, license.MessageNotFound)},
	{"expired", "403 licensing.license.expired",
		refuses(http.StatusForbidden, license.MessageExpired)},
	{"suspended", "403 licensing.license.invalid_status:SUSPENDED",
		refuses(http.StatusForbidden, license.MessageInvalidStatus+":"+license.StatusSuspended)},
	{"inactive", "403 licensing.license.invalid_status:INACTIVE",
		refuses(http.StatusForbidden, license.MessageInvalidStatus+":"+license.StatusInactive)},
	{"activation-error", "400 licensing.activation_error",
		refuses(http.StatusBadRequest, license.MessageActivation)},
	{"unknown-version", "400 licensing.license.format, which is no verdict on the license",
		refuses(http.StatusBadRequest, license.MessageFormat+":"+versionDetail)},
	{"rate-limited", "429 licensing.rate_limited with Retry-After: 2", limits},
	{"server-error", "500 server.internal", fails},
	{"slow", "the right document, but only after 45 s", (*handler).late},
	{"wrong-signature", "a document that is signed with another token", changed(signWrong)},
	{"other-version", "a document for version 0.1 of the product", changed(forOldVersion)},
	{"clock-ahead", "a document and a header Date that are 6 h ahead", ahead},
	{"html", "200 with the sign-in page of a captive portal", shows(http.StatusOK, signInPage)},
	{"block-page", "403 with the page of a filtering proxy", shows(http.StatusForbidden, blockPage)},
	{"empty-403", "403 without a body, as of a filtering proxy", shows(http.StatusForbidden, "")},
	{"redirect", "302 to a host that does not exist", redirects},
	{"truncated", "the first half of a document, and the end of the connection", truncates},
	{"too-large", "200 with 2 MiB of JSON", isTooLarge},
}

// Simulations are all simulated answers.
func Simulations() []Simulation { return slices.Clone(simulations) }

// SimulationFlag is the name of a simulated answer, as a flag.
type SimulationFlag string

// Set takes the name of one of the [Simulations].
func (f *SimulationFlag) Set(text string) error {
	names := make([]string, len(simulations))
	for i, one := range simulations {
		names[i] = one.Name
	}
	if !slices.Contains(names, text) {
		return errors.New("use one of " + strings.Join(names, ", "))
	}
	*f = SimulationFlag(text)
	return nil
}

// String returns the name.
func (f *SimulationFlag) String() string { return string(*f) }

// Type names the flag's type in the help.
func (*SimulationFlag) Type() string { return "answer" }

// simulate answers a request with a test token.
func (h *handler) simulate(q question) *api.Answer {
	for _, one := range simulations {
		if one.Name == q.token.Simulate {
			return one.answer(h, q)
		}
	}
	return api.Fail(fmt.Errorf("%s simulates %q, which this version does not know", q.token.ID, q.token.Simulate))
}
