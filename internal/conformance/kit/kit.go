// Package kit is what the tests of internal/conformance and of internal/conformance/docker share.
package kit

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Root are the layers of the clients' root, separated by colons, the undermost last. .ci/clients makes and prints them;
// "" without them.
var Root = os.Getenv("CLIENTS_ROOT")

// Client says which client a test is of. .ci/clients prints a table of them; a client's checks are the test's
// subtests, or the test itself where it has none.
func Client(t *testing.T, name, version string) {
	t.Helper()
	t.Logf("client: %s %s", name, version)
}

// Needs skips a test unless the clients' root has these programs. .ci/clients makes its layers one by one, and says
// which of them it cannot make; this costs only the tests that need it.
func Needs(t *testing.T, programs ...string) {
	t.Helper()
	layers := filepath.SplitList(Root)
	if len(layers) == 0 {
		t.Skip("make clients, run by root, sets CLIENTS_ROOT: the layers of the real clients' root")
	}
	for _, program := range programs {
		if !slices.ContainsFunc(layers, func(layer string) bool {
			_, err := os.Lstat(filepath.Join(layer, program)) // a link may lead to another layer
			return err == nil
		}) {
			t.Skipf("the clients' root has no %s: make clients says why", program)
		}
	}
}
