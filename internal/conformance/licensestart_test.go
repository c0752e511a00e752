package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
)

// inContainer is LocalStack's license client as it runs in a container, where it looks for documents in all places.
var inContainer = licenseClient{"LocalStack's", []string{pythonOfLocalStack, "-c",
	`import logging; logging.basicConfig(level=logging.DEBUG)
from localstack_cli.pro.core.bootstrap.licensingv2 import get_licensed_environment
get_licensed_environment().activate()`}}

func (r *licenseRoom) wantSays(client licenseClient, want string) {
	r.Helper()
	result := r.ends(client.command...)
	if got := r.says(result.output); got != want || result.exit != 0 {
		r.Errorf("%s ends with %d and says %q, want %q:\n%s", client.name, result.exit, got, want, result.output)
	}
}

// bake puts a document without reactivate_after into the image, as those of offline images have it.
func bake(r *licenseRoom) {
	var fields map[string]any
	r.must(json.Unmarshal([]byte(r.stored()), &fields))
	removed(r)
	delete(fields, "reactivate_after")
	document, err := license.Parse(must(json.Marshal(fields)))
	r.must(err)
	document.Sign(r.secret)
	fields["signature"] = document.Signature
	r.must(os.WriteFile(filepath.Join(r.builtin, "license.json"), must(json.Marshal(fields)), 0o644))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// restartsOnce is a command that has the init start it once more.
const restartsOnce = `[ -e /tmp/again ] || { touch /tmp/again; kill -USR1 1; sleep 60; }`

// Each request may cost a CI credit: a start sends one only where the answer may tell something new.
func TestAStartSendsOnlyTheRequestsThatItNeeds(t *testing.T) {
	for _, c := range []struct {
		name    string
		kind    authority.Kind
		command string
		// stored is whether an earlier start has stored a document.
		stored bool
		// since happens before the start.
		since func(*licenseRoom)
		want  string
	}{
		{"developer, first start", authority.Developer, "true", false, nil, "request 200"},
		{"developer, next start", authority.Developer, "true", true, nil, "activate 200"},
		{"developer, first start, restart in place", authority.Developer, restartsOnce, false, nil, "request 200"},
		{"developer, next start, restart in place", authority.Developer, restartsOnce, true, nil, "activate 200"},
		{"CI token, first start", authority.CI, "true", false, nil, "request 200"},
		{"CI token, next start", authority.CI, "true", true, nil, ""},
		{"CI token, next start, restart in place", authority.CI, restartsOnce, true, nil, ""},
		{"CI token, stale document", authority.CI, "true", true, stale, "activate 200"},
		{"CI token, revoked since", authority.CI, "true", true, revoked, ""},
		{"override, first start", authority.Developer, "true", false, override, "request 200"},
		{"override, next start", authority.Developer, "true", true, override, ""},
		{"override, stale document", authority.Developer, "true", true, both(stale, override), "activate 200"},
		{"override, document of the image", authority.Developer, "true", true, both(bake, override), ""},
		{"API key, next start", authority.APIKey, "true", true, nil, "activate 200"},
		{"pro off", authority.Developer, "true", true, func(r *licenseRoom) { r.set("ACTIVATE_PRO", "0") }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newLicenseRoom(t, c.kind)
			if c.stored {
				r.ends(entrypoints.command...)
				r.wantRequests("request 200")
			}
			if c.since != nil {
				c.since(r)
			}
			if got := r.ends("docker-entrypoint.sh", "sh", "-c", c.command); got.exit != 0 {
				t.Errorf("it ends with %d:\n%s", got.exit, got.output)
			}
			r.wantRequests(c.want)
		})
	}
}

// override is the credential of an offline image.
func override(r *licenseRoom) {
	r.set(credential.OverrideVariable, r.secret)
	delete(r.env, credential.AuthTokenVariable)
}

func TestDocumentsAreFoundInTheSamePlaces(t *testing.T) {
	for path, folder := range map[string]func(*licenseRoom) string{
		"/etc/localstack/conf.d":    func(r *licenseRoom) string { return r.mounted },
		"/var/lib/localstack/cache": func(r *licenseRoom) string { return filepath.Dir(r.document()) },
		"/usr/lib/localstack":       func(r *licenseRoom) string { return r.builtin },
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			r := newLicenseRoom(t, authority.CI)
			r.ends(entrypoints.command...)
			r.wantRequests("request 200")
			document := r.stored()
			removed(r)
			r.must(os.WriteFile(filepath.Join(folder(r), "license.json"), []byte(document), 0o644))
			want := "Successfully activated cached license <id>:pro from " + path + "/license.json"
			r.wantSays(inContainer, want)
			r.wantSays(entrypoints, want)
			r.wantRequests("")
		})
	}
}

