package web

import (
	"context"
	"html"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/testkit/postgres"
)

func TestGettingStartedKnowsHowFarAMemberIs(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		ctx := context.Background()
		one := f.employee(authority.Terms{Plan: "team"})
		const page = "/getting-started"
		one.get(page).is(http.StatusOK, "Ask an Admin of your workspace", "Create a token", "Not yet").lacks("Done</span>")
		_, err := one.scope.AssignLicense(ctx, one.id, "")
		f.must(err)
		one.get(page).is(http.StatusOK, "A license is assigned to you", "Create a token", "Not yet")
		token, secret, err := one.scope.CreateMemberToken(ctx, one.id)
		f.must(err)
		one.get(page).is(http.StatusOK, token.Hint, "has not activated a license yet").lacks(secret.Reveal())

		known, err := f.store.Judge(ctx, secret)
		f.must(err)
		f.store.NoteActivation(known, "machine-1", f.must)
		f.store.Flush()
		f.clock.Advance(3 * 24 * time.Hour)
		f.store.NoteActivation(known, "machine-<2>", f.must)
		f.store.Flush()
		one.browser = f.loggedIn("ada@example.com")
		one.get(page).is(http.StatusOK, ">Yes</span>", "November 24, 2026, 17:00 UTC", "on the machine <code>",
			"<time datetime=\"2026-11-21T00:00:00Z\">November 21, 2026</time>").lacks("To do", "Not yet", "<2>")

		f.clock.Advance(time.Minute)
		_, _, err = one.scope.ResetMemberToken(ctx, one.id)
		f.must(err)
		one.get(page).is(http.StatusOK, "Your token was not used since it was reset", "Not yet")
		_, err = one.scope.ChangeMember(ctx, one.id, authority.MemberChange{
			Permissions: &[]authority.Permission{authority.IssueOwnLicense},
		})
		f.must(err)
		f.must(one.scope.UnassignLicense(ctx, one.id))
		one.get(page).is(http.StatusOK, "You may assign one to yourself")
	})
}

// blocks are the lines to copy of a page.
func blocks(page string) (found []string) {
	for _, match := range regexp.MustCompile(`(?s)<pre class="lines"[^>]*><code>(.*?)</code></pre>`).
		FindAllStringSubmatch(page, -1) {
		found = append(found, html.UnescapeString(match[1]))
	}
	return found
}

// Where the server's address means the machine itself, a container needs the network of the machine to reach it.
func TestTheLinesHaveTheAddressOfTheServer(t *testing.T) {
	for _, test := range []struct {
		base          string
		has, hasNever []string
	}{
		{"http://127.0.0.1:8080",
			[]string{"API_ENDPOINT=http://127.0.0.1:8080/v1", "--network host", "OVERRIDE_IN_DOCKER=0", "network_mode: host",
				"API_ENDPOINT=http://host.docker.internal:8080/v1", `API_ENDPOINT: "http://127.0.0.1:8080/v1"`, "self-hosted",
				"LSTK_API_ENDPOINT=http://127.0.0.1:8080 LSTK_WEB_APP_URL=http://127.0.0.1:8080\n"},
			[]string{"ports:"}},
		{"http://localhost", []string{"API_ENDPOINT=http://localhost/v1", "http://host.docker.internal/v1", "host"}, nil},
		{"http://[::1]:8080", []string{"API_ENDPOINT='http://[::1]:8080/v1'", "--network host"}, nil},
		{"https://localhost:8443", []string{"--network host"}, []string{"host.docker.internal"}},
		{"https://licenses.example.org",
			[]string{"API_ENDPOINT=https://licenses.example.org/v1", "-p 127.0.0.1:4566:4566", "ubuntu-latest", "services:",
				"LSTK_API_ENDPOINT=https://licenses.example.org LSTK_WEB_APP_URL=https://licenses.example.org\n"},
			[]string{"network host", "network_mode", "OVERRIDE_IN_DOCKER", "host.docker.internal", "self-hosted", "LEGACY"}},
		{"https://example.org/a b'c", []string{`'https://example.org/a b'\''c/v1'`}, nil},
	} {
		var all strings.Builder
		for _, one := range clients(addressOf(test.base)) {
			for _, step := range one.Steps {
				all.WriteString(step.Lines + "\n")
			}
		}
		for _, text := range test.has {
			if !strings.Contains(all.String(), text) {
				t.Errorf("%s: the lines lack %q:\n%s", test.base, text, &all)
			}
		}
		for _, text := range test.hasNever {
			if strings.Contains(all.String(), text) {
				t.Errorf("%s: the lines have %q:\n%s", test.base, text, &all)
			}
		}
		if strings.Contains(all.String(), "ls-") || strings.Contains(all.String(), "[[") {
			t.Errorf("%s: the lines have a token, or what was not filled in:\n%s", test.base, &all)
		}
	}
}

// A shell reads back what was written for it.
func TestWordsForAShell(t *testing.T) {
	for _, word := range []string{
		"", "a", "http://[::1]:80/v1", "a b", "it's", `$HOME "x" \ ` + "`id`", "*", "~", "ä", "#",
	} {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+inShell(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q is written as %s, which is read as %q, %v", word, inShell(word), out, err)
		}
	}
}

func TestThePageShowsTheLinesOfAllClients(t *testing.T) {
	f := newFixture(t, "")
	one := f.employee(authority.Terms{})
	got := one.get("/getting-started").is(http.StatusOK, "Docker Compose", "GitHub Actions", "GitLab CI", "lstk")
	shown := blocks(got.text)
	for _, client := range clients(addressOf(f.server.URL)) {
		for _, step := range client.Steps {
			if !slices.Contains(shown, step.Lines) {
				t.Errorf("the page does not have %q", step.Lines)
			}
		}
	}
}
