package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/testkit/postgres"
)

func TestRoleAndPermissionsAreInForceAtOnce(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.joined("ada@example.com", authority.Admin)
		bo := f.joined("bo@example.com", authority.PlainMember)
		ada, asBo := f.loggedIn("ada@example.com"), f.loggedIn("bo@example.com")
		path := "/workspace/members/" + bo.ID
		asBo.get("/workspace/members").is(http.StatusForbidden)

		form := ada.get(path).is(http.StatusOK).form(path)
		form.values["permissions"] = []string{"assign-licenses", "see-audit-log"}
		form.values.Set("name", "Bo")
		ada.submit(form, "").leads(path + "?done=member")
		saved := ada.get(path+"?done=member").is(http.StatusOK, "in force at once").form(path)
		if got := strings.Join(saved.values["permissions"], " "); got != "assign-licenses see-audit-log" {
			t.Errorf("the form has the permissions %q", got)
		}
		asBo.get("/workspace/members").is(http.StatusOK)

		saved.values.Set("role", "admin")
		ada.submit(saved, "").leads(path + "?done=member")
		asBo.get("/workspace/members").is(http.StatusOK, "Invite a member")

		// Ada is no Admin any more, and says so herself.
		own := "/workspace/members/" + f.memberNow("ada@example.com").ID
		form = ada.get(own).is(http.StatusOK).form(own)
		form.values.Set("role", "member")
		ada.submit(form, "").leads(first + "?done=member-own")
		ada.get("/workspace/members").is(http.StatusForbidden)
	})
}

// The path of members takes no other owner of a license, although the store would.
func TestTheLicenseOfACIKeyIsNotChangedAtThePathOfMembers(t *testing.T) {
	f := newFixture(t, "")
	f.joined("ada@example.com", authority.Admin)
	ada := f.loggedIn("ada@example.com")
	subscription := f.subscription("team", 1)
	ada.post(ciKeysPath, "name", "nightly", "subscription", subscription.ID).token()
	key := f.keys()[0]
	for _, action := range []string{"assign", "unassign"} {
		ada.post("/workspace/members/"+key.ID+"/license", "action", action, "subscription", subscription.ID).
			is(http.StatusNotFound, "There is no such member")
	}
	if got := f.keys()[0].License; !isAssigned(got) {
		t.Errorf("the license of the key is %v", got)
	}
}

func TestTheLastAdminStays(t *testing.T) {
	f := newFixture(t, "")
	ada := f.joined("ada@example.com", authority.Admin)
	b := f.loggedIn(ada.Email)
	path := "/workspace/members/" + ada.ID
	form := b.get(path).is(http.StatusOK, "The last Admin stays one").
		lacks(`name="role" value="member"`, "/remove").form(path)
	form.values.Set("role", "member")
	form.values.Set("name", "Ada L.")
	refused := b.submit(form, "").is(http.StatusUnprocessableEntity, `id="role-error"`,
		"ada@example.com is the last Admin", "<title>Error: ", `value="Ada L."`)
	if f.memberNow(ada.ID).Role != authority.Admin || refused.form(path).values.Get("role") != "admin" {
		t.Error("the last Admin is none")
	}
	b.post(path+"/remove").is(http.StatusUnprocessableEntity, "is the last Admin")
	f.joined("bo@example.com", authority.Admin)
	b.get(path).is(http.StatusOK, `name="role" value="member"`)
}

func TestALicenseIsAssignedAndUnassigned(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		ada := f.joined("ada@example.com", authority.Admin)
		bo := f.joined("bo@example.com", authority.PlainMember)
		b := f.loggedIn(ada.Email)
		adas, bos := "/workspace/members/"+ada.ID, "/workspace/members/"+bo.ID
		b.get(adas).is(http.StatusOK, "No license is assigned", "The workspace has no subscription").lacks("<select")
		b.post(adas+"/license", "action", "assign").is(http.StatusUnprocessableEntity, `id="subscription-error"`,
			"The workspace has no subscription")

		team := f.subscription("team", 1)
		form := b.get(adas).is(http.StatusOK, "team: 0 of 1 used").form(adas + "/license")
		b.submit(form, "action=assign").leads(adas + "?done=license-assigned")
		b.get(adas+"?done=license-assigned").is(http.StatusOK, "Licenses count at the next start of a container", "team").
			lacks("<select", "Assign a license")

		// Somebody has taken the last seat since the page was loaded.
		b.get(bos).is(http.StatusOK, "All licenses are used").lacks("<select")
		b.post(bos+"/license", "action", "assign", "subscription", team.ID).is(http.StatusUnprocessableEntity,
			`id="subscription-error"`, "1 of 1 seat used")
		b.post(bos+"/license", "action", "assign", "subscription", "subscription_x").
			is(http.StatusUnprocessableEntity, `id="subscription-error"`, "no such subscription")

		other := f.subscription("enterprise", 2)
		b.submit(b.get(adas).is(http.StatusOK, "Move to this subscription").form(adas+"/license"), "action=assign").
			leads(adas + "?done=license-assigned")
		if license := f.memberNow(ada.ID).License; license.SubscriptionID != other.ID {
			t.Errorf("the license is %+v", license)
		}
		b.post(adas+"/license", "action", "unassign").leads(adas + "?done=license-unassigned")
		b.get(adas+"?done=license-unassigned").is(http.StatusOK, "count at the next start", "No license is assigned")
		if f.memberNow(ada.ID).License.Assigned {
			t.Error("the license is still assigned")
		}
	})
}

