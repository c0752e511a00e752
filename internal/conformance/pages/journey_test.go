package pages

import "testing"

// Somebody signs up, assigns themselves a license, copies the token, starts a container, resets the token, and sees a
// new container refuse the old one.
func TestFromSignUpToReset(t *testing.T) {
	t.Parallel()
	for name, alter := range map[string]func(*browser){
		"with a mouse":         func(*browser) {},
		"with the keyboard":    func(b *browser) { b.UsesKeyboard, b.looks = true, false },
		"with texts of double": func(b *browser) { b.Zoom().looks = false },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthority(t, "--sign-up")
			b := newBrowser(t, a).As("Ada")
			alter(b)
			b.signUp()
			b.Open("/workspace/my-license").Is(200, "My License").Look("my-license-none")
			b.Check("trial…", true).Press("Issue a license for yourself").Look("my-license-issued")
			b.Shows("credentials.missing")
			b.Press("Create a token").Is(200, "Auth Token").Look("auth-token-none")
			b.Press("Create an Auth Token").Is(200, "Copy your Auth Token now").Look("auth-token-made")
			first := b.Find(".secret")
			b.Open("/getting-started").Look("getting-started-token")

			a.container(first).isActivated()
			b.Open("/getting-started").Becomes("Last on").Look("getting-started-activated")
			b.Open("/workspace/my-license").Shows("It starts").Look("my-license")
			b.Open("/workspace/auth-token").Look("auth-token")
			b.Unfold("Reset the token").Press("Reset the token").Is(200, "Copy your Auth Token now")
			second := b.Find(".secret")
			a.container(first).refuses(banner, invalid)
			a.container(first, "LOG_FORMAT=json").refuses(`"id":"credentials.invalid"`)
			a.container(second).isActivated()
		})
	}
}

// signUp signs up at the page for that.
func (b *browser) signUp() {
	b.Helper()
	b.Open("/").Press("Sign up").Is(200, "Sign up").Look("sign-up")
	b.Fill("Email address", "ada@example.com").Fill("Name of the workspace", "Example")
	b.Fill("Password", password).Fill("The same password again", "something else")
	b.Press("Sign up").Is(422, "Sign up").Look("sign-up-refused")
	b.Fill("Password", password).Fill("The same password again", password)
	b.Press("Sign up").Is(200, "Getting Started").Look("getting-started")
}
