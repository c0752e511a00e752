package licensing_test

import (
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/licensing"
	"localstack-entrypoint/internal/authority/limit"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/testkit/postgres"
)

// A clock that was wrong for a while, in either direction, leaves nothing refused or granted for ever.
func TestAWrongClockLeavesNothingBehind(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{Licensing: licensing.Options{
			Limit: limit.Rate{Requests: 3, Period: time.Minute}, UnknownLimit: limit.Rate{Requests: 3, Period: time.Minute},
		}})
		const year = 365 * 24 * time.Hour
		_, text := f.token()
		_, short := f.tokenOf(authority.NewToken{
			Kind: authority.CI, Terms: authority.Terms{Expires: f.clock.Now().Add(24 * time.Hour)},
		})
		unknown := stranger(t, authority.CI)
		askAll := func() {
			t.Helper()
			for range 3 {
				f.document(requestPath, asking(text))
				f.refused(f.post(requestPath, asking(unknown)), invalidCredentials)
			}
			f.refused(f.post(requestPath, asking(text)), rateLimited)
			f.refused(f.post(requestPath, asking(unknown)), rateLimited)
		}
		// set sets the clock. The first request after that may have to wait, but for no longer than others.
		set := func(by time.Duration) {
			f.clock.Advance(by - time.Minute)
			for _, token := range []string{text, short, unknown} {
				f.post(requestPath, asking(token))
			}
			f.clock.Advance(time.Minute)
		}
		askAll()
		set(-2 * year)
		askAll()
		if issued := f.document(requestPath, asking(short)).Issued.Time; !issued.Equal(f.clock.Now()) {
			t.Errorf("a document is of %s, and it is %s", issued, f.clock.Now())
		}
		set(2*year + time.Minute)
		askAll()
		set(2 * year) // its license lasts for one
		f.refused(f.post(requestPath, asking(text)), refusal{403, "licensing.license.expired"})
		f.refused(f.post(requestPath, asking(short)), refusal{403, "licensing.license.expired"})
		set(-2*year + time.Minute)
		f.store.Flush()
		askAll()
		f.document(requestPath, asking(short))
		f.clock.Advance(25 * time.Hour)
		f.refused(f.post(requestPath, asking(short)), refusal{403, "licensing.license.expired"})
	})
}
