package web

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/testkit/postgres"
)

func TestAMemberJoinsByAOneTimeLink(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		link := f.invite("ada@example.com")
		b := f.browser()
		b.get(link).is(http.StatusOK, "Join default", "ada@example.com", "At least 15 characters")
		b.get(link).is(http.StatusOK) // looking at it does not use it
		for _, wrong := range [][3]string{
			{"short", "short", "The password is too short: use at least 15 characters, such as four words."},
			{rightPassword, rightPassword + "x", "The two passwords are not the same."},
			{"ada@example.com", "ada@example.com", "The password is easy to guess"},
		} {
			got := b.post(link, "password", wrong[0], "again", wrong[1])
			got.is(http.StatusUnprocessableEntity, wrong[2], "ada@example.com", `aria-invalid="true"`)
			if strings.Contains(got.text, `value="`+wrong[0]) && wrong[0] != "ada@example.com" {
				t.Errorf("the page repeats the password: %s", got.text)
			}
		}
		b.post(link, "password", rightPassword, "again", rightPassword).leads(joined)
		b.get(joined).is(http.StatusOK, "Your password was set, and you are logged in.")
		b.get("/sessions").is(http.StatusOK, "ada@example.com")
		for _, again := range []page{
			b.get(link), f.browser().get(link), f.browser().post(link, "password", rightPassword, "again", rightPassword),
		} {
			again.is(http.StatusNotFound, "This link does not work")
		}
		f.browser().post("/login", "email", "ada@example.com", "password", rightPassword).leads(first)
	})
}

func TestALinkThatDoesNotWork(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		old, gone := f.invite("ada@example.com"), f.invite("gone@example.com")
		workspace, err := f.store.FirstWorkspace(t.Context())
		f.must(err)
		scope := f.store.In(workspace.ID)
		f.must(scope.RemoveMember(t.Context(), "gone@example.com"))
		replaced, err := scope.Invite(t.Context(), "ada@example.com")
		f.must(err)
		b := f.browser()
		for _, link := range []string{old, gone, "/invite/x", "/invite/%00%ff", "/invite/" + strings.Repeat("x", 2000)} {
			b.get(link).is(http.StatusNotFound, "This link does not work")
			b.post(link, "password", rightPassword, "again", rightPassword).is(http.StatusNotFound, "This link does not work")
		}
		f.clock.Advance(authority.InviteLife)
		f.browser().get("/invite/"+replaced.Secret.Reveal()).is(http.StatusNotFound, "has expired")
		for range 200 {
			b.get("/invite/x")
		}
		b.get("/invite/x").is(http.StatusTooManyRequests, "Too many attempts")
	})
}

func TestALinkIsUsedOnceAlsoByTwoBrowsersAtOnce(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		link := f.invite("ada@example.com")
		var group sync.WaitGroup
		var joined atomic.Int32
		for i := range 4 {
			b, password := f.browser(), fmt.Sprint(rightPassword, " ", i)
			group.Go(func() {
				if b.post(link, "password", password, "again", password).status == http.StatusSeeOther {
					joined.Add(1)
				}
			})
		}
		group.Wait()
		if joined.Load() != 1 {
			t.Errorf("%d browsers have joined", joined.Load())
		}
	})
}

// Who was removed is out at once, with every session and token.
func TestARemovedMemberIsLoggedOut(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		f.member("ada@example.com")
		f.member("admin@example.com")
		b := f.loggedIn("ada@example.com")
		workspace, err := f.store.FirstWorkspace(t.Context())
		f.must(err)
		f.must(f.store.In(workspace.ID).RemoveMember(t.Context(), "ada@example.com"))
		b.get("/sessions").leads("/login?next=%2Fsessions")
		f.browser().post("/login", "email", "ada@example.com", "password", rightPassword).is(http.StatusForbidden)
	})
}
