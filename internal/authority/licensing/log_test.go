package licensing_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/licensing"
	"localstack-entrypoint/internal/authority/limit"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit/postgres"
)

func TestTheAccessLogHasALineOfJSONPerRequest(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		log := new(bytes.Buffer)
		f := newFixture(t, database, server.Options{AccessLog: log})
		token, text := f.token()
		stranger := stranger(f.T, authority.CI)
		f.post(requestPath, asking(text))
		f.post(activatePath, asking(stranger))
		f.send(http.MethodGet, "/healthz", "")

		const started = `{"time":"2026-11-21T17:00:00Z",`
		const from = `"duration_ms":0,"client":"192.0.2.1","request_id":"ID"`
		want := started + `"method":"POST","path":"/v1/license/request","status":200,` + from +
			`,"credential":"` + token.ID + `"}` + "\n" +
			started + `"method":"POST","path":"/v1/license/activate","status":403,` + from +
			`,"credential":"` + credential.Mask(stranger) + `","message":"licensing.credentials.invalid"}` + "\n" +
			started + `"method":"GET","path":"/healthz","status":200,` + from + "}\n"
		got := regexp.MustCompile(`"request_id":"[0-9a-f]{24}"`).ReplaceAllString(log.String(), `"request_id":"ID"`)
		if got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

func TestNoTokenIsEverWritten(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		log := new(bytes.Buffer)
		f := newFixture(t, database, server.Options{AccessLog: log})
		token, first := f.token()
		_, key := f.tokenOf(authority.NewToken{Kind: authority.APIKey})
		secret, err := f.store.RotateToken(t.Context(), token.ID)
		f.must(err)
		second := secret.Reveal()

		secrets := []string{first, second, key}
		for _, text := range secrets {
			for _, kind := range []string{license.AuthToken, license.APIKey, text} {
				f.post(requestPath, askingWith(text, func(r *license.Request) {
					r.Credentials.Type, r.LicenseID, r.Product.Version = kind, text, text
				}))
			}
			f.post("/v1/"+text+"?token="+text, text)
			f.send(text, "/", text)
			_, _, createErr := f.store.CreateToken(t.Context(), authority.NewToken{Kind: authority.CI, Email: text})
			for _, err := range []error{
				createErr,
				f.store.RevokeToken(t.Context(), text),
				f.store.RevokeToken(t.Context(), "token_"+text),
				f.store.SetStatus(t.Context(), text, license.StatusActive),
			} {
				if err == nil || strings.Contains(err.Error(), text) {
					t.Errorf("the error is %v", err)
				}
			}
		}
		for _, text := range secrets {
			secret := text[len(text)-30:] // not the group that the hint shows
			if found := f.keeping(secret); found != nil {
				t.Errorf("a token is in %s", found)
			}
			if strings.Contains(log.String(), secret) {
				t.Errorf("a token is in the log:\n%s", log)
			}
		}
		f.must(f.store.Close())
		if found := f.keeping(secrets...); found != nil {
			t.Errorf("a token is in %s", found)
		}
		if found := f.keeping(token.ID); found == nil {
			t.Error("the search finds nothing at all")
		}
	})
}

func TestAnAddressWithTooManyUnknownTokensHasToWait(t *testing.T) {
	each := limit.Rate{Requests: 100, Period: time.Minute}
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{Licensing: licensing.Options{UnknownLimit: each}})
		_, text := f.token()
		unknown := stranger(t, authority.CI)
		for range 100 {
			f.refused(f.post(requestPath, asking(unknown)), invalidCredentials)
		}
		reply := f.post(requestPath, asking(stranger(t, authority.Developer)))
		f.refused(reply, rateLimited)
		if wait := reply.Header().Get("Retry-After"); wait != "1" {
			t.Errorf("Retry-After is %q", wait)
		}
		f.document(requestPath, asking(text)) // from the same address
		f.clock.Advance(time.Second)
		f.refused(f.post(requestPath, asking(unknown)), invalidCredentials)
	})
}

func TestATokenThatAsksTooOftenHasToWait(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		often := limit.Rate{Requests: 3, Period: time.Minute}
		f := newFixture(t, database, server.Options{Licensing: licensing.Options{Limit: often}})
		_, text := f.token()
		_, other := f.token()
		for range 3 {
			f.document(requestPath, asking(text))
		}
		f.clock.Advance(1500 * time.Millisecond)
		reply := f.post(activatePath, asking(text))
		f.refused(reply, rateLimited)
		if wait := reply.Header().Get("Retry-After"); wait != "19" {
			t.Errorf("Retry-After is %q, want 19: 18.5 s, rounded up", wait)
		}
		f.document(requestPath, asking(other))
		f.clock.Advance(19 * time.Second)
		f.document(requestPath, asking(text))
		f.refused(f.post(requestPath, asking(text)), rateLimited)
	})
}
