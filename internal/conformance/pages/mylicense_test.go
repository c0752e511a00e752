package pages

import (
	"regexp"
	"testing"
)

// My License says of a container what that says itself.
func TestMyLicenseSaysWhatAContainerIsTold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		command []string
		failure string
	}{
		"a license that is taken away":     {[]string{"license", "unassign"}, "license.not_assigned"},
		"a subscription that has expired":  {[]string{"subscription", "expire"}, "license.expired"},
		"a subscription that is suspended": {[]string{"subscription", "suspend"}, "license.status"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthority(t)
			a.member("ada@example.com", "--admin")
			a.do("subscription", "create", "--plan", "team", "--seats", "1")
			a.do("license", "assign", "ada@example.com")
			token := a.do("token", "reset", "ada@example.com")
			ada := newBrowser(t, a).As("Ada").LogIn("ada@example.com")
			ada.Open("/workspace/my-license").Shows("It starts")
			ids := regexp.MustCompile(test.command[0] + `_\S+`)
			a.do(append(test.command, ids.FindString(a.do(test.command[0], "list")))...)
			ada.Open("/workspace/my-license").Look("my-license-" + test.failure)
			ada.Shows("It does not start", test.failure)
			a.container(token, "LOG_FORMAT=json").refuses(`"id":"` + test.failure + `"`)
			a.container(token).refuses(banner)
			ada.Press("What this means, and what to do: " + test.failure).Look("failure-" + test.failure).Shows(test.failure)
		})
	}
}
