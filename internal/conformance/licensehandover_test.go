package conformance

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
)

// The license client is the emulator here: after our question it has the credential in a form that it takes, finds the
// document, can read it, and asks nobody.
func TestTheEmulatorSendsNoSecondRequest(t *testing.T) {
	// LocalStack's own client strips quotes and blanks, no line ends, and refuses two credentials even if they are equal.
	for name, test := range map[string]struct {
		kind    authority.Kind
		arrange func(*licenseRoom)
		// run is what starts the client.
		run []string
	}{
		"developer":  {authority.Developer, nil, nil},
		"CI token":   {authority.CI, nil, nil},
		"API key":    {authority.APIKey, nil, nil},
		"other user": {authority.Developer, nil, []string{"setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups"}},
		"user 1000":  {authority.Developer, func(r *licenseRoom) { r.as(1000, 1000) }, nil},
		"quotes and a line end": {authority.Developer, func(r *licenseRoom) {
			r.set(credential.AuthTokenVariable, "\""+r.secret+"\"\n")
		}, nil},
		"blank other credential": {authority.Developer, func(r *licenseRoom) { r.set(credential.APIKeyVariable, " ") }, nil},
		"twice the same": {authority.Developer, func(r *licenseRoom) {
			r.set(credential.APIKeyVariable, r.secret)
		}, nil},
		"auth token as API key": {authority.Developer, func(r *licenseRoom) {
			delete(r.env, credential.AuthTokenVariable)
			r.set(credential.APIKeyVariable, r.secret)
		}, nil},
		"secret file": {authority.Developer, func(r *licenseRoom) {
			delete(r.env, credential.AuthTokenVariable)
			r.put("run/secrets/token", 0o600, r.secret+"\r\n")
			r.set(credential.AuthTokenVariable+"_FILE", "/run/secrets/token")
		}, nil},
		"override alone": {authority.Developer, override, nil},
		"override and a token that nobody knows": {authority.Developer, func(r *licenseRoom) {
			override(r)
			r.set(credential.AuthTokenVariable, "ls-none0000-0000-0000-0000-000000000000")
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newLicenseRoom(t, test.kind)
			if test.arrange != nil {
				test.arrange(r)
			}
			command := slices.Concat([]string{"docker-entrypoint.sh"}, test.run, inContainer.command)
			if got := r.ends(command...); got.exit != 0 {
				t.Errorf("it ends with %d:\n%s", got.exit, got.output)
			}
			r.wantRequests("request 200")
		})
	}
}

func TestAUselessDocumentDoesNotHideAnother(t *testing.T) {
	t.Parallel()
	r := newLicenseRoom(t, authority.CI)
	r.ends(entrypoints.command...)
	r.wantRequests("request 200")
	good := r.stored()
	r.rewrite(aged)
	r.must(os.Rename(r.document(), filepath.Join(r.mounted, "license.json")))
	r.must(os.WriteFile(r.document(), []byte(good), 0o644))
	for _, client := range []licenseClient{inContainer, entrypoints} {
		r.wantSays(client, cached)
	}
	r.wantRequests("")
}

// LocalStack's client judges the first product of a document: with another one there, it would ask at each start.
func TestLocalStacksClientKeepsEveryLicenseOfOurAuthority(t *testing.T) {
	for name, terms := range map[string]authority.Terms{
		"plan":             {Plan: "enterprise"},
		"pattern":          {Product: "localstack-*"},
		"this version":     {Version: "2026.8"},
		"padded version":   {Version: "v2026.08"},
		"with patch level": {Version: "2026.8.0"},
		"ends today":       {Expires: time.Now().Add(time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newLicenseRoom(t, authority.Developer)
			r.secret, r.id = r.Token(authority.NewToken{Kind: authority.Developer, Terms: terms})
			r.set(credential.AuthTokenVariable, r.secret)
			for _, requests := range []string{"request 200", ""} {
				if got := r.ends(localstacks.command...); !strings.Contains(got.output, "license activation completed") {
					t.Errorf("it says\n%s", got.output)
				}
				r.wantRequests(requests)
			}
			if got := r.ends(entrypoints.command...); got.exit != 0 {
				t.Errorf("ours ends with %d:\n%s", got.exit, got.output)
			}
			r.wantRequests("activate 200")
		})
	}
}
