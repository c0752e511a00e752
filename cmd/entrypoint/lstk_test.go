package main

import (
	"context"
	"net/http"
	"strings"
	"testing"

	members "localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit/lstk"
)

// A container starts with the token that `lstk login` has fetched, and no new one after that was revoked.
func TestAContainerStartsWithTheTokenOfALogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server, _ := w.authority()
	store, err := members.Open(t.Context(), members.Source{Dir: server.dir})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	link, err := invite(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	web := strings.TrimSuffix(server.URL, "/v1")
	const password = "correct horse battery staple"
	browser := lstk.NewBrowser(t, nil).Open(web+link).Is(http.StatusOK, "Set a password")
	browser.Submit("", "password", password, "again", password).Is(http.StatusOK, "License authority")
	terminal := lstk.Login(t, web, web)
	browser.Open(terminal.Link()).Submit("Confirm").Is(http.StatusOK, "Confirmed")
	terminal.Press("x")
	token := terminal.Token()

	w.set("LOCALSTACK_AUTH_TOKEN", token.Reveal())
	w.command = "sh"
	said, _, code := w.start("LOG_FORMAT=json", "-c", `echo "pro: $PRO_ACTIVATED"`)
	if code != 0 || said != "pro: 1\n" {
		t.Fatalf("the container ends with %d and says %q", code, said)
	}
	known, err := store.Judge(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.RevokeToken(t.Context(), known.ID); err != nil {
		t.Fatal(err)
	}
	_, log, code := w.start("LOG_FORMAT=json", "-c", "true")
	if code != fault.ExitLicense || !strings.Contains(log, string(fault.CredentialsInvalid)) {
		t.Errorf("with a revoked token the container ends with %d and says %s", code, log)
	}
	if strings.Contains(log+server.log.String(), token.Reveal()) {
		t.Error("a log has the token")
	}
}

// invite adds a member with a license, and returns the path of the link by which they join.
func invite(ctx context.Context, store *members.Store) (string, error) {
	workspace, err := store.FirstWorkspace(ctx)
	if err != nil {
		return "", err
	}
	scope := store.In(workspace.ID)
	subscription, err := scope.CreateSubscription(ctx, members.Terms{}, 1)
	if err != nil {
		return "", err
	}
	member, made, err := scope.AddMember(ctx, members.NewMember{Email: "ada@example.com"})
	if err != nil {
		return "", err
	}
	_, err = scope.AssignLicense(ctx, member.ID, subscription.ID)
	return "/invite/" + made.Secret.Reveal(), err
}
