package pages

import "testing"

// Anyone may read what a failure means, as a container's banner names it.
func TestFailures(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, newAuthority(t))
	b.Open("/failures").Is(200, "Failures").Look("failures")
	b.Press("credentials.invalid").Look("failure").Shows("credentials.invalid", "55")
	b.Open("/failures/no.such").Look("failure-unknown")
	if b.Status() != 404 {
		t.Errorf("an unknown failure has status %d", b.Status())
	}
}
