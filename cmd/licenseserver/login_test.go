package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/licensing"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit/lstk"
)

const memberPassword = "correct horse battery staple"

// office is an authority with a workspace, one of whose members logs in with lstk.
type office struct {
	testing.TB
	store *authority.Store
	url   string
	// clock is how far the authority's time is ahead; only of one that runs in the test itself.
	mu    sync.Mutex
	clock time.Duration
}

func (o *office) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Now().Add(o.clock)
}

func (o *office) advance(by time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.clock += by
}

// newOffice is an authority whose server runs in the test, on its clock.
func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{TB: t}
	o.open(t.TempDir())
	handler := server.New(o.store, server.Options{Licensing: licensing.Options{Now: o.now}})
	running := httptest.NewServer(handler)
	t.Cleanup(running.Close)
	o.url = running.URL
	return o
}

// newServedOffice is an authority whose server is a process of its own.
func newServedOffice(t *testing.T) (*office, *room) {
	t.Helper()
	r := newRoom(t)
	r.start()
	o := &office{TB: t, url: r.url}
	o.open(r.data())
	return o, r
}

func (o *office) open(dir string) {
	o.Helper()
	var err error
	o.store, err = authority.Open(o.Context(), authority.Source{Dir: dir, Create: true, Now: o.now})
	o.must(err)
	o.Cleanup(func() { o.must(o.store.Close()) })
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// member adds a member with a license, and returns a browser in which they have joined.
func (o *office) member(email string) *lstk.Browser {
	o.Helper()
	ctx := context.Background()
	workspace, err := o.store.FirstWorkspace(ctx)
	o.must(err)
	scope := o.store.In(workspace.ID)
	subscription, err := scope.CreateSubscription(ctx, authority.Terms{}, 1)
	o.must(err)
	_, invite, err := scope.AddMember(ctx, authority.NewMember{Email: email})
	o.must(err)
	_, err = scope.AssignLicense(ctx, email, subscription.ID)
	o.must(err)
	return o.join(o.url+"/invite/"+invite.Secret.Reveal(), email)
}

// join opens a one-time link, and sets the password.
func (o *office) join(link, email string) *lstk.Browser {
	o.Helper()
	browser := lstk.NewBrowser(o, nil)
	browser.Open(link).Is(http.StatusOK, "Join default")
	if !strings.Contains(browser.Text, email) {
		o.Errorf("the page does not say for whom the link is:\n%s", browser.Text)
	}
	return browser.Submit("", "password", memberPassword, "again", memberPassword).Is(http.StatusOK, "Getting Started")
}

// login starts `lstk login`, which shows a link and a code.
func (o *office) login() *lstk.Terminal {
	o.Helper()
	terminal := lstk.Login(o, o.url, o.url)
	terminal.Shows("press any key")
	return terminal
}

// activate asks for a license with a token, and returns the status and the message of a refusal.
func (o *office) activate(token credential.Secret) string {
	o.Helper()
	got := exchange(o.url+"/v1/license/request", body(token.Reveal()))
	var refusal license.ErrorBody
	o.must(json.Unmarshal([]byte(got.text), &refusal))
	o.store.Flush()
	return strings.TrimSpace(fmt.Sprint(got.status, " ", refusal.Message))
}

func (o *office) answers(token credential.Secret, want string) {
	o.Helper()
	if got := o.activate(token); got != want {
		o.Errorf("the token is answered with %q, want %q", got, want)
	}
}

const (
	question = "Does your terminal show the same code?"
	invalid  = "403 " + license.MessageCredentialsInvalid
)

func TestALoginThatIsConfirmed(t *testing.T) {
	t.Parallel()
	o, r := newServedOffice(t)
	link := r.run("member", "add", "--admin", "ada@example.com")
	r.run("subscription", "create", "--seats", "1")
	r.run("license", "assign", "ada@example.com")
	browser := o.join(o.url+link, "ada@example.com")
	terminal := o.login()
	browser.Open(terminal.Link()).Is(http.StatusOK, question)
	for _, text := range []string{terminal.Shows(`code: (\S+)`), "lstk 1.4.0", "127.0.0.1", "ada@example.com"} {
		if !strings.Contains(browser.Text, text) {
			t.Errorf("the page does not show %q:\n%s", text, browser.Text)
		}
	}
	browser.Submit("Confirm").Is(http.StatusOK, "Confirmed")
	terminal.Press(" ")
	token := terminal.Token()
	t.Logf("the terminal:\n%s", terminal.Screen())
	t.Logf("the browser: %q", browser.Log)
	o.answers(token, "200")

	listed := r.run("token", "list")
	t.Logf("licenseserver token list:\n%s", listed)
	t.Logf("licenseserver audit list:\n%s", r.run("audit", "list"))
	t.Logf("licenseserver session list:\n%s", r.run("session", "list"))
	if strings.Contains(listed, token.Reveal()) || !strings.Contains(listed, credential.Mask(token.Reveal())) {
		t.Errorf("the list is\n%s", listed)
	}
	browser.Open(terminal.Link()).Is(http.StatusOK, "This login was used")

	found, err := o.store.Judge(t.Context(), token)
	o.must(err)
	if !strings.HasPrefix(found.Name, "lstk 1.4.0, 20") || found.Email != "ada@example.com" {
		t.Errorf("the token is %+v", found)
	}
	r.run("token", "revoke", found.ID)
	o.answers(token, invalid)
	o.must(r.stop())
	for _, secret := range []string{token.Reveal(), memberPassword} {
		if strings.Contains(r.stderr.String(), secret) {
			t.Errorf("the log has a secret: %s", &r.stderr)
		}
	}
	t.Logf("the access log:\n%s", &r.stderr)
}

func TestALoginThatIsDenied(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	browser := o.member("ada@example.com")
	terminal := o.login()
	browser.Open(terminal.Link()).Is(http.StatusOK, question).Submit("Deny").Is(http.StatusOK, "Denied")
	terminal.Press("\r")
	terminal.Fails("auth request not confirmed")
	browser.Open(terminal.Link()).Is(http.StatusOK, "Denied")
}

// The page belongs to somebody who is logged in; who is not, logs in and comes back.
func TestALoginInABrowserThatIsNotLoggedIn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.member("ada@example.com")
	browser := lstk.NewBrowser(o, nil)
	terminal := o.login()
	browser.Open(terminal.Link()).Is(http.StatusOK, "Log in")
	browser.Submit("Log in", "email", "ada@example.com", "password", "not my password").Is(http.StatusForbidden, "Log in")
	browser.Submit("Log in", "password", memberPassword).Is(http.StatusOK, question)
	browser.Submit("Confirm").Is(http.StatusOK, "Confirmed")
	terminal.Press("x")
	o.answers(terminal.Token(), "200")
}