// The emulator may run as another user than the entrypoint that has stored the document.
func TestADocumentOfRootServesOtherUsers(t *testing.T) {
	t.Parallel()
	r := newLicenseRoom(t, authority.CI)
	r.ends(entrypoints.command...)
	roots := r.asked()
	r.as(1000, 1000)
	r.set("HOME", "/tmp")
	for _, client := range []licenseClient{localstacks, entrypoints} {
		r.wantSays(client, cached)
	}
	r.wantRequests("")
	stale(r)
	document := r.stored()
	for _, client := range []licenseClient{localstacks, entrypoints} {
		r.wantSays(client, activated)
		asked := r.asked()
		if len(asked) != 1 || !reflect.DeepEqual(asked[0].body["machine"].(map[string]any)["id"], machineOf(roots[0])) {
			t.Errorf("%s asks %v, want one question of root's machine", client.name, asked)
		}
		if r.stored() != document {
			t.Errorf("%s has replaced a document of root", client.name)
		}
	}
}

func machineOf(q question) any { return q.body["machine"].(map[string]any)["id"] }

func TestBothLicenseClientsSendTheSameRequests(t *testing.T) {
	for _, kind := range []authority.Kind{authority.Developer, authority.CI, authority.APIKey} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			r := newLicenseRoom(t, kind)
			clients := []licenseClient{entrypoints, localstacks}
			if kind == authority.CI {
				r.set("CI", "true")
				slices.Reverse(clients) // who comes first makes the machine's ID
			}
			questions := make(map[string][]question)
			for _, client := range clients {
				_ = os.Remove(r.document())
				r.ends(client.command...)
				stale(r)
				r.ends(client.command...)
				questions[client.name] = r.asked()
			}
			ours, theirs := questions[entrypoints.name], questions[localstacks.name]
			if len(ours) != 2 || len(theirs) != 2 {
				t.Fatalf("ours asks %v, LocalStack's %v", ours, theirs)
			}
			for i := range ours {
				// Only LocalStack's command line is one.
				theirs[i].body["machine"].(map[string]any)["cli"] = false
				if ours[i].path != theirs[i].path || !reflect.DeepEqual(ours[i].body, theirs[i].body) {
					t.Errorf("ours asks %s, LocalStack's %s", r.shown(ours[i]), r.shown(theirs[i]))
				}
			}
		})
	}
}

// shown is a question without the credential.
func (r *licenseRoom) shown(q question) string {
	return q.path + " " + strings.ReplaceAll(string(must(json.Marshal(q.body))), r.secret, "****")
}

func TestLocalStacksCommandsKnowOurDocuments(t *testing.T) {
	t.Parallel()
	r := newLicenseRoom(t, authority.Developer)
	home := t.TempDir()
	r.bind(home, "/root")
	r.ends(entrypoints.command...)
	r.wantRequests("request 200")
	wantInfo := func(want string) {
		t.Helper()
		if info := r.ends(localstackCommand("license", "info")...); !strings.Contains(info.output, want) {
			t.Errorf("license info does not say %q:\n%s", want, info.output)
		}
	}
	wantInfo("license location: /var/lib/localstack/cache/license.json")
	wantInfo("license validity: valid")
	stale(r)
	wantInfo("license validity: invalid (Offline activation failed!")
	r.wantRequests("")

	delete(r.env, credential.AuthTokenVariable)
	configured := r.ends(localstackCommand("auth", "set-token", r.secret)...)
	if !strings.Contains(configured.output, "Token configured successfully") {
		t.Errorf("auth set-token says\n%s", configured.output)
	}
	r.wantSays(localstacks, activated)
	r.wantRequests("activate 200")
	// The command line keeps the token for itself, and hands it to a container as a variable.
	if got := r.ends(entrypoints.command...); got.exit != 55 {
		t.Errorf("a start without a credential ends with %d:\n%s", got.exit, got.output)
	}
	r.wantRequests("")
}

// A server of ours does not grant LocalStack's period of grace.
func TestTheGracePeriodIsNotGranted(t *testing.T) {
	t.Parallel()
	r := newLicenseRoom(t, authority.Developer)
	got := r.ends(pythonOfLocalStack, "-c",
		"from localstack_cli.pro.core.plugins import _check_grace_period_active as active; print('granted', active(True))")
	if !strings.Contains(got.output, "granted False") {
		t.Errorf("it prints\n%s", got.output)
	}
	r.wantRequests("grace-period-check 404 request.path: no such path")
}
