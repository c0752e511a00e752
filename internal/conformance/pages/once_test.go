package pages

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// A token is on the page that answers to the form that made it, and nowhere else: not when that page is loaded again,
// which sends the form again, and not by going back to it.
func TestATokenIsShownOnce(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.member("ada@example.com", "--admin")
	a.do("subscription", "create", "--plan", "team", "--seats", "1")
	ada := newBrowser(t, a).As("Ada").LogIn("ada@example.com")
	ada.Open("/workspace/auth-token").Press("Create an Auth Token").Is(200, "Copy your Auth Token now")
	ada.shownOnce("Auth Token").Look("auth-token-twice")
	ada.Press("Reset the token").Is(200, "Copy your Auth Token now").shownOnce("Auth Token")
	ada.Open("/workspace/ci-keys").Fill("Name", "nightly").Press("Create the key").Is(200, "Copy the CI key now")
	ada.shownOnce("CI Keys").Look("ci-keys-twice")
	ada.Press("nightly").Unfold("Rotate the key").Press("Rotate the key").Is(200, "Copy the CI key now")
	ada.shownOnce("nightly").Look("ci-key-twice")
	ada.Press("Rotate the key").Is(200, "Copy the CI key now")
	a.container(ada.Find(".secret")).isActivated()
}

// shownOnce goes on from a page that shows a token, goes back to it, and sends its form again, which leads to a page
// with a heading.
func (b *browser) shownOnce(heading string) *browser {
	b.Helper()
	token := b.Find(".secret")
	if !strings.HasPrefix(token, "ls") {
		b.Fatal("the page shows no token")
	}
	b.Press("Getting Started").Lacks(token)
	b.back()
	if strings.Contains(b.Text(), token) {
		b.Error("going back shows the token again")
	}
	b.complaints = nil // that the page cannot be shown
	b.leads(func() { call(b, page.Reload, page.ReloadParams{}) })
	return b.Is(422, heading).Shows("counted once").Lacks(token)
}