func TestAKeyThatIsPressedTooEarly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	browser := o.member("ada@example.com")
	early := o.login()
	early.Press("x")
	early.Fails("auth request not confirmed - please complete the authentication in your browser")
	// lstk has ended: a confirmation now helps nobody, and another login works.
	browser.Open(early.Link()).Is(http.StatusOK, question).Submit("Confirm").Is(http.StatusOK, "Confirmed")
	again := o.login()
	browser.Open(again.Link()).Submit("Confirm").Is(http.StatusOK, "Confirmed")
	again.Press("x")
	o.answers(again.Token(), "200")
}

func TestTwoLoginsAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	browser := o.member("ada@example.com")
	first, second := o.login(), o.login()
	if first.Link() == second.Link() {
		t.Error("both have the same link")
	}
	browser.Open(second.Link()).Submit("Confirm").Is(http.StatusOK, "Confirmed")
	second.Press("x")
	two := second.Token()
	browser.Open(first.Link()).Submit("Confirm").Is(http.StatusOK, "Confirmed")
	first.Press("x")
	one := first.Token()
	if one.Reveal() == two.Reveal() {
		t.Error("both have the same token")
	}
	o.answers(one, "200")
	o.answers(two, "200")
}

func TestACodeThatIsWrongOrUnknown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	browser := o.member("ada@example.com")
	first, second := o.login(), o.login()
	page, _, _ := strings.Cut(first.Link(), "?")
	const whichCode = "Which code does your terminal show?"
	browser.Open(page).Is(http.StatusOK, whichCode)
	browser.Submit("Continue", "code", second.Shows(`code: (\S+)`)).Is(http.StatusForbidden, whichCode)
	browser.Open(o.url+"/auth/request/018f0000-0000-7000-8000-000000000000?code=BBBB-BBBB").
		Is(http.StatusNotFound, "There is no such login")
	browser.Open(page).Submit("Continue", "code", strings.ToLower(first.Shows(`code: (\S+)`))).Is(http.StatusOK, question)
	second.Press("x")
	second.Fails("auth request not confirmed")
	browser.Submit("Confirm").Is(http.StatusOK, "Confirmed")
	first.Press("x")
	o.answers(first.Token(), "200")
}

func TestALoginThatTakesTooLong(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	browser := o.member("ada@example.com")
	confirmed, open := o.login(), o.login()
	browser.Open(confirmed.Link()).Submit("Confirm").Is(http.StatusOK, "Confirmed")
	o.advance(authority.LoginLife)
	browser.Open(open.Link()).Is(http.StatusGone, "This login has expired")
	browser.Open(confirmed.Link()).Is(http.StatusGone, "This login has expired")
	for _, terminal := range []*lstk.Terminal{confirmed, open} {
		terminal.Press("x")
		terminal.Fails("auth request not confirmed")
	}
}

func TestATokenOfALoginEndsWithoutUse(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	browser := o.member("ada@example.com")
	var tokens []credential.Secret
	for range 2 {
		terminal := o.login()
		browser.Open(terminal.Link()).Submit("Confirm").Is(http.StatusOK, "Confirmed")
		terminal.Press("x")
		tokens = append(tokens, terminal.Token())
	}
	for range 3 {
		o.advance(80 * 24 * time.Hour)
		o.answers(tokens[0], "200")
	}
	o.answers(tokens[1], invalid)
	o.advance(90*24*time.Hour + time.Second)
	o.answers(tokens[0], invalid)
}
