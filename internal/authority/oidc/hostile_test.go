package oidc

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit/openid"
)

func TestATokenThatProvesNothing(t *testing.T) {
	claim := func(name string, value any) func(*openid.Provider) {
		return func(p *openid.Provider) { p.Claims[name] = value }
	}
	sign := func(as func(*openid.Key, map[string]any) string) func(*openid.Provider) {
		return func(p *openid.Provider) { p.Sign = as }
	}
	other := openid.NewKey("other")
	for name, spoil := range map[string]func(*openid.Provider){
		"another nonce":                 claim("nonce", "x"),
		"no nonce":                      claim("nonce", nil),
		"another audience":              claim("aud", "another client"),
		"no audience":                   claim("aud", nil),
		"two audiences, and no azp":     claim("aud", []string{openid.ClientID, "another client"}),
		"for another party":             claim("azp", "another client"),
		"another issuer":                claim("iss", "https://other.example.com"),
		"an issuer that begins like it": func(p *openid.Provider) { p.Claims["iss"] = p.Issuer() + "/" },
		"no issuer":                     claim("iss", nil),
		"expired":                       func(p *openid.Provider) { p.Claims["exp"] = p.Now().Add(-time.Second).Unix() },
		"no expiry":                     claim("exp", nil),
		"not yet valid":                 func(p *openid.Provider) { p.Claims["nbf"] = p.Now().Add(time.Hour).Unix() },
		"no subject":                    claim("sub", nil),
		"an empty subject":              claim("sub", ""),
		"a subject of another type":     claim("sub", 7),
		"of another access token":       claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
		"unsigned":                      sign(func(_ *openid.Key, c map[string]any) string { return openid.Unsigned(c) }),
		"signed with the public key": sign(func(k *openid.Key, c map[string]any) string {
			return openid.SignWithSecret(k.PublicBytes(), k.ID, c)
		}),
		"signed with our secret": sign(func(k *openid.Key, c map[string]any) string {
			return openid.SignWithSecret([]byte(openid.Secret), k.ID, c)
		}),
		"signed with another key": sign(func(_ *openid.Key, c map[string]any) string { return other.Sign(c) }),
		"signed with another key of the same name": sign(func(k *openid.Key, c map[string]any) string {
			return openid.NewKey(k.ID).Sign(c)
		}),
		"with other claims than were signed": sign(func(k *openid.Key, c map[string]any) string {
			signed := k.Sign(c)
			c["sub"] = "2"
			return openid.Unsigned(c) + signed[strings.LastIndexByte(signed, '.')+1:]
		}),
		"not a token": sign(func(*openid.Key, map[string]any) string { return "x.y.z" }),
		"no token":    sign(func(*openid.Key, map[string]any) string { return "" }),
		"of a provider that allows HS256 and none": func(p *openid.Provider) {
			p.Description = map[string]any{"id_token_signing_alg_values_supported": []string{"none", "HS256"}}
			p.Sign = func(k *openid.Key, c map[string]any) string {
				return openid.SignWithSecret(k.PublicBytes(), k.ID, c)
			}
		},
	} {
		f := newFixture(t)
		spoil(f.at)
		got, err := f.logIn()
		if !errors.Is(err, ErrAnswer) || got != (Identity{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		checkSecrets(t, err)
	}
}

// checkSecrets fails the test if an error has a secret of a login in it.
func checkSecrets(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{openid.Secret, "an access token", "code/", "eyJ"} {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the error has a secret in it: %v", err)
		}
	}
}

func TestWhatAProviderSaysOfAnAddress(t *testing.T) {
	info := func(values ...any) map[string]any {
		said := map[string]any{"sub": "1"}
		for i := 0; i < len(values); i += 2 {
			said[values[i].(string)] = values[i+1]
		}
		return said
	}
	const email = "ada@example.com"
	verified, notVerified := Identity{Email: email, EmailVerified: true}, Identity{Email: email}
	for name, said := range map[string]struct {
		claims, userInfo map[string]any
		want             Identity
	}{
		"verified":               {info("email", email, "email_verified", true), nil, verified},
		"verified, as a text":    {info("email", email, "email_verified", "true"), nil, verified},
		"not verified":           {info("email", email, "email_verified", false), nil, notVerified},
		"not verified, a text":   {info("email", email, "email_verified", "false"), nil, notVerified},
		"verified, some text":    {info("email", email, "email_verified", "yes"), nil, notVerified},
		"verified, an object":    {info("email", email, "email_verified", map[string]any{"a": true}), nil, notVerified},
		"nothing of verified":    {info("email", email, "email_verified", nil), nil, notVerified},
		"no address":             {info("email", nil), nil, Identity{EmailVerified: true}},
		"Entra, domain verified": {info("email", email, "email_verified", nil, "xms_edov", "1"), nil, verified},
		"Entra, not verified":    {info("email", email, "email_verified", nil, "xms_edov", false), nil, notVerified},
		"verified is more than the domain": {info("email", email, "email_verified", false, "xms_edov", true), nil,
			notVerified},
		"userinfo alone": {info("email", nil, "email_verified", nil), info("email", email, "email_verified", "true"),
			verified},
		"userinfo, not verified": {info("email", nil), info("email", email), notVerified},
		"userinfo has more": {info("email", email, "email_verified", nil), info("email", email, "email_verified", true),
			verified},
		"userinfo has no address": {info("email", email, "email_verified", nil), info("email_verified", true), notVerified},
		"userinfo is not asked":   {info(), map[string]any{"sub": "2"}, verified},
	} {
		f := newFixture(t)
		for claim, value := range said.claims {
			f.at.Claims[claim] = value
		}
		f.at.UserInfo = said.userInfo
		said.want.Issuer, said.want.Subject = f.at.Issuer(), "1"
		if got, err := f.logIn(); err != nil || got != said.want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestUserInfoOfSomebodyElse(t *testing.T) {
	f := newFixture(t)
	f.at.Claims["email"] = nil
	f.at.UserInfo = map[string]any{"sub": "2", "email": "ada@example.com", "email_verified": true}
	if got, err := f.logIn(); !errors.Is(err, ErrAnswer) {
		t.Errorf("got %+v, %v", got, err)
	}
	f.at.Answer["/userinfo"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }
	if got, err := f.logIn(); !errors.Is(err, ErrAnswer) || !strings.Contains(err.Error(), "the userinfo endpoint: 401 ") {
		t.Errorf("got %+v, %v", got, err)
	}
}

// raw answers with a text that may be no HTTP, and has the code in it.
func raw(format string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		code := r.PostFormValue("code")
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer connection.Close()
		_, _ = fmt.Fprintf(connection, format, code)
	}
}

// What a provider may answer with at each address, and what becomes of a login.
func TestAnAnswerThatIsNone(t *testing.T) {
	paths := map[string]error{wellKnown: ErrUnreachable, "/token": nil, "/keys": ErrAnswer, "/userinfo": nil}
	loop := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"a redirect to itself": loop,
		"a redirect elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"a page": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"null":   func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("null")) },
		"an error with all that it was told": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, secret, _ := r.BasicAuth()
			_, _ = w.Write([]byte(r.PostFormValue("code") + secret + openid.Secret + r.Header.Get("Authorization")))
		},
		"a status with all that it was told": raw("HTTP/1.1 %s OK\r\n\r\n"),
		"a header with all that it was told": raw("HTTP/1.1 200 OK\r\n%s\r\n\r\n"),
		"more than anybody reads": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"keys":[],"id_token":"`))
			chunk := []byte(strings.Repeat("x", 64<<10))
			for range 64 { // 4 MiB
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
		"a broken connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"status 503":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
	} {
		for path, want := range paths {
			f := newFixture(t)
			f.at.Claims["email"] = nil
			f.at.UserInfo = map[string]any{"sub": "1"}
			f.at.Answer[path] = answer
			got, err := f.logIn()
			if err == nil || want != nil && !errors.Is(err, want) {
				t.Errorf("%s: %s: %+v, %v", path, name, got, err)
			}
			checkSecrets(t, err)
			if err != nil && len(err.Error()) > 600 {
				t.Errorf("%s: %s: the error has %d bytes", path, name, len(err.Error()))
			}
			for _, asked := range f.at.Asked() {
				if asked == "/elsewhere" {
					t.Errorf("%s: a redirect was followed", path)
				}
			}
		}
	}
}

// A token endpoint that hangs must not hang a login.
func TestASlowTokenEndpoint(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	release := make(chan struct{})
	defer close(release)
	f.at.Answer["/token"] = func(http.ResponseWriter, *http.Request) { <-release }
	began := time.Now()
	if _, err := f.logIn(); !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > loginWait+time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestWhoseAnswerItIs(t *testing.T) {
	f := newFixture(t)
	ours := f.at.Issuer()
	for _, sends := range []bool{false, true} {
		f.at.Description = map[string]any{"authorization_response_iss_parameter_supported": sends}
		f.Provider = New(settings(f.at), f.clock.Now)
		for _, said := range [][]string{nil, {ours}, {"https://other.example.com"}, {""}, {ours, ours}, {ours, "x"}} {
			isRight := len(said) == 1 && said[0] == ours || len(said) == 0 && !sends
			err := f.CheckResponse(t.Context(), said)
			if (err == nil) != isRight {
				t.Errorf("sends %t: %q: %v", sends, said, err)
			}
			if err != nil && len(said) == 0 && !strings.Contains(err.Error(), "it has no iss") {
				t.Errorf("without an issuer: %v", err)
			}
		}
	}
}
