package authority

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
)

func TestRequestHandsOutASignedDocument(t *testing.T) {
	f := newFixture(t, Options{})
	token, text := f.token()
	document := f.document(requestPath, asking(text))
	if !document.SignedWith(text) {
		t.Error("the signature does not verify with the token")
	}
	if document.SignedWith(text + "x") {
		t.Error("the signature verifies with anything")
	}
	if document.ID != token.License.ID || document.Type != "pro" || document.Status != license.StatusActive || document.Format != license.Format {
		t.Errorf("unexpected document %+v", document)
	}
	for name, got := range map[string]struct{ is, want time.Time }{
		"issue_date":       {document.Issued.Time, f.clock.now()},
		"last_activated":   {document.LastActivated.Time.Time, f.clock.now()},
		"reactivate_after": {document.ReactivateAfter.Time, f.clock.now().Add(24 * time.Hour)},
		"expiry_date":      {document.Expires.Time, f.clock.now().AddDate(1, 0, 0)},
	} {
		if !got.is.Equal(got.want) {
			t.Errorf("%s is %s, want %s", name, got.is, got.want)
		}
	}
	if flaw := document.Check(f.clock.now(), license.Product{Name: license.ProductName, Version: "2026.7.1"}); flaw != nil {
		t.Errorf("the client's own rules refuse the document: %v", flaw)
	}
}

func TestTheDocumentHasTheProtocolsShape(t *testing.T) {
	f := newFixture(t, Options{ReactivateAfter: time.Hour})
	_, text := f.token()
	body := f.post(requestPath, asking(text)).Body.String()
	for _, part := range []string{
		`"license_format":"1"`,
		`"license_secret":null`,
		`"issue_date":"2026-11-21T17:00:00+00:00"`,
		`"expiry_date":"2027-11-21T17:00:00+00:00"`,
		`"reactivate_after":"2026-11-21T18:00:00+00:00"`,
		`"products":[{"name":"localstack-pro","version":"*"}]`,
		`"offline_data":{}`,
	} {
		if !strings.Contains(body, part) {
			t.Errorf("no %s in %s", part, body)
		}
	}
}

func TestBothRequestShapesAndAllCredentialTypesAreAccepted(t *testing.T) {
	f := newFixture(t, Options{})
	_, text := f.token()
	_, ciText := f.tokenOf(NewToken{Kind: CI})
	_, key := f.tokenOf(NewToken{Kind: APIKey})
	for name, body := range map[string]any{
		"container":            asking(text),
		"CI token":             asking(ciText),
		"API key":              askingWith(key, func(r *license.Request) { r.Credentials.Type = license.APIKey }),
		"auth token as key":    askingWith(text, func(r *license.Request) { r.Credentials.Type = license.APIKey }),
		"lstk":                 `{"product":{"name":"localstack-pro","version":"4.14"},"credentials":{"token":"` + text + `"},"machine":{"hostname":"h","platform":"linux","platform_release":"amd64"}}`,
		"unknown fields":       `{"x":[{}],"product":{"name":"localstack-pro","version":"4.14.0","x":1},"credentials":{"token":"` + text + `","x":null},"machine":{"x":{}}}`,
		"another machine":      `{"product":{"name":"localstack-pro","version":"4.14.0"},"credentials":{"token":"` + text + `"},"machine":["ci",1]}`,
		"no machine":           `{"product":{"name":"localstack-pro","version":"4.14.0"},"credentials":{"token":"` + text + `"}}`,
		"id of an unknown one": askingWith(text, func(r *license.Request) { r.LicenseID = "license_other" }),
		"zero-padded month":    askingWith(text, func(r *license.Request) { r.Product.Version = "2026.07.0" }),
		"development version":  askingWith(text, func(r *license.Request) { r.Product.Version = "v4.14.1.dev12+abc" }),
	} {
		t.Run(name, func(t *testing.T) {
			if reply := f.post(requestPath, body); reply.Code != http.StatusOK {
				t.Errorf("got %d %s", reply.Code, reply.Body)
			}
		})
	}
}

func TestActivateTakesOnlyTheAssignedLicense(t *testing.T) {
	f := newFixture(t, Options{})
	token, text := f.token()
	other, _ := f.token()
	withID := func(id string) license.Request {
		return askingWith(text, func(r *license.Request) { r.LicenseID = id })
	}
	if document := f.document(activatePath, withID(token.License.ID)); !document.SignedWith(text) {
		t.Error("the signature does not verify")
	}
	for _, id := range []string{"", "license_unknown", other.License.ID} {
		f.refused(f.post(activatePath, withID(id)), http.StatusBadRequest, license.MessageNotFound)
	}
}

