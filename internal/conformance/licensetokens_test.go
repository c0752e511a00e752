package conformance

import (
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
)

// What LocalStack's own license client makes of test tokens in a new volume, where licenseCases do not say so; what the
// entrypoint makes of all is in docs/TEST-TOKENS.md. "slow" would take 30 s, three attempts of 10 s.
func TestLocalStacksLicenseClientWithTestTokens(t *testing.T) {
	const granted = "Successfully requested and activated new license <id>:test"
	for simulated, want := range map[string]activation{
		"malformed": {"The auth token defined in LOCALSTACK_AUTH_TOKEN has an invalid format.", 0,
			"request 400 credentials.format", "none"},
		"activation-error": {"The license could not be activated for unknown reasons.", 0,
			"request 400 activation_error", "none"},
		"wrong-signature": {"Calculated signature and license signature do not match.", 0, "request 200", "none"},
		"clock-ahead":     {granted, 0, "request 200", "written"},
		// The entrypoint is stricter: the document is for another version.
		"other-version": {granted, 0, "request 200", "written"},
		"too-large":     {"unknown license format", 0, "request 200", "none"},
		// What has no answer is tried again.
		"truncated": {unreachable, 0, "request 200, request 200, request 200", "none"},
		"redirect":  {unreachable, 0, "request 302, request 302, request 302", "none"},
	} {
		t.Run(simulated, func(t *testing.T) {
			t.Parallel()
			r := newLicenseRoom(t, authority.Developer)
			r.secret, r.id = r.Token(authority.NewToken{Kind: authority.Developer, Simulate: simulated})
			r.set(credential.AuthTokenVariable, r.secret)
			mark := r.restore(nil)
			result := r.ends(localstacks.command...)
			got := activation{r.says(result.output), result.exit, r.requests(), r.since(mark)}
			if strings.HasPrefix(got.says, want.says) {
				want.says = got.says
			}
			if got != want {
				t.Errorf("got  %+v\nwant %+v\nit prints:\n%s", got, want, result.output)
			}
		})
	}
}
