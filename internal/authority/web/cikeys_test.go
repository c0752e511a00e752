package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/postgres"
)

// manager is a browser of a member who manages CI keys, in a workspace with a subscription of some seats.
func (f *fixture) manager(seats int) (*browser, authority.Subscription) {
	f.Helper()
	f.member("ada@example.com")
	f.give("ada@example.com", authority.ManageCIKeys)
	return f.loggedIn("ada@example.com"), f.subscription("team", seats)
}

// keys are the CI keys, the newest first.
func (f *fixture) keys() []authority.Token {
	f.Helper()
	keys, err := f.workspace().CITokens(context.Background(), "")
	f.must(err)
	return keys.Rows
}

// key makes a CI key, and returns the path of its page.
func (f *fixture) key(name string) string {
	f.Helper()
	key, _, err := f.workspace().CreateCIToken(context.Background(), name)
	f.must(err)
	return ciKeysPath + "/" + key.ID
}

// activate notes activations with a token, as a server does.
func (f *fixture) activate(token string, machines ...string) {
	f.Helper()
	found, err := f.store.Judge(context.Background(), credential.NewSecret(token))
	f.must(err)
	for _, machine := range machines {
		f.store.NoteActivation(found, machine, nil)
	}
	f.store.Flush()
}

// A key and its license are made by one form, and the answer is the only one that shows the key.
func TestACIKeyIsMadeWithALicense(t *testing.T) {
	f := newFixture(t, "")
	ada, subscription := f.manager(2)
	empty := ada.get(ciKeysPath).is(http.StatusOK, "There are no CI keys yet", "team, 0 of 2 used")
	form := []string{"form", empty.formID(ciKeysPath), "name", "nightly", "subscription", subscription.ID}
	made := ada.post(ciKeysPath, form...).is(http.StatusOK, "Copy the CI key now", "The CI key was created.",
		"API_ENDPOINT="+f.server.URL+"/v1").lacks("no active license")
	token, key := made.token(), f.keys()[0]
	if !strings.HasPrefix(token, "lsci-") || !f.isValid(token) || key.License == nil || !key.License.Assigned {
		t.Fatalf("the key is %+v", key)
	}
	again := ada.post(ciKeysPath, form...).is(http.StatusUnprocessableEntity, "counted once", "rotate the key", key.Hint)
	listed := ada.get(ciKeysPath).is(http.StatusOK, key.Hint, ">nightly<", "badge good\">team<", "team, 1 of 2 used")
	if again.token() != "" || listed.token() != "" || len(f.keys()) != 1 {
		t.Error("the key is shown or made a second time")
	}

	ada.post(ciKeysPath, "name", "weekly").is(http.StatusOK, "It has no active license yet", "Assign a license")
	ada.get(ciKeysPath).is(http.StatusOK, "badge warn\">no license<")
	ada.post(ciKeysPath, "name", "monthly", "subscription", subscription.ID).is(http.StatusOK)
	ada.get(ciKeysPath).is(http.StatusOK, "All licenses are used.").lacks("<select")
}

// What cannot be made is said beside its field, and what was typed stays. Nothing is made by halves.
func TestACIKeyThatIsNotMade(t *testing.T) {
	f := newFixture(t, "")
	ada, team := f.manager(1)
	pro := f.subscription("pro", 1)
	form := ada.get(ciKeysPath).formID(ciKeysPath)
	for _, name := range []string{"", " ", "a\nb", "a\u202eb", strings.Repeat("x", 101), "\xff"} {
		ada.post(ciKeysPath, "form", form, "name", name, "subscription", pro.ID).is(http.StatusUnprocessableEntity,
			`id="name-error" role="alert">The name of the CI key `, "<title>Error: ", `value="`+pro.ID+`" selected`)
	}
	ada.post(ciKeysPath, "form", form, "name", "<i>&", "subscription", "subscription_x").
		is(http.StatusUnprocessableEntity, "There is no such subscription", `value="&lt;i&gt;&amp;"`)
	_, err := f.workspace().AssignLicense(context.Background(), "ada@example.com", team.ID)
	f.must(err)
	ada.post(ciKeysPath, "form", form, "name", "nightly", "subscription", team.ID).is(http.StatusUnprocessableEntity,
		`id="subscription-error" role="alert">1 of 1 seat used`, `value="nightly"`)
	if len(f.keys()) != 0 {
		t.Errorf("the keys are %+v", f.keys())
	}
	// The form was refused until now, and so has not counted.
	ada.post(ciKeysPath, "form", form, "name", "nightly", "subscription", pro.ID).is(http.StatusOK)
}

