package conformance

import (
	"net/http"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
)

func TestTheRuntimeStartsUnderOurPID1(t *testing.T) {
	t.Parallel()
	c := newContainer(t, pythonOfRuntime)
	l := c.licensing(server.Options{})
	token, _ := l.Token(authority.NewToken{Kind: authority.Developer})
	c.set("LOCALSTACK_AUTH_TOKEN", token)
	p := c.start()
	ready := p.await("Ready.")
	status, info := p.ask(http.MethodGet, "/_localstack/info", "")
	if status != http.StatusOK || !strings.Contains(info, `"2026.3.0`) {
		t.Errorf("info: %d %s", status, info)
	}
	l.Wants(t, "POST /v1/license/request 200")
	stopped := p.stop()
	p.ends(0)
	t.Logf("ready after %v, stopped after %v", ready, stopped)
}