func TestRefusalsOfCredentials(t *testing.T) {
	f := newFixture(t, Options{})
	token, text := f.token()
	stranger := mint(Developer).Reveal()
	gone, revoked := f.token()
	f.must(f.store.RevokeToken(t.Context(), gone.ID))
	typed := func(kind string) func(*license.Request) {
		return func(r *license.Request) { r.Credentials.Type = kind }
	}
	same := func(*license.Request) {}
	for name, test := range map[string]struct {
		token   string
		change  func(*license.Request)
		status  int
		message string
	}{
		"none":               {"", same, http.StatusBadRequest, license.MessageCredentialsFormat},
		"blank":              {" ", same, http.StatusBadRequest, license.MessageCredentialsFormat},
		"not a token":        {"test", same, http.StatusBadRequest, license.MessageCredentialsFormat},
		"mistyped":           {strings.Replace(text, "-", "-q", 1), same, http.StatusBadRequest, license.MessageCredentialsFormat},
		"with a line end":    {text + "\n", same, http.StatusBadRequest, license.MessageCredentialsFormat},
		"its ID":             {token.ID, same, http.StatusBadRequest, license.MessageCredentialsFormat},
		"unknown type":       {text, typed("password"), http.StatusBadRequest, license.MessageCredentialsFormat},
		"opaque auth token":  {mint(APIKey).Reveal(), typed(license.AuthToken), http.StatusBadRequest, license.MessageCredentialsFormat},
		"unknown token":      {stranger, same, http.StatusForbidden, license.MessageCredentialsInvalid},
		"unknown key":        {"test", typed(license.APIKey), http.StatusForbidden, license.MessageCredentialsInvalid},
		"revoked token":      {revoked, same, http.StatusForbidden, license.MessageCredentialsInvalid},
		"token in lowercase": {strings.ToLower(mint(CI).Reveal()), same, http.StatusBadRequest, license.MessageCredentialsFormat},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{requestPath, activatePath} {
				f.refused(f.post(path, askingWith(test.token, test.change)), test.status, test.message)
			}
		})
	}
}

func TestRefusalsOfLicenses(t *testing.T) {
	pro := license.Product{Name: license.ProductName, Version: "4.14.0"}
	for name, test := range map[string]struct {
		wanted  NewToken
		arrange func(*fixture, string)
		product license.Product
		status  int
		message string
	}{
		"never assigned": {NewToken{Unassigned: true}, nil, pro, http.StatusBadRequest, license.MessageNotFound},
		"unassigned": {NewToken{}, func(f *fixture, id string) { f.must(f.store.Unassign(f.Context(), id)) },
			pro, http.StatusBadRequest, license.MessageNotFound},
		"expired by hand": {NewToken{}, func(f *fixture, id string) { f.must(f.store.Expire(f.Context(), id, f.clock.now())) },
			pro, http.StatusForbidden, license.MessageExpired},
		"expired by time": {NewToken{}, func(f *fixture, _ string) { f.clock.advance(366 * 24 * time.Hour) },
			pro, http.StatusForbidden, license.MessageExpired},
		"suspended": {NewToken{}, func(f *fixture, id string) {
			f.must(f.store.SetStatus(f.Context(), id, license.StatusSuspended))
		}, pro, http.StatusForbidden, license.MessageInvalidStatus + ":SUSPENDED"},
		"inactive": {NewToken{}, func(f *fixture, id string) {
			f.must(f.store.SetStatus(f.Context(), id, license.StatusInactive))
		}, pro, http.StatusForbidden, license.MessageInvalidStatus + ":INACTIVE"},
		"version is a tag":   {NewToken{}, nil, license.Product{Name: "localstack-pro", Version: "latest"}, http.StatusBadRequest, license.MessageFormat + ":" + versionDetail},
		"version is a major": {NewToken{}, nil, license.Product{Name: "localstack-pro", Version: "4"}, http.StatusBadRequest, license.MessageFormat + ":" + versionDetail},
		"version is missing": {NewToken{}, nil, license.Product{Name: "localstack-pro"}, http.StatusBadRequest, license.MessageFormat + ":" + versionDetail},
		"other product":      {NewToken{}, nil, license.Product{Name: "localstack-x", Version: "4.14.0"}, http.StatusBadRequest, license.MessageActivation},
		"other version": {NewToken{Terms: Terms{Version: "4.13"}}, nil,
			pro, http.StatusBadRequest, license.MessageActivation},
		"a tag, but expired": {NewToken{Terms: Terms{Expires: newClock().now()}}, nil,
			license.Product{Name: "localstack-pro", Version: "latest"}, http.StatusForbidden, license.MessageExpired},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{})
			test.wanted.Kind = Developer
			token, text := f.tokenOf(test.wanted)
			if test.arrange != nil {
				test.arrange(f, token.ID)
			}
			ask := askingWith(text, func(r *license.Request) { r.Product = test.product })
			f.refused(f.post(requestPath, ask), test.status, test.message)
		})
	}
}

