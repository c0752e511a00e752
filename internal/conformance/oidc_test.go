package conformance

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/oidc"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/conformance/kit"
	"localstack-entrypoint/internal/conformance/kit/provider"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit"
)

// oidcRoom is a license authority with an OIDC provider.
type oidcRoom struct {
	*testing.T

	provider  *provider.Provider
	authority *kit.Authority
	site      string
	log       testkit.Buffer
}

func newOIDCRoom(t *testing.T) *oidcRoom {
	t.Helper()
	kit.Client(t, "zitadel/oidc", provider.Version)
	listen := func() net.Listener {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return listener
	}
	ours := listen()
	r := &oidcRoom{T: t, site: "http://" + ours.Addr().String()}
	r.provider = provider.Start(t, listen(), r.site+"/login/oidc/callback")
	r.authority = kit.NewAuthority(t, ours, server.Options{
		AccessLog: &r.log,
		OIDC: oidc.New(oidc.Settings{
			Issuer: r.provider.Issuer, ClientID: provider.ClientID, Secret: credential.NewSecret(provider.Secret),
		}, time.Now),
	})
	return r
}

// invite adds a member.
func (r *oidcRoom) invite(email string) {
	r.Helper()
	workspace, err := r.authority.FirstWorkspace(r.Context())
	if err == nil {
		_, _, err = r.authority.In(workspace.ID).AddMember(r.Context(), authority.NewMember{Email: email})
	}
	if err != nil {
		r.Fatal(err)
	}
}

// visitor is a browser. It notes each URL that it has asked for.
type visitor struct {
	*oidcRoom

	client *http.Client
	asked  []string
}

func (r *oidcRoom) visitor() *visitor {
	jar, _ := cookiejar.New(nil) // never fails
	v := &visitor{oidcRoom: r}
	v.client = &http.Client{Jar: jar, Timeout: patience, CheckRedirect: func(next *http.Request, _ []*http.Request) error {
		v.asked = append(v.asked, next.URL.String())
		return nil
	}}
	return v
}

// logIn logs a person in at the provider, and returns status and text of the page where that leads.
func (v *visitor) logIn(person, next string) (status int, text string) {
	v.Helper()
	page := v.read(v.client.Get(v.site + "/login?" + url.Values{"next": {next}}.Encode()))
	link := regexp.MustCompile(`href="([^"]*/login/oidc[^"]*)"`).FindStringSubmatch(page.text)
	if link == nil {
		v.Fatalf("the login has no link to the provider: %s", page.text)
	}
	page = v.read(v.client.Get(link[1]))
	request := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(page.text)
	if request == nil {
		v.Fatalf("the provider shows no login: %s", page.text)
	}
	page = v.read(v.client.PostForm(v.provider.Issuer+"/login/username",
		url.Values{"id": {request[1]}, "username": {person}, "password": {provider.Password}}))
	return page.status, page.text
}

type readPage struct {
	status int
	text   string
}

func (v *visitor) read(answer *http.Response, err error) readPage {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		v.Fatal(err)
	}
	return readPage{answer.StatusCode, string(content)}
}

// enters checks that a person gets in as a member.
func (r *oidcRoom) enters(person, email string) *visitor {
	r.Helper()
	v := r.visitor()
	if status, text := v.logIn(person, "/sessions"); status != http.StatusOK || !strings.Contains(text, email) {
		r.Errorf("%s gets %d instead of the sessions of %s: %s", person, status, email, text)
	}
	return v
}

// fails checks that a person does not get in, and what they are told.
func (r *oidcRoom) fails(person string, status int, want string) {
	r.Helper()
	if got, text := r.visitor().logIn(person, "/"); got != status || !strings.Contains(text, want) {
		r.Errorf("%s gets %d, want %d and %q: %s", person, got, status, want, text)
	}
}

func TestOIDC(t *testing.T) {
	r := newOIDCRoom(t)
	r.invite("ada@example.com")
	r.invite("bo@example.com")
	r.provider.Person("1", "ada@example.com", true)
	r.provider.Person("2", "nobody@example.com", true)
	r.provider.Person("3", "bo@example.com", false)
	v := r.enters("1", "ada@example.com")
	r.fails("2", http.StatusForbidden, "ask an Admin to invite you")
	r.fails("3", http.StatusForbidden, "does not say that bo@example.com is verified")
	r.provider.Person("1", "lovelace@example.com", false)
	r.enters("1", "ada@example.com")
	r.provider.Person("4", "ada@example.com", true)
	r.fails("4", http.StatusForbidden, "has another account of the provider")
	r.provider.Rotate(t, true)
	r.enters("1", "ada@example.com")
	r.provider.Rotate(t, false)
	r.enters("1", "ada@example.com")
	r.hasNoSecret(v)
}

// hasNoSecret looks for everything that was secret, where others can read it.
func (r *oidcRoom) hasNoSecret(v *visitor) {
	r.Helper()
	var written bytes.Buffer
	written.WriteString(r.log.String())
	entries, err := r.authority.AuditLog(context.Background(), "")
	if err != nil {
		r.Fatal(err)
	}
	for _, entry := range entries.Rows {
		written.WriteString(entry.Subject + entry.Detail + entry.Actor)
	}
	secrets := []string{provider.Secret, provider.Password, "eyJ"}
	for _, asked := range v.asked {
		at, err := url.Parse(asked)
		if err != nil {
			r.Fatal(err)
		}
		for _, name := range []string{"code", "state", "nonce", "code_challenge"} {
			if value := at.Query().Get(name); value != "" {
				secrets = append(secrets, value)
			}
		}
	}
	if len(secrets) < 7 || !strings.Contains(written.String(), "/login/oidc/callback") {
		r.Errorf("%d secrets, and a log of %d bytes", len(secrets), written.Len())
	}
	for i, secret := range secrets {
		if strings.Contains(written.String(), secret) {
			r.Errorf("the log or the audit log has secret number %d", i)
		}
	}
}

func TestOIDCInAnotherBrowser(t *testing.T) {
	r := newOIDCRoom(t)
	r.invite("ada@example.com")
	r.provider.Person("1", "ada@example.com", true)
	v, other := r.enters("1", "ada@example.com"), r.visitor()
	for _, asked := range v.asked {
		if strings.HasPrefix(asked, r.site+"/login/oidc/callback?") {
			if page := other.read(other.client.Get(asked)); page.status != http.StatusForbidden {
				t.Errorf("another browser gets %d with the same URL", page.status)
			}
			return
		}
	}
	t.Errorf("the provider did not lead back: %q", v.asked)
}
