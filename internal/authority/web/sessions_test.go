package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit/postgres"
)

func TestAMemberChangesTheirName(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	b := f.loggedIn("ada@example.com")
	b.post("/sessions/name", "name", " Ada <Lovelace> ").leads("/sessions?done=name")
	b.get("/sessions?done=name").is(http.StatusOK, "Your name was saved.", `value="Ada &lt;Lovelace&gt;"`,
		"Workspace Member")
	long := strings.Repeat("x", 101)
	b.post("/sessions/name", "name", long).is(http.StatusUnprocessableEntity, "<title>Error: ", `value="`+long+`"`,
		"The name of the member has 101 characters; the maximum is 100.", `id="name-error"`, `aria-invalid="true"`)
	b.get("/sessions").is(http.StatusOK, `value="Ada &lt;Lovelace&gt;"`)
	b.post("/sessions/name", "name", "").leads("/sessions?done=name")
	b.get("/sessions/name").leads("/sessions")
}

func TestAMemberChangesTheirPassword(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.member("ada@example.com")
		here, there := f.loggedIn("ada@example.com"), f.loggedIn("ada@example.com")
		const better = "battery horse staple wrong"
		for _, refused := range []struct{ current, password, again, field, problem string }{
			{"wrong horse", better, better, "current", "This is not the password that you have now."},
			{rightPassword, "short word", "short word", "password", "at least 15 characters"},
			{rightPassword, better, better + "x", "again", "The two passwords are not the same."},
		} {
			got := here.post("/sessions/password", "current", refused.current, "password", refused.password,
				"again", refused.again)
			got.is(http.StatusUnprocessableEntity, "<title>Error: ", refused.problem, `id="`+refused.field+`-error"`)
			for _, secret := range []string{refused.current, refused.password} {
				if strings.Contains(got.text, secret) {
					t.Errorf("the page shows %q again", secret)
				}
			}
		}
		there.get("/sessions").is(http.StatusOK)
		here.post("/sessions/password", "current", rightPassword, "password", better, "again", better).
			leads("/sessions?done=password")
		here.get("/sessions?done=password").is(http.StatusOK, "Your password was changed")
		there.get("/sessions").leads("/login?next=%2Fsessions")
		there.post("/login", "email", "ada@example.com", "password", rightPassword).is(http.StatusForbidden)
		there.post("/login", "email", "ada@example.com", "password", better).leads(first)
	})
}

// Who finds a browser where somebody is logged in must not find out the password there.
func TestGuessingThePasswordOfASessionIsLimited(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	b := f.loggedIn("ada@example.com")
	guess := []string{"current", "wrong horse", "password", rightPassword, "again", rightPassword}
	for range 9 { // and one login
		b.post("/sessions/password", guess...).is(http.StatusUnprocessableEntity)
	}
	limited := b.post("/sessions/password", guess...).is(http.StatusTooManyRequests, "Too many attempts")
	if limited.header.Get("Retry-After") == "" {
		t.Error("the answer does not say when to try again")
	}
	f.clock.Advance(time.Minute)
	b.post("/sessions/password", guess...).is(http.StatusUnprocessableEntity)
}

func TestTheNameOfABrowser(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 " +
			"Safari/537.36": "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 " +
			"Safari/537.36 Edg/140.0.0.0": "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 " +
			"Safari/605.1.15": "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 " +
			"Mobile/15E148 Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile " +
			"Safari/537.36": "Chrome on Android",
		"Firefox/140.0": "Firefox",
		"curl/8.14.1":   "curl/8.14.1",
		"":              "A browser that did not say its name",
	} {
		if got := browserName(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}
