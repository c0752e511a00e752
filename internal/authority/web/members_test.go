package web

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/postgres"
)

// workspace is the fixture's only workspace, for the command line.
func (f *fixture) workspace() authority.Scope {
	f.Helper()
	first, err := f.store.FirstWorkspace(context.Background())
	f.must(err)
	return f.store.In(first.ID)
}

// joined adds a member with rightPassword, a role and permissions.
func (f *fixture) joined(email string, role authority.Role, permissions ...authority.Permission) authority.Member {
	f.Helper()
	in := f.workspace()
	_, link, err := in.AddMember(context.Background(),
		authority.NewMember{Email: email, Role: role, Permissions: permissions})
	f.must(err)
	_, err = f.store.Join(context.Background(), link.Secret, credential.NewSecret(rightPassword), "", "Firefox")
	f.must(err)
	member, err := in.Member(context.Background(), email)
	f.must(err)
	return member
}

// added adds a member who has not joined.
func (f *fixture) added(email string, role authority.Role, permissions ...authority.Permission) authority.Member {
	f.Helper()
	member, _, err := f.workspace().AddMember(context.Background(),
		authority.NewMember{Email: email, Role: role, Permissions: permissions})
	f.must(err)
	return member
}

// subscription adds a subscription.
func (f *fixture) subscription(plan string, seats int) authority.Subscription {
	f.Helper()
	made, err := f.workspace().CreateSubscription(context.Background(), authority.Terms{Plan: plan}, seats)
	f.must(err)
	return made
}

// assign assigns a license of the only subscription.
func (f *fixture) assign(who authority.Member) {
	f.Helper()
	_, err := f.workspace().AssignLicense(context.Background(), who.ID, "")
	f.must(err)
}

func (f *fixture) memberNow(who string) authority.Member {
	f.Helper()
	member, err := f.workspace().Member(context.Background(), who)
	f.must(err)
	return member
}

// lacks checks that the page does not have the texts.
func (p page) lacks(texts ...string) page {
	p.Helper()
	for _, text := range texts {
		if strings.Contains(p.text, text) {
			p.Errorf("the page has %q:\n%s", text, p.text)
		}
	}
	return p
}

func TestAnAdminInvitesAMember(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.joined("ada@example.com", authority.Admin)
		ada := f.loggedIn("ada@example.com")
		form := ada.get("/workspace/members").is(http.StatusOK, "1 person is in", "ada@example.com", ">you<").
			form("/workspace/members")
		form.values.Set("email", "Bo@Example.com")
		form.values.Set("name", "Bo")
		form.values["permissions"] = []string{"see-audit-log", "issue-own-license"}
		shown := ada.submit(form, "").is(http.StatusOK, "A link for bo@example.com", "expires in 7 days",
			"in a way that you trust")
		if shown.header.Get("Cache-Control") != "no-store" {
			t.Error("the page with the link may be kept")
		}
		link := shown.link()
		bo := f.memberNow("bo@example.com")
		if bo.Name != "Bo" || bo.Role != authority.PlainMember || len(bo.Permissions) != 2 {
			t.Errorf("the member is %+v", bo)
		}
		// The form again, as by a double click, or by the way back and a second click.
		ada.submit(form, "").leads("/workspace/members/" + bo.ID + "?done=member-twice")
		ada.get("/workspace/members/"+bo.ID+"?done=member-twice").is(http.StatusOK, "the member was added once").lacks(link)
		ada.get("/workspace/members").is(http.StatusOK, "2 people", "not yet").lacks(link)
		joining := f.browser()
		joining.post(link, "password", rightPassword, "again", rightPassword).is(http.StatusSeeOther)
		if f.memberNow("bo@example.com").Joined == nil {
			t.Error("the member has not joined")
		}
		joining.get("/workspace/members").is(http.StatusForbidden)
	})
}

// link is the path of the link that a page shows.
func (p page) link() string {
	p.Helper()
	_, rest, ok := strings.Cut(p.text, "<code>"+p.base+"/invite/")
	secret, _, _ := strings.Cut(rest, "<")
	if !ok || secret == "" {
		p.Fatalf("the page shows no link:\n%s", p.text)
	}
	return "/invite/" + secret
}