func TestRefusalsThatAreNoVerdict(t *testing.T) {
	f := newFixture(t, Options{})
	_, text := f.token()
	for name, test := range map[string]struct {
		method, path, body string
		status             int
		message            string
	}{
		"unknown path":    {"POST", "/license/request", "{}", http.StatusNotFound, messageNoPath},
		"unclean path":    {"POST", "/v1//license/request", "{}", http.StatusNotFound, messageNoPath},
		"root":            {"GET", "/", "", http.StatusNotFound, messageNoPath},
		"wrong method":    {"GET", requestPath, "", http.StatusMethodNotAllowed, messageMethod},
		"not for health":  {"POST", "/healthz", "", http.StatusMethodNotAllowed, messageMethod},
		"no body":         {"POST", requestPath, "", http.StatusBadRequest, messageBody},
		"not JSON":        {"POST", requestPath, "token=" + text, http.StatusBadRequest, messageBody},
		"not an object":   {"POST", activatePath, "[]", http.StatusBadRequest, messageBody},
		"trailing text":   {"POST", requestPath, "{} {}", http.StatusBadRequest, messageBody},
		"wrong JSON type": {"POST", requestPath, `{"credentials":"` + text + `"}`, http.StatusBadRequest, messageBody},
		"too large":       {"POST", requestPath, `{"x":"` + strings.Repeat("x", maxBody) + `"}`, http.StatusRequestEntityTooLarge, messageTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			f.handler.ServeHTTP(recorder, httptest.NewRequest(test.method, test.path, strings.NewReader(test.body)))
			f.refused(recorder, test.status, test.message)
			if strings.HasPrefix(test.message, license.MessagePrefix) {
				t.Error("a client would take this for a verdict on its license")
			}
			if test.status == http.StatusMethodNotAllowed && recorder.Header().Get("Allow") == "" {
				t.Error("no header Allow")
			}
		})
	}
}

func TestABodyUpToTheLimitIsRead(t *testing.T) {
	f := newFixture(t, Options{})
	_, text := f.token()
	body := `{"credentials":{"token":"` + text + `"},"product":{"name":"localstack-pro","version":"4.14.0"},"x":""}`
	body = strings.Replace(body, `"x":""`, `"x":"`+strings.Repeat("x", maxBody-len(body))+`"`, 1)
	if len(body) != maxBody {
		t.Fatalf("the body has %d bytes", len(body))
	}
	f.document(requestPath, body)
}

func TestABrokenStoreIsNoVerdict(t *testing.T) {
	f := newFixture(t, Options{})
	_, text := f.token()
	f.must(f.store.Close())
	f.refused(f.post(requestPath, asking(text)), http.StatusInternalServerError, messageInternal)
}

func TestHealthz(t *testing.T) {
	f := newFixture(t, Options{})
	server := httptest.NewServer(f.handler)
	defer server.Close()
	for method, want := range map[string]string{http.MethodGet: "ok", http.MethodHead: ""} {
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/healthz", nil)
		f.must(err)
		response, err := server.Client().Do(request)
		f.must(err)
		body, err := io.ReadAll(response.Body)
		f.must(errors.Join(err, response.Body.Close()))
		if response.StatusCode != http.StatusOK || string(body) != want {
			t.Errorf("%s answers %d %q", method, response.StatusCode, body)
		}
		if response.Header.Get("Date") == "" {
			t.Error("no header Date, which clients compare their clocks with")
		}
	}
}

func TestALicenseForAPatternCoversWhatMatches(t *testing.T) {
	f := newFixture(t, Options{})
	_, text := f.tokenOf(NewToken{Kind: Developer, Terms: Terms{Product: "localstack-*", Version: "4.14", Plan: "team"}})
	if document := f.document(requestPath, asking(text)); document.Type != "team" {
		t.Errorf("the plan is %q", document.Type)
	}
}

func TestMintedTokensAreWellFormed(t *testing.T) {
	for kind, prefix := range map[Kind]string{Developer: credential.DeveloperPrefix, CI: credential.CIPrefix} {
		for range 500 {
			text := mint(kind).Reveal()
			read, err := credential.Read(credential.Sources{AuthToken: credential.NewSecret(text)})
			if err != nil || read.Reveal() != text || !strings.HasPrefix(text, prefix) {
				t.Fatalf("a token of type %s is refused: %v", kind, err)
			}
			if got, want := len(text), len(prefix)+credential.PayloadLength+4; got != want {
				t.Fatalf("a token of type %s has %d characters, want %d", kind, got, want)
			}
		}
	}
	for range 500 {
		key := mint(APIKey).Reveal()
		read, err := credential.Read(credential.Sources{APIKey: credential.NewSecret(key)})
		if err != nil || read.IsAuthToken() || len(key) != apiKeyLength {
			t.Fatalf("an API key is refused or taken for an auth token: %v", err)
		}
	}
}
