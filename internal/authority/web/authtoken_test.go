package web

import (
	"context"
	"net/http"
	"regexp"
	"sync"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/postgres"
)

// give replaces the permissions of a member.
func (f *fixture) give(email string, permissions ...authority.Permission) {
	f.Helper()
	_, err := f.workspace().ChangeMember(context.Background(), email, authority.MemberChange{Permissions: &permissions})
	f.must(err)
}

// isValid reports whether a token is good for a client.
func (f *fixture) isValid(token string) bool {
	f.Helper()
	found, err := f.store.Judge(context.Background(), credential.NewSecret(token))
	f.must(err)
	return found != nil
}

var fullToken = regexp.MustCompile(`ls(?:ci)?-[A-Za-z0-9]{8}-[-A-Za-z0-9]+`)

// token is the token that a page shows in full; empty if it shows none.
func (p page) token() string { return fullToken.FindString(p.text) }

// formID is the ID of the form that posts to a path.
func (p page) formID(path string) string {
	p.Helper()
	id := p.form(path).values.Get("form")
	if id == "" {
		p.Fatalf("the form for %s does not count once", path)
	}
	return id
}

const (
	resetPath  = authTokenPath + "/reset"
	revokePath = authTokenPath + "/revoke"
)

// A token is in the answer to the form that made it, and nowhere else: not after the page was loaded again, not in that
// of the form sent again. Only a reset helps who has lost it.
func TestAnAuthTokenIsShownOnce(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	ada := f.loggedIn("ada@example.com")
	empty := ada.get(authTokenPath).is(http.StatusOK, "You have no Auth Token yet")
	form := empty.formID(authTokenPath)
	made := ada.post(authTokenPath, "form", form).is(http.StatusOK, "Your Auth Token was created.", "It is shown only now",
		"export LOCALSTACK_AUTH_TOKEN=ls-", "-e LOCALSTACK_AUTH_TOKEN -e API_ENDPOINT="+f.server.URL+"/v1")
	token := made.token()
	if !f.isValid(token) || made.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the token is not valid, or may be stored: %s", made.header)
	}
	again := ada.post(authTokenPath, "form", form).is(http.StatusUnprocessableEntity,
		"sent twice, and counted once", "reset the token", "<details class=\"danger\" open>")
	listed := ada.get(authTokenPath).is(http.StatusOK, credential.Mask(token))
	for _, shown := range []page{again, listed} {
		if found := shown.token(); found != "" {
			t.Error("the token is shown a second time")
		}
	}

	form = listed.formID(resetPath)
	reset := ada.post(resetPath, "form", form).is(http.StatusOK,
		"Containers that run go on; the next start with the old one is refused.")
	if f.isValid(token) || !f.isValid(reset.token()) || reset.token() == token {
		t.Error("the old token is valid, or the new one is not")
	}
	if lost := ada.post(resetPath, "form", form).is(http.StatusUnprocessableEntity, "counted once"); lost.token() != "" {
		t.Error("the token is shown a second time")
	}
	if !f.isValid(reset.token()) {
		t.Error("the reset was made twice")
	}
	ada.get(resetPath).leads(authTokenPath)
}

// Of a button that is pressed many times at once, one answer shows the token, and that token is the valid one.
func TestAFormThatIsSentAtOnceShowsOneToken(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.member("ada@example.com")
		ada := f.loggedIn("ada@example.com")
		for _, path := range []string{authTokenPath, resetPath} {
			form := ada.get(authTokenPath).formID(path)
			answers := make([]page, 6)
			var group sync.WaitGroup
			for i := range answers {
				group.Go(func() { answers[i] = ada.post(path, "form", form) })
			}
			group.Wait()
			var tokens []string
			for _, answer := range answers {
				if token := answer.token(); token != "" {
					tokens = append(tokens, token)
					continue
				}
				answer.is(http.StatusUnprocessableEntity, "counted once")
			}
			if len(tokens) != 1 || !f.isValid(tokens[0]) {
				t.Errorf("%s: %d answers show a token", path, len(tokens))
			}
		}
	})
}

// A form that the server does not know, and one of another tab.
func TestAnAuthTokenThatIsNotMadeSaysWhy(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	ada := f.loggedIn("ada@example.com")
	ada.post(resetPath).is(http.StatusUnprocessableEntity, "has no developer token yet: create one")
	ada.post(authTokenPath, "form", "<b>").
		is(http.StatusUnprocessableEntity, "not a form of this server: load the page again")
	ada.post(authTokenPath).is(http.StatusOK)
	ada.post(authTokenPath).is(http.StatusUnprocessableEntity, "has a developer token already: reset it").
		is(http.StatusUnprocessableEntity, "<title>Error: ")
	f.browser().post(authTokenPath).leads("/login?next=%2Fworkspace%2Fauth-token")
}

