package web

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
)

// auditor adds a member who may see the audit log, and returns their browser.
func (f *fixture) auditor() (*browser, authority.Scope) {
	f.Helper()
	id := f.member("eve@example.com")
	workspace, err := f.store.FirstWorkspace(context.Background())
	f.must(err)
	scope := f.store.In(workspace.ID)
	_, err = scope.ChangeMember(context.Background(), id, authority.MemberChange{
		Permissions: &[]authority.Permission{authority.SeeAuditLog},
	})
	f.must(err)
	return f.loggedIn("eve@example.com"), scope
}

func TestTheAuditLogSaysWhoDidWhat(t *testing.T) {
	f := newFixture(t, "")
	f.member("ada@example.com")
	f.loggedIn("ada@example.com").get("/workspace/audit").is(http.StatusForbidden, "You may not do this")
	b, scope := f.auditor()
	b.get("/workspace/audit").is(http.StatusOK, `ada@example.com</td><td data-label="What">logged in</td>`,
		">127.0.0.1</td>", "set a password", `<td data-label="From"></td>`, "<time datetime=", "added a member: ")
	for i := range authority.PageSize {
		f.must(scope.Rename(context.Background(), fmt.Sprint("Team <", i, ">")))
	}
	first := b.get("/workspace/audit").is(http.StatusOK, "renamed the workspace: Team &lt;49&gt;")
	older := regexp.MustCompile(`/workspace/audit\?before=[^"]+`).FindString(first.text)
	if older == "" || strings.Contains(first.text, "logged in</td>") {
		t.Fatalf("the first page is %s", first.text)
	}
	b.get(older).is(http.StatusOK, "logged in</td>")
	b.get("/workspace/audit?search=ADA@example.com").
		is(http.StatusOK, "ada@example.com", `value="ADA@example.com"`, "Show all").
		lacks("renamed the workspace")
	b.get("/workspace/audit?search=nobody@example.com").is(http.StatusOK, "Nothing was found")
	b.get("/workspace/audit?search=%00"+strings.Repeat("a", 300)).is(http.StatusOK, "Nothing was found")
	b.get("/workspace/audit?before=nonsense").is(http.StatusOK, "Team &lt;49&gt;")
}

// Whatever the store notes has words; what a later version notes is shown as it is.
func TestEveryActionHasWords(t *testing.T) {
	sources, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	const nouns = "workspace|member|invite|session|subscription|license|token|login"
	action := regexp.MustCompile(`(?:note\(|Action: |, )"((?:` + nouns + `)\.[a-z-]+)"`)
	for _, path := range sources {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range action.FindAllStringSubmatch(string(source), -1) {
			found++
			if !strings.HasSuffix(path, "_test.go") && inWordsOf(match[1]) == match[1] {
				t.Errorf("%s: %s has no words", path, match[1])
			}
		}
	}
	if found < len(actions) {
		t.Errorf("the store notes %d actions; there are words for %d", found, len(actions))
	}
	if got := inWordsOf("moon.rise"); got != "moon.rise" {
		t.Errorf("an unknown action is %q", got)
	}
}
