package pages

import (
	"testing"

	"localstack-entrypoint/internal/testkit/lstk"
)

func TestLoginAndLogout(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.member("ada@example.com", "--admin")
	b := newBrowser(t, a).As("Ada")
	b.Open("/").Is(200, "License authority").Look("front")
	b.Open("/login").Is(200, "Log in").Look("login")
	b.Fill("Email address", "ada@example.com").Fill("Password", "wrong").Press("Log in")
	b.Is(403, "Log in").Look("login-refused")
	b.LogIn("ada@example.com").Press("Log out").Is(200, "Log in")
	b.Open("/sessions").Is(200, "Log in")
}

func TestASessionIsEndedElsewhere(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.member("ada@example.com", "--admin")
	desk := newBrowser(t, a).As("Ada at the desk").LogIn("ada@example.com")
	phone := newBrowser(t, a).As("Ada on the phone").LogIn("ada@example.com")
	desk.Open("/sessions").Is(200, "Your account").Look("sessions")
	desk.Press("End all other sessions").Is(200, "Your account").Shows("All other sessions were ended.")
	desk.Look("sessions-ended")
	phone.Open("/sessions").Is(200, "Log in")
}

// Somebody runs `lstk login`, logs in at the page that it opens, and compares the codes.
func TestLoginOfLstk(t *testing.T) {
	t.Parallel()
	for decision, then := range map[string]struct{ heading, page, error string }{
		"Confirm": {"Confirmed", "lstk-confirmed", ""},
		"Deny":    {"Denied", "lstk-denied", "not confirmed"},
	} {
		t.Run(decision, func(t *testing.T) {
			t.Parallel()
			a := newAuthority(t)
			a.member("ada@example.com", "--admin")
			a.do("subscription", "create", "--plan", "team", "--seats", "2")
			a.do("license", "assign", "ada@example.com")
			terminal := lstk.Login(t, a.URL, a.URL)
			code := terminal.Shows(`Verification code: (\S+)`)
			b := newBrowser(t, a).As("Ada").Open(terminal.Link()).Is(200, "Log in")
			b.Fill("Email address", "ada@example.com").Fill("Password", password).Press("Log in")
			b.Is(200, "Does your terminal show the same code?").Shows(code, "ada@example.com", "127.0.0.1")
			b.Look("lstk-confirm")
			b.Press(decision).Is(200, then.heading).Look(then.page)
			terminal.Press(" ")
			if then.error != "" {
				terminal.Fails(then.error)
				return
			}
			token := terminal.Token().Reveal()
			b.Open("/workspace/auth-token").Is(200, "Auth Token").Look("auth-token-of-lstk")
			a.container(token).isActivated()
		})
	}
}
