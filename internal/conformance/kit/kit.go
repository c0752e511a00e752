// Package kit is what the tests of internal/conformance and of internal/conformance/docker share.
package kit

import "testing"

// Client says which client a test is of. .ci/clients prints a table of them; a client's checks are the test's
// subtests, or the test itself where it has none.
func Client(t *testing.T, name, version string) {
	t.Helper()
	t.Logf("client: %s %s", name, version)
}
