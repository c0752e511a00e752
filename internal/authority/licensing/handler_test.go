package licensing_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/licensing"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit/postgres"
)

func TestRequestHandsOutASignedDocument(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		token, text := f.token()
		document := f.document(requestPath, asking(text))
		if !document.SignedWith(text) {
			t.Error("the signature does not verify with the token")
		}
		if document.SignedWith(text + "x") {
			t.Error("the signature verifies with anything")
		}
		got := []string{document.ID, document.Type, document.Status, document.Format}
		if want := []string{token.License.ID, "pro", license.StatusActive, license.Format}; !slices.Equal(got, want) {
			t.Errorf("the document has %q, want %q", got, want)
		}
		for name, got := range map[string]struct{ is, want time.Time }{
			"issue_date":       {document.Issued.Time, f.clock.Now()},
			"last_activated":   {document.LastActivated.Time, f.clock.Now()},
			"reactivate_after": {document.ReactivateAfter.Time, f.clock.Now().Add(24 * time.Hour)},
			"expiry_date":      {document.Expires.Time, f.clock.Now().AddDate(1, 0, 0)},
		} {
			if !got.is.Equal(got.want) {
				t.Errorf("%s is %s, want %s", name, got.is, got.want)
			}
		}
		product := license.Product{Name: license.ProductName, Version: "2026.7.1"}
		if flaw := document.Check(f.clock.Now(), product); flaw != nil {
			t.Errorf("the client's own rules refuse the document: %v", flaw)
		}
	})
}

func TestTheDocumentHasTheProtocolsShape(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{Licensing: licensing.Options{ReactivateAfter: time.Hour}})
		_, text := f.token()
		body := f.post(requestPath, asking(text)).Body.String()
		for _, part := range []string{
			`"license_format":"1"`,
			`"license_secret":null`,
			`"issue_date":"2026-11-21T17:00:00+00:00"`,
			`"expiry_date":"2027-11-21T17:00:00+00:00"`,
			`"reactivate_after":"2026-11-21T18:00:00+00:00"`,
			`"products":[{"name":"localstack-pro","version":"*"}]`,
			`"offline_data":{"localstack_version":"4.14.0"}`,
		} {
			if !strings.Contains(body, part) {
				t.Errorf("no %s in %s", part, body)
			}
		}
	})
}

func TestBothRequestShapesAndAllCredentialTypesAreAccepted(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		_, text := f.token()
		_, ciText := f.tokenOf(authority.NewToken{Kind: authority.CI})
		_, key := f.tokenOf(authority.NewToken{Kind: authority.APIKey})
		ofType := func(token, kind string) license.Request {
			return askingWith(token, func(r *license.Request) { r.Credentials.Type = kind })
		}
		ofVersion := func(version string) license.Request {
			return askingWith(text, func(r *license.Request) { r.Product.Version = version })
		}
		// written is a request without what a container sends besides.
		written := func(rest string) string {
			return fmt.Sprintf(`{"product":{"name":"localstack-pro","version":"4.14"},"credentials":{"token":%q}%s}`, text, rest)
		}
		for name, body := range map[string]any{
			"container":            asking(text),
			"CI token":             asking(ciText),
			"API key":              ofType(key, license.APIKey),
			"auth token as key":    ofType(text, license.APIKey),
			"lstk":                 written(`,"machine":{"hostname":"h","platform":"linux","platform_release":"amd64"}`),
			"unknown fields":       written(`,"x":[{}],"machine":{"x":{}}`),
			"another machine":      written(`,"machine":["ci",1]`),
			"no machine":           written(``),
			"id of an unknown one": askingWith(text, func(r *license.Request) { r.LicenseID = "license_other" }),
			"zero-padded month":    ofVersion("2026.07.0"),
			"development version":  ofVersion("v4.14.1.dev12+abc"),
		} {
			t.Run(name, func(t *testing.T) {
				if reply := f.post(requestPath, body); reply.Code != http.StatusOK {
					t.Errorf("got %d %s", reply.Code, reply.Body)
				}
			})
		}
	})
}

