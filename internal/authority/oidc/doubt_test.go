package oidc

import (
	"context"
	"errors"
	"net/http"
	"testing"
)

// What the provider says of itself is kept, and may be wrong one day: nobody restarts the server for that.
func TestAProviderThatChangesIsAskedAgain(t *testing.T) {
	for name, before := range map[string]map[string]any{
		"another algorithm":      {"id_token_signing_alg_values_supported": []string{"RS256"}},
		"another token endpoint": {"token_endpoint": "http://127.0.0.1:1/token"},
		"other keys":             {"jwks_uri": "http://127.0.0.1:1/keys"},
	} {
		f := newFixture(t)
		f.at.Description = before
		if _, err := f.logIn(); err == nil {
			t.Errorf("%s: the first login works", name)
		}
		f.at.Description = nil
		f.clock.Advance(retryAfter)
		if _, err := f.logIn(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := newFixture(t)
	f.at.Description = map[string]any{"authorization_response_iss_parameter_supported": true}
	if err := f.CheckResponse(t.Context(), nil); !errors.Is(err, ErrAnswer) {
		t.Errorf("the issuer that it sends may be missing: %v", err)
	}
	f.at.Description = nil
	f.clock.Advance(retryAfter)
	if err := f.CheckResponse(t.Context(), nil); err != nil {
		t.Errorf("the issuer that it sends no more is missing: %v", err)
	}
}

// Anybody can come back with a wrong code or another issuer, or go away. The provider said nothing wrong then.
func TestAProviderIsNotAskedAgainForNothing(t *testing.T) {
	f := newFixture(t)
	begun, _, err := f.Begin(t.Context(), callback)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Finish(t.Context(), begun, callback, "no code"); !errors.Is(err, ErrCode) {
		t.Errorf("got %v", err)
	}
	if err := f.CheckResponse(t.Context(), []string{"https://other.example.com"}); !errors.Is(err, ErrAnswer) {
		t.Errorf("got %v", err)
	}
	ctx, leave := context.WithCancel(t.Context())
	f.at.Answer["/token"] = func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // otherwise it is not known when the client goes
		leave()
		<-r.Context().Done()
	}
	if _, err := f.Finish(ctx, begun, callback, "no code"); !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	delete(f.at.Answer, "/token")
	f.clock.Advance(retryAfter)
	if _, err := f.logIn(); err != nil || f.asked(wellKnown) != 1 {
		t.Errorf("it is asked %d times: %v", f.asked(wellKnown), err)
	}
}

// Where a failure does raise a doubt, the provider is not asked by each of many, and needs not answer.
func TestADoubtKeepsNobodyOut(t *testing.T) {
	f := newFixture(t)
	f.at.Description = map[string]any{"authorization_response_iss_parameter_supported": true}
	for range 10 {
		if err := f.CheckResponse(t.Context(), nil); !errors.Is(err, ErrAnswer) {
			t.Errorf("got %v", err)
		}
	}
	if asked := f.asked(wellKnown); asked != 1 {
		t.Errorf("it is asked %d times at once", asked)
	}
	f.at.Answer[wellKnown] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }
	f.clock.Advance(retryAfter)
	for range 2 {
		if _, err := f.logIn(); err != nil {
			t.Errorf("what it said before does not count: %v", err)
		}
	}
	if asked := f.asked(wellKnown); asked != 2 {
		t.Errorf("it is asked %d times, want once more", asked)
	}
}

// asked is how often the provider was asked for a path.
func (f *fixture) asked(path string) (times int) {
	for _, one := range f.at.Asked() {
		if one == path {
			times++
		}
	}
	return times
}
