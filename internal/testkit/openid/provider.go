// Package openid is an OIDC provider for tests. It does what it should until a test makes it do otherwise, and signs
// whatever a test wants.
package openid

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"
)

// What the provider calls its only client.
const (
	ClientID = "license authority"
	Secret   = "a client's secret: + / % ä"
)

// Provider is an OIDC provider on this machine. Its fields may be changed while nobody asks it.
type Provider struct {
	// Claims are those of the ID tokens, beside what the protocol needs; nil removes one of those.
	Claims map[string]any
	// UserInfo is what the userinfo endpoint answers; nil for no such endpoint.
	UserInfo map[string]any
	// Description has members of the provider's description that are other than usual.
	Description map[string]any
	// Sign signs an ID token with these claims; nil signs it as it should be.
	Sign func(key *Key, claims map[string]any) string
	// Answer is what answers in place of the provider, by path; the provider answers for the other paths.
	Answer map[string]http.HandlerFunc
	// Query is what is added to the URL that leads a browser back; an empty value removes a parameter.
	Query url.Values
	// Now is the provider's clock.
	Now func() time.Time
	// Key signs. Published are the keys that the provider shows.
	Key       *Key
	Published []*Key

	server *httptest.Server
	mu     sync.Mutex
	codes  map[string]url.Values
	asked  []string
}

// Start starts a provider, which ends with the test. Who logs in has verified the address ada@example.com.
func Start(t testing.TB, now func() time.Time) *Provider {
	t.Helper()
	p := &Provider{
		Claims: map[string]any{"sub": "1", "email": "ada@example.com", "email_verified": true},
		Answer: make(map[string]http.HandlerFunc), Now: now, Key: NewKey("first"), codes: make(map[string]url.Values),
	}
	p.Published = []*Key{p.Key}
	p.server = httptest.NewServer(p)
	t.Cleanup(p.server.Close)
	return p
}

// Issuer is the provider's URL.
func (p *Provider) Issuer() string { return p.server.URL }

// Stop ends the provider.
func (p *Provider) Stop() { p.server.Close() }

// Asked returns the paths of all requests until now.
func (p *Provider) Asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// ServeHTTP answers a request.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.URL.Path)
	p.mu.Unlock()
	if answer := p.Answer[r.URL.Path]; answer != nil {
		answer(w, r)
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		write(w, p.description())
	case "/keys":
		var keys []any
		for _, key := range p.Published {
			keys = append(keys, key.Public())
		}
		write(w, map[string]any{"keys": keys})
	case "/authorize":
		p.authorize(w, r)
	case "/token":
		p.token(w, r)
	case "/userinfo":
		write(w, p.UserInfo)
	default:
		http.NotFound(w, r)
	}
}

func (p *Provider) description() map[string]any {
	said := map[string]any{
		"issuer":                                p.Issuer(),
		"authorization_endpoint":                p.Issuer() + "/authorize",
		"token_endpoint":                        p.Issuer() + "/token",
		"jwks_uri":                              p.Issuer() + "/keys",
		"id_token_signing_alg_values_supported": []string{"ES256"},
	}
	if p.UserInfo != nil {
		said["userinfo_endpoint"] = p.Issuer() + "/userinfo"
	}
	for name, value := range p.Description {
		said[name] = value
	}
	return said
}

// authorize logs everybody in at once, and leads back with a code.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Get("response_type") != "code" || query.Get("client_id") != ClientID ||
		query.Get("code_challenge_method") != "S256" || query.Get("nonce") == "" {
		http.Error(w, "the request is invalid", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	code := "code/" + strconv.Itoa(len(p.codes)) + "+&= %"
	p.codes[code] = query
	p.mu.Unlock()
	back := url.Values{"code": {code}, "state": {query.Get("state")}}
	for name, values := range p.Query {
		back[name] = values
		if values[0] == "" {
			back.Del(name)
		}
	}
	http.Redirect(w, r, query.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

// token exchanges a code, once.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, isBasic := r.BasicAuth()
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	if !isBasic {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if id != ClientID || secret != Secret {
		refuse(w, "invalid_client")
		return
	}
	p.mu.Lock()
	begun, ok := p.codes[r.PostFormValue("code")]
	if ok {
		p.codes[r.PostFormValue("code")] = nil
	}
	p.mu.Unlock()
	hash := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	challenge := base64.RawURLEncoding.EncodeToString(hash[:])
	if begun == nil || r.PostFormValue("grant_type") != "authorization_code" ||
		subtle.ConstantTimeCompare([]byte(challenge), []byte(begun.Get("code_challenge"))) == 0 ||
		r.PostFormValue("redirect_uri") != begun.Get("redirect_uri") {
		refuse(w, "invalid_grant")
		return
	}
	write(w, map[string]any{
		"access_token": "an access token", "token_type": "Bearer", "id_token": p.idToken(begun.Get("nonce")),
	})
}

func (p *Provider) idToken(nonce string) string {
	claims := map[string]any{
		"iss": p.Issuer(), "aud": ClientID, "nonce": nonce,
		"iat": p.Now().Unix(), "exp": p.Now().Add(time.Minute).Unix(),
	}
	for name, value := range p.Claims {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	if p.Sign != nil {
		return p.Sign(p.Key, claims)
	}
	return p.Key.Sign(claims)
}

func refuse(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	write(w, map[string]any{"error": code, "error_description": "<script>alert(1)</script>"})
}

func write(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // who asked may have gone
}