func TestActivateTakesOnlyTheAssignedLicense(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		token, text := f.token()
		other, _ := f.token()
		withID := func(id string) license.Request {
			return askingWith(text, func(r *license.Request) { r.LicenseID = id })
		}
		if document := f.document(activatePath, withID(token.License.ID)); !document.SignedWith(text) {
			t.Error("the signature does not verify")
		}
		for _, id := range []string{"", "license_unknown", other.License.ID} {
			f.refused(f.post(activatePath, withID(id)), noLicense)
		}
	})
}

func TestRefusalsOfCredentials(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		token, text := f.token()
		gone, revoked := f.token()
		f.must(f.store.RevokeToken(t.Context(), gone.ID))
		for name, test := range map[string]struct {
			token, kind string
			want        refusal
		}{
			"none":               {"", license.AuthToken, malformedCredentials},
			"blank":              {" ", license.AuthToken, malformedCredentials},
			"not a token":        {"test", license.AuthToken, malformedCredentials},
			"mistyped":           {strings.Replace(text, "-", "-q", 1), license.AuthToken, malformedCredentials},
			"with a line end":    {text + "\n", license.AuthToken, malformedCredentials},
			"its ID":             {token.ID, license.AuthToken, malformedCredentials},
			"unknown type":       {text, "password", malformedCredentials},
			"opaque auth token":  {stranger(f.T, authority.APIKey), license.AuthToken, malformedCredentials},
			"unknown token":      {stranger(f.T, authority.Developer), license.AuthToken, invalidCredentials},
			"unknown key":        {"test", license.APIKey, invalidCredentials},
			"revoked token":      {revoked, license.AuthToken, invalidCredentials},
			"token in lowercase": {strings.ToLower(stranger(f.T, authority.CI)), license.AuthToken, malformedCredentials},
		} {
			t.Run(name, func(t *testing.T) {
				body := askingWith(test.token, func(r *license.Request) { r.Credentials.Type = test.kind })
				for _, path := range []string{requestPath, activatePath} {
					f.refused(f.post(path, body), test.want)
				}
			})
		}
	})
}

func TestRefusalsOfLicenses(t *testing.T) {
	const pro, version = license.ProductName, "4.14.0"
	expired := refusal{http.StatusForbidden, license.MessageExpired}
	notCovered := refusal{http.StatusBadRequest, license.MessageActivation}
	noVersion := refusal{http.StatusBadRequest, license.MessageFormat + ":the version must be MAJOR.MINOR.PATCH"}
	status := func(status string) refusal {
		return refusal{http.StatusForbidden, license.MessageInvalidStatus + ":" + status}
	}
	deactivate := func(f *fixture, id string) error {
		return f.store.SetStatus(f.Context(), id, license.StatusInactive)
	}
	wait := func(f *fixture, _ string) error { f.clock.Advance(366 * 24 * time.Hour); return nil }
	for name, test := range map[string]struct {
		wanted           authority.NewToken
		arrange          func(*fixture, string) error
		product, version string
		want             refusal
	}{
		"never assigned":     {authority.NewToken{Unassigned: true}, nil, pro, version, noLicense},
		"unassigned":         {authority.NewToken{}, unassign, pro, version, noLicense},
		"expired by hand":    {authority.NewToken{}, expire, pro, version, expired},
		"expired by time":    {authority.NewToken{}, wait, pro, version, expired},
		"suspended":          {authority.NewToken{}, suspend, pro, version, status("SUSPENDED")},
		"inactive":           {authority.NewToken{}, deactivate, pro, version, status("INACTIVE")},
		"version is a tag":   {authority.NewToken{}, nil, pro, "latest", noVersion},
		"version is a major": {authority.NewToken{}, nil, pro, "4", noVersion},
		"version is missing": {authority.NewToken{}, nil, pro, "", noVersion},
		"version has blanks": {authority.NewToken{}, nil, pro, "4.14.0 ", noVersion},
		"version has no end": {authority.NewToken{}, nil, pro, "4.14." + strings.Repeat("1", 64), noVersion},
		"other product":      {authority.NewToken{}, nil, "localstack-x", version, notCovered},
		"other version":      {authority.NewToken{Terms: authority.Terms{Version: "4.13"}}, nil, pro, version, notCovered},
		"a tag, but expired": {authority.NewToken{}, expire, pro, "latest", expired},
	} {
		t.Run(name, func(t *testing.T) {
			postgres.OnBoth(t, func(t *testing.T, database string) {
				f := newFixture(t, database, server.Options{})
				wanted := test.wanted // another for each database: both run at once
				wanted.Kind = authority.Developer
				token, text := f.tokenOf(wanted)
				if test.arrange != nil {
					f.must(test.arrange(f, token.ID))
				}
				product := license.Product{Name: test.product, Version: test.version}
				body := askingWith(text, func(r *license.Request) { r.Product = product })
				f.refused(f.post(requestPath, body), test.want)
			})
		})
	}
}

