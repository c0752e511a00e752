package web

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/testkit/postgres"
)

// signUp fills in the form to sign up. changes are names and values that differ.
func (b *browser) signUp(email string, changes ...string) page {
	b.Helper()
	form := []string{
		"email", email, "name", "Ada", "workspace", "Ada's team", "password", rightPassword, "again", rightPassword,
	}
	return b.post("/sign-up", append(form, changes...)...)
}

func TestSomebodySignsUp(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		b := f.browser()
		b.get("/").is(http.StatusOK, `href="/sign-up"`)
		b.get("/login").is(http.StatusOK, `href="/sign-up"`)
		page := b.get("/sign-up").is(http.StatusOK, "Sign up", "trial license for 14 days", "At least 15 characters")
		b.signUp("ada@example.com", "form", page.formID("/sign-up")).leads(signedUp)
		b.get(signedUp).is(http.StatusOK, "ada@example.com", "Your workspace was created")
		b.get("/sign-up").leads(first)
		f.browser().post("/login", "email", "ada@example.com", "password", rightPassword).leads(first)
	})
}

func TestSignUpIsOffUnlessTheOperatorWantsIt(t *testing.T) {
	f := newFixture(t, "")
	f.mux = http.NewServeMux()
	New(f.store, Options{}).Register(f.mux)
	for _, path := range []string{"/", "/login"} {
		if text := f.direct(http.MethodGet, path, "192.0.2.1:1", nil).Body.String(); strings.Contains(text, "ign up") ||
			strings.Contains(text, "sign-up") {
			t.Errorf("%s speaks of it: %s", path, text)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if got := f.direct(method, "/sign-up", "192.0.2.1:1", nil); got.Code != http.StatusNotFound {
			t.Errorf("%s has the status %d", method, got.Code)
		}
	}
}

func TestSigningUpSaysWhatIsWrongBesideEachField(t *testing.T) {
	f := newFixture(t, "")
	f.member("bo@example.com")
	b := f.browser()
	const other = rightPassword + " too"
	wrong := b.signUp("ada", "name", "<b>"+strings.Repeat("x", 100), "workspace", " ", "password", "too short",
		"again", other)
	wrong.is(http.StatusUnprocessableEntity, "<title>Error: ",
		"The email address has no @", `id="email-error"`,
		"The name of the member has 103 characters", `id="name-error"`,
		"The name of the workspace is missing", `id="workspace-error"`,
		"The password is too short", `id="password-error"`,
		"The two passwords are not the same.", `id="again-error"`,
		`value="ada"`, `value="&lt;b&gt;xxx`)
	for _, secret := range []string{"too short\"", other} {
		if strings.Contains(wrong.text, secret) {
			t.Errorf("the page repeats a password: %s", wrong.text)
		}
	}
	b.signUp("Bo@example.com").is(http.StatusUnprocessableEntity, "This email address has an account already",
		`value="Ada"`, `id="email-error"`)
	b.get("/sessions").leads("/login?next=%2Fsessions")
}

// The browser shows the answer to the second one.
func TestAFormToSignUpThatIsSentTwiceCountsOnce(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		b := f.browser()
		id := b.get("/sign-up").formID("/sign-up")
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() { b.signUp("ada@example.com", "form", id).leads(signedUp) })
		}
		group.Wait()
		b.get("/sessions").is(http.StatusOK, "ada@example.com")
		all, err := f.store.Workspaces(context.Background())
		if len(all) != 1 || err != nil {
			t.Errorf("there are %d workspaces, %v", len(all), err)
		}
		// Somebody goes back, and types something else. The new page has another form.
		for _, changed := range []string{"bo@example.com", "ada@example.com"} {
			again := f.browser().signUp(changed, "form", id, "password", "another "+rightPassword, "again",
				"another "+rightPassword)
			again.is(http.StatusUnprocessableEntity, "This form was sent before", changed)
			if again.formID("/sign-up") == id {
				t.Error("the page has the same form")
			}
		}
	})
}

// The limit comes before the hash, and before anything else is read.
func TestSigningUpIsLimitedByAddress(t *testing.T) {
	f := newFixture(t, "")
	b := f.browser()
	for range 50 {
		b.signUp("ada").is(http.StatusUnprocessableEntity)
	}
	b.signUp("ada@example.com").is(http.StatusTooManyRequests, "Too many attempts", `value="ada@example.com"`)
	f.clock.Advance(10 * time.Minute)
	b.signUp("ada@example.com").leads(signedUp)
}

// A form that is sent twice lets nobody guess the password of an account.
func TestAFormThatWasSentIsNoWayAroundTheLimitOfLogins(t *testing.T) {
	f := newFixture(t, "")
	b := f.browser()
	id := b.get("/sign-up").formID("/sign-up")
	b.signUp("bo@example.com", "form", id).leads(signedUp)
	f.member("ada@example.com")
	guesser := f.browser()
	for range 10 {
		guesser.signUp("ada@example.com", "form", id, "password", "a wrong password", "again", "a wrong password").
			is(http.StatusUnprocessableEntity)
	}
	guesser.signUp("ada@example.com", "form", id).is(http.StatusUnprocessableEntity)
	guesser.post("/login", "email", "ada@example.com", "password", rightPassword).is(http.StatusTooManyRequests)
}

// A session that somebody has put into the browser before does not become that of who signs up.
func TestSigningUpBeginsANewSession(t *testing.T) {
	f := newFixture(t, "")
	f.member("bo@example.com")
	b := f.loggedIn("bo@example.com")
	before := b.cookies()
	b.signUp("ada@example.com").leads(signedUp)
	if after := b.cookies(); len(after) != 1 || after[0].Value == before[0].Value {
		t.Errorf("there are %d cookies", len(after))
	}
	old := f.browser()
	old.restore(before)
	old.get("/sessions").leads("/login?next=%2Fsessions")
}

// What was typed is kept, and nothing of it counts, when the database does not answer.
func TestSigningUpWithoutADatabaseKeepsWhatWasTyped(t *testing.T) {
	f := newFixture(t, "")
	b := f.browser()
	id, link := b.get("/sign-up").formID("/sign-up"), f.invite("bo@example.com")
	f.must(os.Rename(filepath.Join(f.dir, authority.DatabaseFile), filepath.Join(f.dir, "gone")))
	b.signUp("ada@example.com", "form", id).is(http.StatusInternalServerError,
		"It cannot answer now, and may not have done what you wanted", `value="ada@example.com"`, `value="Ada&#39;s team"`)
	b.post(link, "name", "Bo", "password", rightPassword, "again", rightPassword).is(http.StatusInternalServerError)
	f.must(os.Rename(filepath.Join(f.dir, "gone"), filepath.Join(f.dir, authority.DatabaseFile)))
	b.signUp("ada@example.com", "form", id).leads(signedUp)
}

// Browsers, and screen readers with them, go to one field: the first one that has a problem.
func TestTheFirstFieldWithAProblemHasTheFocus(t *testing.T) {
	b := newFixture(t, "").browser()
	got := b.signUp("ada@example.com", "workspace", "", "password", "short", "again", "other").
		is(http.StatusUnprocessableEntity, `id="workspace-error"`, `id="password-error"`, `id="again-error"`,
			`aria-invalid="true" autofocus aria-describedby="workspace-error`)
	if count := strings.Count(got.text, "autofocus"); count != 1 {
		t.Errorf("%d fields have the focus", count)
	}
}
