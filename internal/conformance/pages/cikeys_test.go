package pages

import "testing"

// invalid is what a container says that has a token which the server does not know any more.
const (
	invalid = "The licensing server does not know"
	banner  = "License activation failed!"
)

// A key of a pipeline is created, renamed, rotated and revoked. The old one is refused at once.
func TestCIKey(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.member("ada@example.com", "--admin")
	ada := newBrowser(t, a).As("Ada").LogIn("ada@example.com")
	ada.Open("/workspace/ci-keys").Is(200, "CI Keys").Look("ci-keys-without-seat")
	a.do("subscription", "create", "--plan", "team", "--seats", "2")
	ada.Open("/workspace/ci-keys").Fill("Name", "nightly").Press("Create the key")
	ada.Is(200, "Copy the CI key now").Look("ci-key-made")
	first := ada.Find(".secret")
	a.container(first).isActivated()

	ada.Press("CI Keys").Is(200, "CI Keys").Look("ci-keys").Press("nightly").Is(200, "nightly")
	ada.Fill("Name", "weekly").Press("Rename the key").Is(200, "weekly").Look("ci-key-renamed")
	ada.Unfold("Rotate the key").Press("Rotate the key").Is(200, "Copy the CI key now").Look("ci-key-rotated")
	second := ada.Find(".secret")
	a.container(first).refuses(banner, invalid)
	a.container(second).isActivated()
	ada.Press("weekly").Is(200, "weekly").Look("ci-key")
	ada.Unfold("Revoke the key").Press("Revoke the key").Look("ci-key-revoked")
	a.container(second).refuses(banner, invalid)
}
