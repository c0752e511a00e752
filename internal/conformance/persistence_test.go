package conformance

import (
	"net/http"
	"strings"
	"testing"
)

// The open part of the runtime keeps no state of S3 and SQS, with or without PERSISTENCE: it has the folder
// for it, and starts again with it.
func TestTheRuntimeStartsTwiceWithPersistence(t *testing.T) {
	t.Parallel()
	c, l := newLicensed(t, pythonOfRuntime)
	c.set("PERSISTENCE", "1")
	for _, asked := range []string{"POST /v1/license/request 200", "POST /v1/license/activate 200"} {
		p := c.start()
		p.await("Ready.")
		if got, want := p.python(roundTrip), "object blue\nmessage\n"; got != want {
			t.Errorf("boto3 got %q, want %q", got, want)
		}
		p.run("test", "-d", "/var/lib/localstack/state")
		_, health := p.ask(http.MethodGet, "/_localstack/health", "")
		if !strings.Contains(health, `"s3": "running"`) {
			t.Errorf("health: %s", health)
		}
		p.kill()
		l.Wants(t, asked)
	}
}