func TestACIKeyIsMadeOnceByAFormSentAtOnce(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		ada, subscription := f.manager(5)
		form := ada.get(ciKeysPath).formID(ciKeysPath)
		answers := make([]page, 6)
		var group sync.WaitGroup
		for i := range answers {
			group.Go(func() {
				answers[i] = ada.post(ciKeysPath, "form", form, "name", "nightly", "subscription", subscription.ID)
			})
		}
		group.Wait()
		shown := 0
		for _, answer := range answers {
			if f.isValid(answer.token()) {
				shown++
			}
		}
		used, err := f.workspace().Subscription(context.Background(), subscription.ID)
		f.must(err)
		if shown != 1 || len(f.keys()) != 1 || used.Used != 1 {
			t.Errorf("%d answers show a key, there are %d keys, and %d seats are used", shown, len(f.keys()), used.Used)
		}
	})
}

// Where no license can be had, the page says why, and the key is made without one.
func TestACIKeyWithoutASeatToHave(t *testing.T) {
	for name, test := range map[string]struct {
		arrange func(*fixture)
		says    string
	}{
		"no subscription": {func(*fixture) {}, "The workspace has no subscription"},
		"all used":        {func(f *fixture) { f.subscription("team", 0) }, "All licenses are used"},
		"suspended":       {func(f *fixture) { f.suspend(f.subscription("team", 1)) }, "The subscription is suspended"},
		"expired": {func(f *fixture) {
			f.subscription("team", 1)
			f.clock.Advance(366 * 24 * time.Hour)
		}, "The subscription is expired"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, "")
			f.member("ada@example.com")
			f.give("ada@example.com", authority.ManageCIKeys)
			test.arrange(f)
			ada := f.loggedIn("ada@example.com")
			ada.get(ciKeysPath).is(http.StatusOK, "The key gets no license. "+test.says)
			ada.post(ciKeysPath, "name", "nightly").is(http.StatusOK, "no active license")
			ada.get(ciKeysPath+"/"+f.keys()[0].ID).is(http.StatusOK, "The key has no license. "+test.says)
		})
	}
}

func TestCIKeysAreListedByPagesOf50(t *testing.T) {
	f := newFixture(t, "")
	ada, _ := f.manager(0)
	for i := range 51 {
		f.key(fmt.Sprintf("%s %02d", strings.Repeat("\u00fc", 90), i))
	}
	first := ada.get(ciKeysPath).is(http.StatusOK, " 50</a>", " 01</a>", "Next page").lacks(" 00</a>", "First page")
	if len(first.text) > 50_000 {
		t.Errorf("the page has %d bytes", len(first.text))
	}
	_, next, _ := strings.Cut(first.text, `rel="next" href="`)
	next, _, _ = strings.Cut(next, `"`)
	ada.get(next).is(http.StatusOK, " 00</a>", "First page").lacks(" 01</a>", "Next page")
	ada.get(ciKeysPath+"?before=%00").is(http.StatusOK, " 50</a>")
}

// What can be done with a key is done on its page.
func TestTheLifeOfACIKey(t *testing.T) {
	f := newFixture(t, "")
	ada, subscription := f.manager(1)
	token := ada.post(ciKeysPath, "name", "nightly").token()
	path := ciKeysPath + "/" + f.keys()[0].ID
	ada.get(path).is(http.StatusOK, "<h1>nightly</h1>", credential.Mask(token), "No container was activated with it")

	ada.post(path+"/rename", "name", " ").is(http.StatusUnprocessableEntity, `id="name-error"`, "is missing")
	ada.post(path+"/rename", "name", "<b>weekly</b>").leads(path + "?done=ci-key-renamed")
	ada.get(path+"?done=ci-key-renamed").is(http.StatusOK, "&lt;b&gt;weekly&lt;/b&gt;", "The CI key was renamed.")

	ada.post(path+"/license", "license", "assign", "subscription", subscription.ID).leads(path + "?done=ci-key-assigned")
	ada.get(path+"?done=ci-key-assigned").is(http.StatusOK, "It counts at the next start", "Unassign the license")
	ada.post(path+"/license", "license", "unassign").leads(path + "?done=ci-key-unassigned")
	ada.get(path+"?done=ci-key-unassigned").is(http.StatusOK, "The license was unassigned. Containers that run go on; "+
		"the next start with the key is refused, unless a good license is stored in its volume.")
	f.license("ada@example.com")
	ada.post(path+"/license", "license", "assign", "subscription", f.subscription("pro", 0).ID).
		is(http.StatusUnprocessableEntity, `id="subscription-error"`, "0 of 0 seats used")

	f.activate(token, "runner-1", "runner-1", "")
	ada.get(path).is(http.StatusOK, "November 21, 2026</time>", "<code>runner-1</code>", `class="number">2<`,
		"without a name")
	f.clock.Advance(time.Minute)
	form := ada.get(path).formID(path + "/rotate")
	rotated := ada.post(path+"/rotate", "form", form).is(http.StatusOK,
		"the next start with the old one is refused, unless")
	ada.post(path+"/rotate", "form", form).is(http.StatusUnprocessableEntity, "counted once", "rotate the key again")
	if f.isValid(token) || !f.isValid(rotated.token()) {
		t.Error("the old key is valid, or the new one is not")
	}
	ada.get(path).is(http.StatusOK, "before it was rotated", "Last rotated")
	ada.get(path + "/rotate").leads(path)

	for range 2 { // a second time is no error
		ada.post(path + "/revoke").leads(path + "?done=ci-key-revoked")
	}
	if f.isValid(rotated.token()) {
		t.Error("the revoked key is valid")
	}
	ada.get(path+"?done=ci-key-revoked").is(http.StatusOK, "badge bad\">revoked", "<code>runner-1</code>").
		lacks("<form method=\"post\" action=\"/workspace")
	ada.get(ciKeysPath).is(http.StatusOK, "badge bad\">revoked")
	for _, action := range []string{"/rotate", "/license"} {
		ada.post(path+action).is(http.StatusUnprocessableEntity, "The token is revoked")
	}
}