// What to do next depends on what the member has and may.
func TestANewTokenSaysWhatIsMissing(t *testing.T) {
	const sendsToAdmin, sendsToSelf = "An Admin of your workspace can assign one to you", "Assign yourself a license first"
	for name, test := range map[string]struct {
		permission authority.Permission
		arrange    func(*fixture)
		says, not  string
	}{
		"no license":               {"", func(*fixture) {}, sendsToAdmin, sendsToSelf},
		"may issue their own":      {authority.IssueOwnLicense, func(*fixture) {}, sendsToSelf, sendsToAdmin},
		"assigns those of others":  {authority.AssignLicenses, func(*fixture) {}, sendsToSelf, sendsToAdmin},
		"only manages CI keys":     {authority.ManageCIKeys, func(*fixture) {}, sendsToAdmin, sendsToSelf},
		"a license":                {"", func(f *fixture) { f.license("ada@example.com") }, "What to do next", "no license"},
		"a license that was taken": {"", func(f *fixture) { f.unlicense("ada@example.com") }, sendsToAdmin, sendsToSelf},
		"a license that is suspended": {"", func(f *fixture) { f.suspend(f.license("ada@example.com")) },
			"Your license is not active", "no license yet"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, "")
			f.member("ada@example.com")
			if test.permission != "" {
				f.give("ada@example.com", test.permission)
			}
			test.arrange(f)
			f.loggedIn("ada@example.com").post(authTokenPath).is(http.StatusOK, test.says).lacks(test.not)
		})
	}
}

// license assigns a license of a new subscription.
func (f *fixture) license(to string) authority.Subscription {
	f.Helper()
	ctx := context.Background()
	subscription, err := f.workspace().CreateSubscription(ctx, authority.Terms{Plan: "team"}, 1)
	f.must(err)
	_, err = f.workspace().AssignLicense(ctx, to, subscription.ID)
	f.must(err)
	return subscription
}

func (f *fixture) unlicense(from string) {
	f.Helper()
	f.license(from)
	f.must(f.workspace().UnassignLicense(context.Background(), from))
}

func (f *fixture) suspend(subscription authority.Subscription) {
	f.Helper()
	_, err := f.workspace().ChangeSubscription(context.Background(), subscription.ID,
		authority.SubscriptionChange{Status: "SUSPENDED"})
	f.must(err)
}

// logsInBy is a whole login of lstk, which the browser confirms. It returns the token.
func (b *browser) logsInBy(client string) string {
	b.Helper()
	ctx := context.Background()
	begun, exchange, err := b.store.RequestLogin(ctx, client)
	b.must(err)
	b.post("/auth/request/"+begun.ID, "code", begun.Code, "decision", "confirm").is(http.StatusSeeOther)
	bearer, err := b.store.ExchangeLogin(ctx, begun.ID, exchange)
	b.must(err)
	token, err := b.store.LoginToken(ctx, bearer)
	b.must(err)
	return token.Reveal()
}

func TestTheTokensOfLoginsAreListedAndRevoked(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	f.member("bo@example.com")
	ada, bo := f.loggedIn("ada@example.com"), f.loggedIn("bo@example.com")
	ada.get(authTokenPath).is(http.StatusOK, "There are none", "lstk login")
	ada.logsInBy("lstk <b>1.0</b>")
	ada.get(authTokenPath).is(http.StatusOK, "lstk &lt;b&gt;1.0&lt;/b&gt;", "Expires", "February 19, 2027",
		"Revoke<span class=\"hidden\"> the token ls-")
	tokens, err := f.workspace().MemberTokens(context.Background(), "ada@example.com")
	f.must(err)
	bo.post(revokePath, "token", tokens[0].ID).is(http.StatusForbidden)
	ada.post(revokePath, "token", "nothing").is(http.StatusForbidden)
	for range 2 { // a second time is no error
		ada.post(revokePath, "token", tokens[0].ID).leads(authTokenPath + "?done=token-revoked")
	}
	ada.get(authTokenPath+"?done=token-revoked").is(http.StatusOK, "There are none",
		"Containers that run go on; the next start with it is refused.")
}

func TestTheAuthTokenIsRevoked(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	ada := f.loggedIn("ada@example.com")
	token := ada.post(authTokenPath).token()
	tokens, err := f.workspace().MemberTokens(context.Background(), "ada@example.com")
	f.must(err)
	ada.get(authTokenPath).is(http.StatusOK, tokens[0].ID, "not yet:")
	ada.post(revokePath, "token", tokens[0].ID).leads(authTokenPath + "?done=token-revoked")
	if f.isValid(token) {
		t.Error("the token is valid")
	}
	ada.get(authTokenPath).is(http.StatusOK, "You have no Auth Token yet")
}