func TestRefusalsThatAreNoVerdict(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		_, text := f.token()
		noPath := refusal{http.StatusNotFound, api.MessageNoPath}
		wrongMethod := refusal{http.StatusMethodNotAllowed, api.MessageMethod}
		badBody := refusal{http.StatusUnprocessableEntity, api.MessageBody}
		tooLarge := refusal{http.StatusRequestEntityTooLarge, api.MessageTooLarge}
		for name, test := range map[string]struct {
			method, path, body string
			want               refusal
		}{
			"unknown path":    {"POST", "/license/request", "{}", noPath},
			"unclean path":    {"POST", "/v1//license/request", "{}", noPath},
			"base":            {"GET", "/v1", "", noPath},
			"grace period":    {"POST", "/v1/license/grace-period-check", `{"requesting_grace":true}`, noPath},
			"wrong method":    {"GET", requestPath, "", wrongMethod},
			"another one":     {"PUT", activatePath, "", wrongMethod},
			"not for health":  {"POST", "/healthz", "", wrongMethod},
			"no body":         {"POST", requestPath, "", badBody},
			"not JSON":        {"POST", requestPath, "token=" + text, badBody},
			"not an object":   {"POST", activatePath, "[]", badBody},
			"trailing text":   {"POST", requestPath, "{} {}", badBody},
			"wrong JSON type": {"POST", requestPath, `{"credentials":"` + text + `"}`, badBody},
			"too large":       {"POST", requestPath, `{"x":"` + strings.Repeat("x", api.MaxBody) + `"}`, tooLarge},
		} {
			t.Run(name, func(t *testing.T) {
				recorder := f.send(test.method, test.path, test.body)
				f.refused(recorder, test.want)
				if strings.HasPrefix(test.want.message, license.MessagePrefix) {
					t.Error("a client would take this for a verdict on its license")
				}
				if test.want == wrongMethod && recorder.Header().Get("Allow") == "" {
					t.Error("no header Allow")
				}
			})
		}
	})
}

func TestABodyUpToTheLimitIsRead(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		_, text := f.token()
		body := `{"credentials":{"token":"` + text + `"},"product":{"name":"localstack-pro","version":"4.14.0"},"x":""}`
		body = strings.Replace(body, `"x":""`, `"x":"`+strings.Repeat("x", api.MaxBody-len(body))+`"`, 1)
		if len(body) != api.MaxBody {
			t.Fatalf("the body has %d bytes", len(body))
		}
		f.document(requestPath, body)
	})
}

func TestHealthz(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
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
	})
}

func TestALicenseForAPatternCoversWhatMatches(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		terms := authority.Terms{Product: "localstack-*", Version: "4.14", Plan: "team"}
		_, text := f.tokenOf(authority.NewToken{Kind: authority.Developer, Terms: terms})
		if document := f.document(requestPath, asking(text)); document.Type != "team" {
			t.Errorf("the plan is %q", document.Type)
		}
	})
}
