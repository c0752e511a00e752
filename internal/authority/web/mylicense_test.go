package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/version"
)

// employee is a member with permissions, in a workspace with a subscription.
type employee struct {
	*browser
	id           string
	scope        authority.Scope
	subscription authority.Subscription
}

func (f *fixture) employee(terms authority.Terms, permissions ...authority.Permission) *employee {
	f.Helper()
	ctx := context.Background()
	one := &employee{id: f.member("ada@example.com")}
	workspace, err := f.store.FirstWorkspace(ctx)
	f.must(err)
	one.scope = f.store.In(workspace.ID)
	_, err = one.scope.ChangeMember(ctx, one.id, authority.MemberChange{Permissions: &permissions})
	f.must(err)
	one.subscription, err = one.scope.CreateSubscription(ctx, terms, 1)
	f.must(err)
	one.browser = f.loggedIn("ada@example.com")
	return one
}

func TestMembersIssueALicenseForThemselves(t *testing.T) {
	f := newFixture(t, "")
	one := f.employee(authority.Terms{Plan: "team"}, authority.IssueOwnLicense)
	const page = "/workspace/my-license"
	one.get(page).is(http.StatusOK, "credentials.missing", "Create a token", "Issue a license for yourself", "0 of 1 used")
	one.post(page+"/issue", "subscription", one.subscription.ID).leads(page + "?done=license-issued-first")
	one.get(page+"?done=license-issued-first").is(http.StatusOK, "Licenses count at the next start of a container. Now "+
		"create your Auth Token.", "credentials.missing").lacks("Start yours")
	one.post(page + "/return").leads(page + "?done=license-returned")
	_, _, err := one.scope.CreateMemberToken(context.Background(), one.id)
	f.must(err)
	one.get(page).is(http.StatusOK, "license.not_assigned")
	one.post(page+"/issue", "subscription", "nonsense").is(http.StatusUnprocessableEntity, "There is no such subscription")
	one.post(page+"/issue", "subscription", one.subscription.ID).leads(page + "?done=license-issued")
	one.get(page+"?done=license-issued").is(http.StatusOK, "count at the next start of a container. Start yours.",
		"It starts",
		"localstack-pro (every version)", "Last activation", "never", "365 days")
	one.post(page + "/return").leads(page + "?done=license-returned")
	one.post(page+"/return").is(http.StatusConflict, "You have no license")

	other := f.member("bo@example.com")
	_, err = one.scope.AssignLicense(context.Background(), other, "")
	f.must(err)
	one.post(page+"/issue", "subscription", one.subscription.ID).
		is(http.StatusUnprocessableEntity, "1 of 1 seat used", "checked")
	f.loggedIn("bo@example.com").post(page+"/return").is(http.StatusForbidden, "You may not do this")
}

// A license that is not for the image of this version says for which containers it is.
func TestALicenseForAnotherProductSaysForWhich(t *testing.T) {
	f := newFixture(t, "")
	one := f.employee(authority.Terms{Product: "localstack-base", Version: "4.14"})
	_, err := one.scope.AssignLicense(context.Background(), one.id, "")
	f.must(err)
	_, _, err = one.scope.CreateMemberToken(context.Background(), one.id)
	f.must(err)
	page := one.get("/workspace/my-license").is(http.StatusOK, "localstack-pro "+version.Number, "license.refused",
		"localstack-base 4.14 would be told", "It starts")
	if strings.Count(page.text, `class="badge bad"`) != 1 {
		t.Errorf("the page is\n%s", page.text)
	}
}

func TestALicenseThatEndsSoon(t *testing.T) {
	f := newFixture(t, "")
	one := f.employee(authority.Terms{Plan: "trial", Expires: f.clock.Now().Add(14 * 24 * time.Hour)})
	_, err := one.scope.AssignLicense(context.Background(), one.id, "")
	f.must(err)
	const warning = "Your license ends in"
	page := one.get("/workspace/my-license").is(http.StatusOK, "14 days left")
	if strings.Contains(page.text, warning) {
		t.Error("there is a warning after a minute")
	}
	f.clock.Advance(time.Minute)
	one.get("/workspace/my-license").is(http.StatusOK, "14 days left")
	f.clock.Advance(-time.Minute)
	f.clock.Advance(8 * 24 * time.Hour)
	one.browser = f.loggedIn("ada@example.com")
	one.get("/workspace/my-license").is(http.StatusOK, warning+" 6 days")
	f.clock.Advance(6*24*time.Hour - time.Minute)
	one.browser = f.loggedIn("ada@example.com")
	one.get("/workspace/my-license").is(http.StatusOK, warning+" 1 hour")
	f.clock.Advance(time.Minute)
	one.get("/workspace/my-license").is(http.StatusOK, "Ended", "EXPIRED")
}

// A member who has a license, such as from another tab of the browser, is told why there is no other one.
func TestWhatWasRefusedIsSaidBesideALicense(t *testing.T) {
	f := newFixture(t, "")
	one := f.employee(authority.Terms{Plan: "team"}, authority.IssueOwnLicense)
	one.post("/workspace/my-license/issue", "subscription", one.subscription.ID).is(http.StatusSeeOther)
	one.post("/workspace/my-license/issue", "subscription", "nonsense").
		is(http.StatusUnprocessableEntity, "<title>Error: ", "There is no such subscription")
}

func TestMyLicenseOffersAFewOfManySubscriptions(t *testing.T) {
	f := newFixture(t, "")
	one := f.employee(authority.Terms{Plan: "full"}, authority.IssueOwnLicense)
	suspended := authority.SubscriptionChange{Status: "SUSPENDED"}
	_, err := one.scope.ChangeSubscription(t.Context(), one.subscription.ID, suspended)
	f.must(err)
	for range 3 * maxSubscriptions {
		_, err := one.scope.CreateSubscription(t.Context(), authority.Terms{Plan: "team"}, 0)
		f.must(err)
	}
	last, err := one.scope.CreateSubscription(t.Context(), authority.Terms{Plan: "team"}, 1)
	f.must(err)
	got := one.get("/workspace/my-license").is(http.StatusOK, last.ID)
	if count := strings.Count(got.text, `type="radio"`); count != maxSubscriptions {
		t.Errorf("the page offers %d subscriptions", count)
	}
}
