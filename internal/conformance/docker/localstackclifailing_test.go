package docker

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
)

// What its users see of a start that fails.
func TestLocalStackCLIWithoutLicense(t *testing.T) {
	t.Parallel()
	newRoomWithClients(t, localstackProgram).isLocalstackCLI()
	tests := []struct {
		name  string
		port  int
		token func(localstackCLI) string
		set   [2]string
		// code is the container's exit code, reason a part of what the terminal shows.
		code, reason string
		// asked is what the authority is asked by one start.
		asked []string
	}{
		{name: "refused token", port: 14600, token: refusedToken, code: "55", reason: "License activation failed!",
			asked: []string{"POST /v1/license/request 403"}},
		{name: "no token", port: 14620, token: func(localstackCLI) string { return "" }, code: "55",
			reason: "No credentials were found"},
		{name: "senseless setting", port: 14630, token: refusedToken, code: "78", reason: "SHUTDOWN_TIMEOUT",
			set: [2]string{"LOCALSTACK_SHUTDOWN_TIMEOUT", "soon"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newLocalstackCLIAt(t, test.port)
			c.set("LOCALSTACK_AUTH_TOKEN", test.token(c))
			if test.set[0] != "" {
				c.set(test.set[0], test.set[1])
			}
			t.Run("start -d, wait", func(t *testing.T) {
				c := c.in(t)
				c.limit = 20 * time.Second
				c.localstack("start", "-d") // it waits without limit for a container that it can inspect
				c.fails("timeout", "wait", "-t", "3")
				c.ends(test.code)
				c.asked(test.asked...)
			})
			t.Run("start", func(t *testing.T) {
				c := c.in(t)
				c.set("LEGACY_DOCKER_CLIENT", "1")
				c.showsOnce(test.reason, test.code, test.asked)
			})
		})
	}
}

// showsOnce starts it in the terminal until that shows a text. On a busy machine it may be too late to read the log
// of a container that has removed itself.
func (c localstackCLI) showsOnce(text, code string, asked []string) {
	c.Helper()
	var shown string
	for attempt := range 15 {
		c.set("LOCALSTACK_VOLUME_DIR", fmt.Sprint(c.home, "/volume-", attempt)) // a first start
		shown, _ = c.try("start")
		c.ends(code)
		c.asked(asked...)
		if strings.Contains(shown, text) {
			c.Logf("shown by start %d", attempt+1)
			return
		}
	}
	c.Errorf("the terminal does not show %q:\n%s", text, shown)
}

func refusedToken(c localstackCLI) string {
	c.Helper()
	token, _ := c.Token(authority.NewToken{Kind: authority.Developer, Simulate: "invalid"})
	return token
}