// The license of a revoked key is free for another one.
func TestARevokedCIKeyFreesItsSeat(t *testing.T) {
	f := newFixture(t, "")
	ada, subscription := f.manager(1)
	for _, name := range []string{"nightly", "weekly"} {
		ada.post(ciKeysPath, "name", name, "subscription", subscription.ID).is(http.StatusOK)
		ada.post(ciKeysPath + "/" + f.keys()[0].ID + "/revoke").is(http.StatusSeeOther)
	}
}

func TestTheUseOfACIKeyByPages(t *testing.T) {
	f := newFixture(t, "")
	ada, subscription := f.manager(1)
	token := ada.post(ciKeysPath, "name", "nightly", "subscription", subscription.ID).token()
	path := ciKeysPath + "/" + f.keys()[0].ID
	for range 2 {
		for i := range 30 {
			f.store.NoteActivation(f.found(token), fmt.Sprintf("runner-%02d", i), nil)
		}
		f.store.Flush()
		f.clock.Advance(24 * time.Hour)
	}
	ada.get("/login").is(http.StatusOK) // the session has ended
	ada = f.loggedIn("ada@example.com")
	first := ada.get(path).is(http.StatusOK, "November 22, 2026</time>", "November 21, 2026</time>", "Next page")
	_, next, _ := strings.Cut(first.text, `rel="next" href="`)
	next, _, _ = strings.Cut(next, `"`)
	rest := ada.get(strings.ReplaceAll(next, "&amp;", "&")).is(http.StatusOK, "runner-29", "First page")
	if shown := strings.Count(first.text+rest.text, "<code>runner-"); shown != 60 {
		t.Errorf("the pages show %d rows", shown)
	}
	// The answer to a form has the same list, whose next page is that of the page.
	refused := ada.post(path+"/rename", "name", "").is(http.StatusUnprocessableEntity)
	_, next, _ = strings.Cut(refused.text, `rel="next" href="`)
	next, _, _ = strings.Cut(next, `"`)
	led := ada.get(next).is(http.StatusSeeOther).header.Get("Location")
	if ada.get(led).is(http.StatusOK).text != rest.text && !strings.HasPrefix(led, path+"?after=") {
		t.Errorf("the next page is %s", led)
	}
}

// found is what the store knows of a token.
func (f *fixture) found(token string) *authority.Token {
	f.Helper()
	found, err := f.store.Judge(context.Background(), credential.NewSecret(token))
	f.must(err)
	return found
}

// A member without the permission is offered no page of CI keys, and gets none.
func TestCIKeysNeedAPermission(t *testing.T) {
	f := newFixture(t, "")
	f.member("bo@example.com")
	path, bo := f.key("nightly"), f.loggedIn("bo@example.com")
	bo.get(authTokenPath).is(http.StatusOK).lacks("CI Keys")
	for _, one := range []string{ciKeysPath, path} {
		bo.get(one).is(http.StatusForbidden)
	}
	for _, one := range []string{ciKeysPath, path + "/rename", path + "/license", path + "/rotate", path + "/revoke"} {
		bo.post(one, "name", "mine").is(http.StatusForbidden)
	}
	f.give("bo@example.com", authority.ManageCIKeys)
	bo.get(authTokenPath).is(http.StatusOK, "CI Keys")
	bo.get(path).is(http.StatusOK)
	for _, id := range []string{"x", "%00", "token_" + strings.Repeat("0", 36), f.developerToken("bo@example.com")} {
		bo.get(ciKeysPath+"/"+id).is(http.StatusNotFound, "There is no such CI key")
		bo.post(ciKeysPath + "/" + id + "/license").is(http.StatusNotFound)
		bo.post(ciKeysPath + "/" + id + "/revoke").is(http.StatusNotFound)
	}
}

// developerToken makes the developer token of a member, and returns its ID.
func (f *fixture) developerToken(of string) string {
	f.Helper()
	token, _, err := f.workspace().CreateMemberToken(context.Background(), of)
	f.must(err)
	return token.ID
}