func TestAMemberIsRemoved(t *testing.T) {
	f := newFixture(t, "")
	ada := f.joined("ada@example.com", authority.Admin)
	bo := f.joined("bo@example.com", authority.PlainMember)
	b, asBo := f.loggedIn(ada.Email), f.loggedIn(bo.Email)
	path := "/workspace/members/" + bo.ID
	b.submit(b.get(path).is(http.StatusOK).form(path+"/remove"), "").leads("/workspace/members?done=member-removed")
	b.get("/workspace/members?done=member-removed").is(http.StatusOK, "The member was removed", "1 person is in").
		lacks(bo.Email)
	b.get(path).is(http.StatusNotFound, "There is no such member")
	for _, form := range memberForms {
		b.post(path + suffix(form)).is(http.StatusNotFound)
	}
	if location := asBo.get("/sessions").header.Get("Location"); !strings.HasPrefix(location, "/login") {
		t.Errorf("the removed member is led to %q", location)
	}
}

func TestALinkOfAMemberIsShownOnce(t *testing.T) {
	f := newFixture(t, "")
	ada := f.joined("ada@example.com", authority.Admin)
	bo := f.joined("bo@example.com", authority.PlainMember)
	b := f.loggedIn(ada.Email)
	path := "/workspace/members/" + bo.ID
	form := b.get(path).is(http.StatusOK, "set a new password").form(path + "/link")
	link := b.submit(form, "").is(http.StatusOK, "A link for bo@example.com", "expires in 7 days").link()
	b.submit(form, "").leads(path + "?done=link-twice")
	b.get(path+"?done=link-twice").is(http.StatusOK, "one link was created").lacks(link)
	// The path of the form leads back to the page, and makes nothing.
	b.get(path + "/link").leads(path)
	f.browser().get(link).is(http.StatusOK, "bo@example.com")
	b.submit(b.get(path).form(path+"/link"), "").is(http.StatusOK)
	f.browser().get(link).is(http.StatusNotFound)
}

func TestATokenOfAMemberIsRevoked(t *testing.T) {
	f := newFixture(t, "")
	ada := f.joined("ada@example.com", authority.Admin)
	bo := f.joined("bo@example.com", authority.PlainMember)
	token, secret, err := f.workspace().CreateMemberToken(context.Background(), bo.ID)
	f.must(err)
	b := f.loggedIn(ada.Email)
	path := "/workspace/members/" + bo.ID
	form := b.get(path).is(http.StatusOK, token.Hint, "not yet").lacks(secret.Reveal()).form(path + "/token")
	b.submit(form, form.buttons[0]).leads(path + "?done=token")
	b.get(path+"?done=token").is(http.StatusOK, "The token was revoked", "has no Auth Token").lacks(token.Hint)
	b.post(path+"/token", "token", secret.Reveal()).is(http.StatusUnprocessableEntity, "There is no such token").
		lacks(secret.Reveal())
}

// What somebody has written into a name never becomes markup.
func TestNamesAreNoMarkup(t *testing.T) {
	f := newFixture(t, "")
	ada := f.joined("ada@example.com", authority.Admin)
	b := f.loggedIn(ada.Email)
	path := "/workspace/members/" + ada.ID
	const markup = `"'><b>&lt;{{.}}`
	b.send(http.MethodPost, path, url.Values{"name": {markup}, "role": {"admin"}}.Encode()).leads(path + "?done=member")
	b.get("/workspace/members").is(http.StatusOK).lacks("<b>")
	page := b.get(path).is(http.StatusOK).lacks("<b>")
	if name := page.form(path).values.Get("name"); name != markup {
		t.Errorf("the name is %q", name)
	}
}
