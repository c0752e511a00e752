package web

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"localstack-entrypoint/internal/authority/api"
)

func TestWhoMayNotLogInWithAProvider(t *testing.T) {
	f := newWithOIDC(t, "")
	f.member("ada@example.com")
	f.provider.Claims["sub"] = "other"
	b := f.browser()
	b.get(f.begins(b, first)).leads(first)
	b.post("/logout")
	logged := f.recorded()
	for name, who := range map[string]struct {
		claims map[string]any
		want   string
	}{
		"a stranger": {map[string]any{"email": "<b>@example.com"}, "that no member can have"},
		"not a member": {map[string]any{"email": "nobody@example.com"},
			"o member here has the address nobody@example.com: ask an Admin to invite you"},
		"not verified":    {map[string]any{"email_verified": false}, "does not say that ada@example.com is verified"},
		"another account": {map[string]any{}, "he member ada@example.com has another account of the provider: ask"},
	} {
		f.provider.Claims = map[string]any{"sub": "1", "email": "ada@example.com", "email_verified": true}
		for claim, value := range who.claims {
			f.provider.Claims[claim] = value
		}
		got := b.get(f.begins(b, first)).is(http.StatusForbidden, who.want, "You are not logged in with Example &lt;SSO&gt;")
		if strings.Contains(got.text, "<b>") || b.attempt() != "" {
			t.Errorf("%s: %v %s", name, b.cookies(), got.text)
		}
		if says := logged(); !strings.HasPrefix(says, "oidc.refused: ") || !strings.Contains(says, who.want) {
			t.Errorf("%s: the log says %q", name, says)
		}
		b.get("/sessions").leads("/login?next=%2Fsessions")
	}
}

// recorded returns a function that returns what the access log says about the answer before.
func (f *withOIDC) recorded() func() string {
	var last atomic.Value
	f.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, record := api.Recording(r.Context())
		seen := httptest.NewRecorder()
		f.mux.ServeHTTP(seen, r.WithContext(ctx))
		last.Store(record.Message) // before the browser has the answer
		maps.Copy(w.Header(), seen.Header())
		w.WriteHeader(seen.Code)
		_, _ = seen.Body.WriteTo(w)
	})
	return func() string { return last.Load().(string) }
}

func TestWhatAProviderMaySendABrowserBackWith(t *testing.T) {
	f := newWithOIDC(t, "")
	f.invite("ada@example.com")
	const markup = `"><script>alert(1)</script>`
	for name, back := range map[string]struct {
		query  url.Values
		status int
		text   string
	}{
		"canceled":        {url.Values{"error": {"access_denied"}, "code": {""}}, http.StatusForbidden, "have canceled"},
		"an error":        {url.Values{"error": {"server_error"}}, http.StatusBadGateway, "cannot use the provider"},
		"an error twice":  {url.Values{"error": {"access_denied", "x"}}, http.StatusBadGateway, "cannot use the provider"},
		"markup":          {url.Values{"error": {markup}, "error_description": {markup}}, http.StatusBadGateway, ""},
		"a long error":    {url.Values{"error": {strings.Repeat("x", 9000)}}, http.StatusBadGateway, "cannot use"},
		"no code":         {url.Values{"code": {""}}, http.StatusBadGateway, "cannot use"},
		"two codes":       {url.Values{"code": {"a", "a"}}, http.StatusBadGateway, "cannot use"},
		"another code":    {url.Values{"code": {"x"}}, http.StatusForbidden, "has expired, or was used before"},
		"any code":        {url.Values{"code": {"\x00\xff\r\nX: y" + markup}}, http.StatusForbidden, "has expired"},
		"a long code":     {url.Values{"code": {strings.Repeat("x", maxCode+1)}}, http.StatusBadGateway, "cannot use"},
		"another issuer":  {url.Values{"iss": {"https://other.example.com"}}, http.StatusBadGateway, "cannot use"},
		"a second issuer": {url.Values{"iss": {f.provider.Issuer(), "x"}}, http.StatusBadGateway, "cannot use"},
	} {
		f.provider.Query = back.query
		b := f.browser()
		got := b.get(f.begins(b, first)).is(back.status, back.text)
		if strings.Contains(got.text, "<script") || strings.Contains(got.text, "xxxx") || b.attempt() != "" ||
			len(b.cookies()) > 0 {
			t.Errorf("%s: %v %s", name, b.cookies(), got.text)
		}
	}
	f.provider.Query = url.Values{"iss": {f.provider.Issuer()}, "session_state": {"x"}}
	b := f.browser()
	b.get(f.begins(b, first)).leads(first)
}

func TestAProviderThatIsDownIsNobodyElsesProblem(t *testing.T) {
	f := newWithOIDC(t, "")
	f.member("ada@example.com")
	f.provider.Stop()
	b := f.browser()
	b.get("/login").is(http.StatusOK, "Log in with Example")
	got := b.get(beginPath).is(http.StatusBadGateway, "The provider does not answer, or", "its log says", `href="/login"`)
	if strings.Contains(got.text, "127.0.0.1") || len(b.cookies()) > 0 {
		t.Errorf("%v %s", b.cookies(), got.text)
	}
	f.loggedIn("ada@example.com").get("/sessions").is(http.StatusOK)
}

func TestLoginsWithAProviderAreLimited(t *testing.T) {
	f := newWithOIDC(t, "")
	count := map[int]int{}
	for i := range 300 {
		path := beginPath
		if i%2 == 0 {
			path = CallbackPath + "?state=x&code=y"
		}
		count[f.direct(http.MethodGet, path, "192.0.2.1:1", nil).Code]++
	}
	begun, ended, limited := count[http.StatusSeeOther], count[http.StatusForbidden], count[http.StatusTooManyRequests]
	if begun != 100 || ended != 100 || limited != 100 {
		t.Errorf("the answers are %v", count)
	}
	if other := f.direct(http.MethodGet, beginPath, "192.0.2.2:1", nil).Code; other != http.StatusSeeOther {
		t.Errorf("another address gets %d", other)
	}
}

func FuzzTheCookieOfALoginWithAProvider(f *testing.F) {
	for _, value := range []string{"", "state=a&nonce=b&verifier=c&at=1", "state=a&at=x", "%zz", "next=//evil&state=a"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		request := httptest.NewRequest(http.MethodGet, CallbackPath, nil)
		request.AddCookie(&http.Cookie{Name: "oidc", Value: value})
		begun, ok := attemptOf(&visit{Request: request, isPlain: true})
		if ok && (begun.State == "" || begun.Nonce == "" || begun.Verifier == "" || safeNext(begun.next) != begun.next) {
			t.Errorf("%q is %+v", value, begun)
		}
		if again := (oidcAttempt{begun.Attempt, begun.next, begun.at}).encode(); ok {
			request.Header.Set("Cookie", "oidc="+again)
			if read, ok := attemptOf(&visit{Request: request, isPlain: true}); !ok || !read.at.Equal(begun.at) {
				t.Errorf("%q becomes %q", value, again)
			}
		}
	})
}
