package connect

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/testkit"
)

func TestProxyThatRefuses(t *testing.T) {
	t.Parallel()
	ends := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	ask := func(challenges ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Proxy-Authenticate"] = challenges
			w.WriteHeader(http.StatusProxyAuthRequired)
		}
	}
	refused := "refused to connect to " + host + ":443 with "
	const unsupported = " authentication (status 407), which neither the emulator's Python nor this program " +
		"supports for proxies"
	for _, test := range []struct {
		id      fault.ID
		detail  string
		user    string
		refusal http.HandlerFunc
	}{
		{fault.NetworkProxy, refused + "status 403", "user:" + secret + "@", ends(http.StatusForbidden)},
		{fault.NetworkProxy, refused + "status 502", "", ends(http.StatusBadGateway)},
		{fault.NetworkProxyAuthentication, "requires Basic authentication (status 407)", "", ask(`Basic realm="corp"`)},
		{fault.NetworkProxyAuthentication, "requires Negotiate or Basic authentication (status 407)", "",
			ask("Negotiate", `Basic realm="corp"`)},
		{fault.NetworkProxyAuthentication, "requires NTLM or basic authentication (status 407)", "",
			ask(`NTLM, basic realm="Basic, Digest", charset="UTF-8"`)},
		{fault.NetworkProxyAuthentication, "requires authentication (status 407)", "", ask()},
		{fault.NetworkProxyAuthentication, "requires Basic authentication (status 407)", "user@", ask("Basic")},
		{fault.NetworkProxyAuthentication, "rejects the user name or password (status 407)", "user:" + secret + "@",
			ask("Negotiate", `Basic realm="corp"`)},
		{fault.NetworkProxyAuthentication, "rejects the user name or password (status 407)", "user:" + secret + "@", ask()},
		{fault.NetworkProxyMethod, "offers only Digest" + unsupported, "user:" + secret + "@",
			ask(`Digest realm="a, Basic b", nonce="x", qop="auth"`)},
		{fault.NetworkProxyMethod, "offers only Negotiate or NTLM" + unsupported, "",
			ask("Negotiate", "NTLM", "ntlm=x", "Negotiate abc==")},
	} {
		t.Run(test.detail, func(t *testing.T) {
			proxy := testkit.NewForwarder(t, nil, test.refusal)
			cfg := Settings{HTTPSProxy: proxyURL("http://" + test.user + proxy.Listener.Addr().String())}
			expectProxyFault(t, cfg, t.TempDir(), test.id, fmt.Sprintf("the proxy %s %s", proxy.URL, test.detail))
		})
	}
}

func TestSOCKSProxyThatDeniesAuthentication(t *testing.T) {
	t.Parallel()
	// What follows the version: no method accepted (0xff), or a password wanted (2) and refused (1).
	const name = "the proxy socks5://"
	for want, test := range map[string]struct {
		user, says string
		id         fault.ID
	}{
		" requires authentication": {"", "\x05\xff", fault.NetworkProxyAuthentication},
		" rejects the user name or password": {
			"user:" + secret + "@", "\x05\x02\x01\x01", fault.NetworkProxyAuthentication},
		" does not accept a user name and password": {"user:" + secret + "@", "\x05\xff", fault.NetworkProxyMethod},
	} {
		address := testkit.Speak(t, test.says).String()
		cfg := Settings{HTTPSProxy: proxyURL("socks5://" + test.user + address)}
		expectProxyFault(t, cfg, t.TempDir(), test.id, name+address+want)
	}
}

func TestTheFailureNamesTheVariable(t *testing.T) {
	t.Parallel()
	_, port := testkit.Refuse(t, "127.0.0.2", 0)
	setting := proxyURL(fmt.Sprintf("http://127.0.0.2:%d", port))
	setting.Variable = "all_proxy"
	_, _, err := get(t.Context(), target, Settings{HTTPSProxy: setting}, t.TempDir())
	if reason := report.Reason(Fault(host, err)); !strings.Contains(reason, "Please check all_proxy: ") {
		t.Error(reason)
	}
}

func FuzzMethods(f *testing.F) {
	for _, seed := range []string{"", "Basic", `Digest realm="a, Basic \" b", nonce=x`, "Negotiate abc==,NTLM", `"`, `\"`,
		",,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, challenge string) {
		for _, name := range methods([]string{challenge}) {
			if name == "" || len(name) > 20 || strings.ContainsAny(name, " ,=\"") || !strings.Contains(challenge, name) {
				t.Errorf("%q offers %q", challenge, name)
			}
		}
	})
}