func TestAnInvitationThatIsNotAcceptedKeepsWhatWasTyped(t *testing.T) {
	f := newFixture(t, "")
	f.joined("ada@example.com", authority.Admin)
	f.added("bo@example.com", authority.PlainMember)
	manager := f.joined("mia@example.com", authority.PlainMember, authority.ManageMembers)
	ada, mia := f.loggedIn("ada@example.com"), f.loggedIn(manager.Email)
	for name, test := range map[string]struct {
		by     *browser
		values url.Values
		field  string
		text   string
	}{
		"no email":         {ada, url.Values{"name": {"Cy"}}, "email", "The email address is missing."},
		"an invalid email": {ada, url.Values{"email": {"cy"}, "name": {"Cy"}}, "email", "has no @"},
		"a member's email": {ada, url.Values{"email": {"BO@example.com"}, "role": {"admin"}}, "email", "is a member already"},
		"a long name": {ada, url.Values{"email": {"cy@example.com"}, "name": {strings.Repeat("x", 101)}}, "name",
			"has 101 characters"},
		"an unknown role": {ada, url.Values{"email": {"cy@example.com"}, "role": {"owner"}}, "role",
			"there is no role"},
		"an unknown permission": {ada, url.Values{"email": {"cy@example.com"}, "permissions": {"x"}}, "permissions",
			"no permission"},
		"more than one's own role": {mia, url.Values{"email": {"cy@example.com"}, "role": {"admin"}}, "role",
			"Only an Admin"},
		"more than one's own permission": {mia, url.Values{"email": {"cy@example.com"}, "permissions": {"see-audit-log"}},
			"permissions", "that you do not have"},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.by.send(http.MethodPost, "/workspace/members", test.values.Encode()).
				is(http.StatusUnprocessableEntity, "<title>Error: ", `id="`+test.field+`-error" role="alert"`,
					`aria-invalid="true" autofocus aria-describedby="`+test.field+"-error")
			if !strings.Contains(strings.ToLower(got.text), strings.ToLower(test.text)) {
				t.Errorf("the page does not say %q", test.text)
			}
			kept := got.form("/workspace/members").values
			for _, field := range []string{"email", "name"} {
				if kept.Get(field) != test.values.Get(field) {
					t.Errorf("%s was %q, and is %q", field, test.values.Get(field), kept.Get(field))
				}
			}
			if test.values.Get("role") == "admin" && test.by == ada && kept.Get("role") != "admin" {
				t.Error("the role is not kept")
			}
		})
	}
	if page, err := f.workspace().Members(context.Background(), "", ""); err != nil || len(page.Rows) != 3 {
		t.Errorf("there are members: %+v, %v", page.Rows, err)
	}
}

func TestMembersAreSearchedAndPaged(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.joined("ada@example.com", authority.Admin)
		for i := range 60 {
			f.added(fmt.Sprintf("user-%02d+test_%%@example.com", i), authority.PlainMember)
		}
		ada := f.loggedIn("ada@example.com")
		first := ada.get("/workspace/members").is(http.StatusOK, "61 people", "Next page").lacks("First page")
		if rows := strings.Count(first.text, "<tr><th scope=\"row\">"); rows != authority.PageSize {
			t.Errorf("the page has %d rows", rows)
		}
		second := ada.get(first.next()).is(http.StatusOK, "First page", "user-59").lacks("Next page", "user-48+")
		if rows := strings.Count(second.text, "<tr><th scope=\"row\">"); rows != 61-authority.PageSize {
			t.Errorf("the second page has %d rows", rows)
		}
		search := "/workspace/members?" + url.Values{"search": {"TEST_%"}}.Encode()
		found := ada.get(search).is(http.StatusOK, `value="TEST_%"`, "user-00").lacks(">you<")
		ada.get(found.next()).is(http.StatusOK, `value="TEST_%"`, "user-59")
		ada.get("/workspace/members?search=nobody").is(http.StatusOK, `value="nobody"`, "No member has an email address",
			"Show all members")
		ada.get("/workspace/members?"+url.Values{"search": {`"><script>`}}.Encode()).
			is(http.StatusOK, `value="&#34;&gt;&lt;script&gt;"`).lacks("<script")
		for _, text := range []string{strings.Repeat("x", 300), "a\x00b", "a\xff"} {
			ada.get("/workspace/members?"+url.Values{"search": {text}}.Encode()).
				is(http.StatusUnprocessableEntity, `id="search-error"`)
		}
		for _, after := range []string{"x", "\x00", "\xff", "a@b@c", strings.Repeat("y", 2000), "'; --", "zz@example.com"} {
			ada.get("/workspace/members?"+url.Values{"after": {after}}.Encode()).is(http.StatusOK, "Workspace Members")
		}
	})
}

// next is where the link to the next page leads.
func (p page) next() string {
	p.Helper()
	_, rest, ok := strings.Cut(p.text, `rel="next" href="`)
	if !ok {
		p.Fatalf("the page has no link to the next one:\n%s", p.text)
	}
	href, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(href)
}
