package main

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit/lstk"
	"localstack-entrypoint/internal/version"
)

const workPassword = "correct horse battery staple"

// Before a member starts a container, the page My License says what it would be told: with the failure's ID, and in the
// words of the container itself.
func TestMyLicenseSaysWhatAContainerIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server, _ := w.authority()
	web := strings.TrimSuffix(server.URL, "/v1")
	w.set("LOCALSTACK_BUILD_VERSION", version.Number)
	link := server.command(t, "member", "add", "ada@example.com")
	browser := lstk.NewBrowser(t, nil).Open(web+link).Is(http.StatusOK, "Join default")
	browser.Submit("", "password", workPassword, "again", workPassword)

	subscription := server.command(t, "subscription", "create", "--seats", "1", "--plan", "trial", "--expires", "14d")
	change := func(args ...string) { server.command(t, append(args, subscription)...) }
	steps := []struct {
		name string
		do   func()
		want fault.ID // "" for a start
	}{
		{"no token", func() { w.set("LOCALSTACK_AUTH_TOKEN", "") }, fault.CredentialsMissing},
		{"no license", func() { w.takeToken(server) }, fault.LicenseNotAssigned},
		{"a license", func() { server.command(t, "license", "assign", "ada@example.com") }, ""},
		{"unassigned", func() { server.command(t, "license", "unassign", "ada@example.com") }, fault.LicenseNotAssigned},
		{"assigned again", func() { server.command(t, "license", "assign", "ada@example.com") }, ""},
		{"suspended", func() { change("subscription", "suspend") }, fault.LicenseStatus},
		{"active again", func() { change("subscription", "activate") }, ""},
		{"another product", func() {
			change("subscription", "change", "--product", "localstack-base")
		}, fault.LicenseRefused},
		{"another version", func() {
			change("subscription", "change", "--product", "localstack-pro", "--version", "4.14")
		}, fault.LicenseRefused},
		{"every product", func() { change("subscription", "change", "--product", "localstack*", "--version", "*") }, ""},
		{"about to end", func() { change("subscription", "change", "--expires", "26h") }, ""},
		{"at its end", func() { change("subscription", "expire") }, fault.LicenseExpired},
	}
	for _, step := range steps {
		step.do()
		w.forget(true)
		_, log, code := w.start("LOG_FORMAT=json")
		browser.Open(web+"/workspace/my-license").Is(http.StatusOK, "My License")
		if step.want == "" {
			if code != 0 || !strings.Contains(browser.Text, "It starts") {
				t.Errorf("%s: the container ends with %d, and the page says\n%s\n%s", step.name, code, browser.Text, log)
			}
			continue
		}
		told := readOutcome(t, log)
		if told.ID != step.want || code != fault.ExitLicense {
			t.Errorf("%s: the container is told %s, want %s", step.name, told.ID, step.want)
		}
		if id, reason := firstVerdict(browser.Text); id != told.ID || reason != strings.ReplaceAll(told.Reason, "`", "") {
			t.Errorf("%s: the container is told\n%s: %s\nand the page says\n%s: %s",
				step.name, told.ID, told.Reason, id, reason)
		}
		browser.Open(web+"/failures/"+string(told.ID)).Is(http.StatusOK, string(told.ID))
	}
	if strings.Contains(strings.Join(browser.Log, "\n")+server.log.String(), w.token) {
		t.Error("a page or the log has the token")
	}
}

// takeToken makes the developer token of a member, and gives it to the container.
func (w *world) takeToken(server *licenseServer) {
	w.token = server.command(w.T, "token", "reset", "ada@example.com")
	w.set("LOCALSTACK_AUTH_TOKEN", w.token)
}

// firstVerdict is the first failure that a page names, and its reason.
func firstVerdict(page string) (id fault.ID, reason string) {
	if found := regexp.MustCompile(`href="/failures/([^"]+)"`).FindStringSubmatch(page); found != nil {
		id = fault.ID(found[1])
	}
	if found := regexp.MustCompile(`(?s)<blockquote>(.*?)</blockquote>`).FindStringSubmatch(page); found != nil {
		reason = html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(found[1], ""))
	}
	return id, reason
}
