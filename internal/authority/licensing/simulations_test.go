package licensing_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/licensing"
	"localstack-entrypoint/internal/authority/limit"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit/postgres"
)

// simulated are the status, the type and the beginning of the body that each test token gets.
var simulated = map[string]string{
	"invalid":          `403 application/json {"error":true,"message":"licensing.credentials.invalid"}`,
	"malformed":        `400 application/json {"error":true,"message":"licensing.credentials.format"}`,
	"unassigned":       `400 application/json {"error":true,"message":"licensing.license.not_found"}`,
	"expired":          `403 application/json {"error":true,"message":"licensing.license.expired"}`,
	"suspended":        `403 application/json {"error":true,"message":"licensing.license.invalid_status:SUSPENDED"}`,
	"inactive":         `403 application/json {"error":true,"message":"licensing.license.invalid_status:INACTIVE"}`,
	"activation-error": `400 application/json {"error":true,"message":"licensing.activation_error"}`,
	"unknown-version":  `400 application/json {"error":true,"message":"licensing.license.format:`,
	"rate-limited":     `429 application/json {"error":true,"message":"licensing.rate_limited"}`,
	"server-error":     `500 application/json {"error":true,"message":"server.internal: `,
	"slow":             `200 application/json {"id":"license_`,
	"wrong-signature":  `200 application/json {"id":"license_`,
	"other-version":    `200 application/json {"id":"license_`,
	"clock-ahead":      `200 application/json {"id":"license_`,
	"html":             `200 text/html; charset=utf-8 <!DOCTYPE html>`,
	"block-page":       `403 text/html; charset=utf-8 <!DOCTYPE html>`,
	"empty-403":        `403 text/html; charset=utf-8 `,
	"redirect":         `302  `,
	"truncated":        `200 application/json {"id":"license_`,
	"too-large":        `200 application/json {"padding":"xxx`,
}

// testToken makes a test token.
func (f *fixture) testToken(kind authority.Kind, simulates string) (authority.Token, string) {
	f.Helper()
	return f.tokenOf(authority.NewToken{Kind: kind, Simulate: simulates})
}

// Whoever asks, with whatever kind of token and in whatever shape, gets the answer for ever.
func TestATestTokenAlwaysGetsItsAnswer(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{Licensing: licensing.Options{Delay: time.Microsecond}})
		if all := licensing.Simulations(); len(all) != len(simulated) {
			t.Errorf("there are %d simulated answers, want %d", len(all), len(simulated))
		}
		for _, one := range licensing.Simulations() {
			for kind, credentials := range map[authority.Kind]string{
				authority.Developer: "", authority.CI: license.AuthToken, authority.APIKey: license.APIKey,
			} {
				token, text := f.testToken(kind, one.Name)
				id := "license_" + strings.TrimPrefix(token.ID, "token_")
				for _, path := range []string{requestPath, activatePath} {
					body := fmt.Sprintf(`{"license_id":%q,"credentials":{"type":%q,"token":%q},`+
						`"product":{"name":"localstack-pro","version":"4.14.0"},"machine":{"hostname":"h","platform":"linux"}}`,
						id, credentials, text)
					f.checkSimulated(one.Name, text, f.post(path, body))
				}
			}
		}
	})
}

func (f *fixture) checkSimulated(name, text string, reply *httptest.ResponseRecorder) {
	f.Helper()
	got := fmt.Sprintf("%d %s %s", reply.Code, reply.Header().Get("Content-Type"), reply.Body)
	if want := simulated[name]; want == "" || !strings.HasPrefix(got, want) {
		f.Errorf("%s: got %.200s, want %s", name, got, want)
	}
	if strings.Contains(got, text) {
		f.Errorf("%s: the answer has the token", name)
	}
	if !strings.Contains(simulated[name], `{"id"`) {
		return
	}
	document, err := license.Parse(reply.Body.Bytes())
	switch {
	case name == "truncated":
		if err == nil {
			f.Error("truncated: the document is whole")
		}
	case err != nil:
		f.Errorf("%s: %v", name, err)
	case document.Type != "test" || document.Expires.Sub(document.Issued.Time) != 24*time.Hour:
		f.Errorf("%s: the document is for real use: %s", name, reply.Body)
	case document.SignedWith(text) == (name == "wrong-signature"):
		f.Errorf("%s: the signature verifies: %t", name, document.SignedWith(text))
	}
}

func TestWhatOnlySomeTestTokensGet(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		answer := func(simulates string) (http.Header, string) {
			_, text := f.testToken(authority.CI, simulates)
			reply := f.post(requestPath, asking(text))
			return reply.Header(), reply.Body.String()
		}
		if header, _ := answer("rate-limited"); header.Get("Retry-After") != "2" {
			t.Errorf("Retry-After is %q", header.Get("Retry-After"))
		}
		header, body := answer("clock-ahead")
		document, err := license.Parse([]byte(body))
		f.must(err)
		now, err := http.ParseTime(header.Get("Date"))
		if ahead := f.clock.Now().Add(6 * time.Hour); err != nil || !now.Equal(ahead) || !document.Issued.Equal(ahead) {
			t.Errorf("it is %s, and the document of %s: %v", now, document.Issued, err)
		}
		if header, _ := answer("redirect"); header.Get("Location") != "https://portal.invalid/login" {
			t.Errorf("it leads to %q", header.Get("Location"))
		}
		if _, body := answer("other-version"); !strings.Contains(body, `"version":"0.1"`) {
			t.Errorf("the document is %s", body)
		}
		if _, body := answer("too-large"); len(body) <= 1<<20 {
			t.Errorf("the body has %d bytes", len(body))
		}
	})
}

// As with a real token, a document is for a version and has an ID.
func TestATestTokensDocumentIsForItsQuestion(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		_, text := f.testToken(authority.Developer, "wrong-signature")
		f.refused(f.post(activatePath, askingWith(text, func(r *license.Request) { r.LicenseID = "license_1" })), noLicense)
		f.refused(f.post(requestPath, askingWith(text, func(r *license.Request) { r.Product.Name = "other" })),
			refusal{http.StatusBadRequest, license.MessageActivation})
	})
}

func TestATestTokenIsRotatedRevokedAndLimitedLikeOthers(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		often := limit.Rate{Requests: 2, Period: time.Hour}
		f := newFixture(t, database, server.Options{Licensing: licensing.Options{Limit: often}})
		expired := refusal{http.StatusForbidden, license.MessageExpired}
		token, old := f.testToken(authority.CI, "expired")
		f.refused(f.post(requestPath, asking(old)), expired)
		secret, err := f.store.RotateToken(t.Context(), token.ID)
		f.must(err)
		f.refused(f.post(requestPath, asking(old)), invalidCredentials)
		f.refused(f.post(requestPath, asking(secret.Reveal())), expired)
		f.refused(f.post(requestPath, asking(secret.Reveal())), rateLimited)
		f.must(f.store.RevokeToken(t.Context(), token.ID))
		f.refused(f.post(requestPath, asking(secret.Reveal())), invalidCredentials)
	})
}

func TestATestTokenHasNoLicense(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		token, _ := f.testToken(authority.CI, "expired")
		if token.License != nil || token.Simulate != "expired" {
			t.Errorf("unexpected token %+v", token)
		}
		_, err := f.store.Assign(t.Context(), token.ID, authority.Terms{})
		if err == nil || !strings.Contains(err.Error(), "it is a test token, which has no license") {
			t.Errorf("assigning one: %v", err)
		}
		for want, wanted := range map[string]authority.NewToken{
			"a test token has no license, and so no plan": {Terms: authority.Terms{Plan: "pro"}, Simulate: "expired"},
			"a test token has no license":                 {Unassigned: true, Simulate: "expired"},
			"must consist of up to 32 lower-case letters": {Simulate: "Expired\n"},
		} {
			wanted.Kind = authority.CI
			if _, _, err := f.store.CreateToken(t.Context(), wanted); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("the error is %v, want %q in it", err, want)
			}
		}
	})
}

// A newer version may have made the token. What it simulates is not known here, which is no verdict.
func TestAnUnknownSimulationIsNoVerdict(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		_, text := f.testToken(authority.CI, "weather")
		f.refused(f.post(requestPath, asking(text)), refusal{http.StatusInternalServerError, api.MessageInternal})
	})
}
