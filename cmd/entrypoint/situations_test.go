package main

import (
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit"
)

// situations lead to the rows of the failure table that need no network of their own, some on several ways.
var situations = []situation{
	{name: "no credential", id: fault.CredentialsMissing,
		says:    "neither LOCALSTACK_AUTH_TOKEN nor LOCALSTACK_API_KEY is set",
		arrange: func(w *world) { w.set("LOCALSTACK_AUTH_TOKEN", "") }},
	{name: "Compose's single blank", id: fault.CredentialsMissing, says: "LOCALSTACK_AUTH_TOKEN is set, but blank",
		arrange: func(w *world) { w.set("LOCALSTACK_AUTH_TOKEN", " ") }},
	{name: "mistyped token", id: fault.CredentialsMalformed, says: "its checksum does not match",
		arrange: func(w *world) {
			w.set("LOCALSTACK_AUTH_TOKEN", strings.Replace(w.token, "AAAA", "AAAB", 1))
		}},
	{name: "token with a control character", id: fault.CredentialsMalformed, says: "control or non-ASCII characters",
		arrange: func(w *world) { w.set("LOCALSTACK_AUTH_TOKEN", w.token[:20]+"\x1b"+w.token[20:]) }},
	{name: "token that Compose did not substitute", id: fault.CredentialsPlaceholder,
		says:    "a variable was not replaced with its value",
		arrange: func(w *world) { w.set("LOCALSTACK_AUTH_TOKEN", "${LOCALSTACK_AUTH_TOKEN}") }},
	{name: "token of the documentation", id: fault.CredentialsPlaceholder,
		says:    "it is in brackets, as in documentation",
		arrange: func(w *world) { w.set("LOCALSTACK_AUTH_TOKEN", "<YOUR_AUTH_TOKEN>") }},
	{name: "masked token", id: fault.CredentialsPlaceholder, says: "it is masked",
		arrange: func(w *world) { w.set("LOCALSTACK_AUTH_TOKEN", "***") }},
	{name: "token of GitHub", id: fault.CredentialsForeign, says: "it is a token of another service, such as GitHub",
		arrange: func(w *world) { w.set("LOCALSTACK_AUTH_TOKEN", "ghp_"+strings.Repeat("aB3", 12)) }},
	{name: "path in place of the token", id: fault.CredentialsForeign, says: "use LOCALSTACK_AUTH_TOKEN_FILE for that",
		arrange: func(w *world) { w.set("LOCALSTACK_AUTH_TOKEN", "/run/secrets/token") }},
	{name: "Kubernetes secret encoded twice", id: fault.CredentialsForeign, says: "it is a base64-encoded Auth Token",
		arrange: func(w *world) {
			w.set("LOCALSTACK_AUTH_TOKEN", base64.StdEncoding.EncodeToString([]byte(w.token+"\n")))
		}},
	{name: "two credentials", id: fault.CredentialsConflict,
		says:    "LOCALSTACK_AUTH_TOKEN and LOCALSTACK_API_KEY have different values",
		arrange: func(w *world) { w.set("LOCALSTACK_API_KEY", "another") }},
	{name: "secret file absent", id: fault.CredentialsUnreadable, says: "no such file or directory",
		arrange: func(w *world) {
			w.set("LOCALSTACK_AUTH_TOKEN", "")
			w.set("LOCALSTACK_AUTH_TOKEN_FILE", "/run/secrets/absent")
		}},
	{name: "unknown token", id: fault.CredentialsInvalid, says: "The credentials defined in your environment are invalid",
		arrange: func(w *world) {
			known := w.token
			w.authority()
			w.token = known
			w.set("LOCALSTACK_AUTH_TOKEN", known)
		}},
	{name: "rotated token", id: fault.CredentialsInvalid, says: "it may have been rotated",
		arrange: func(w *world) { w.authority("token rotate ID") }},
	{name: "revoked token", id: fault.CredentialsInvalid, says: "or revoked",
		arrange: func(w *world) { w.authority("token revoke ID") }},
	{name: "no license assigned", simulates: "unassigned", id: fault.LicenseNotAssigned, says: "no license is assigned"},
	{name: "expired license", simulates: "expired", id: fault.LicenseExpired, says: "Your license has expired"},
	{name: "suspended license", simulates: "suspended", id: fault.LicenseStatus, says: "SUSPENDED"},
	{name: "license for another version, says the server", simulates: "activation-error", id: fault.LicenseRefused,
		says: "licensing.activation_error"},
	{name: "license for another version, says the document", simulates: "other-version", id: fault.LicenseProduct,
		says: "is not for localstack-pro 4.14.0"},
	{name: "version that the server cannot judge", id: fault.LicenseVersion, says: "licensing.license.format",
		arrange: func(w *world) {
			w.authority()
			w.set("LOCALSTACK_BUILD_VERSION", "latest")
		}},
	{name: "name does not exist", id: fault.NetworkDNS, says: "(status: NXDOMAIN from 127.0.0.1:",
		arrange: func(w *world) { w.names(testkit.Zone{}) }},
	{name: "name is filtered", id: fault.NetworkDNS, says: "(status: REFUSED from 127.0.0.1:",
		arrange: func(w *world) { w.names(testkit.Zone{"*": {Rcode: dns.RcodeRefused}}) }},
	{name: "name is blocked by an address", id: fault.NetworkDNSFiltered, says: "the blocking address (0.0.0.0)",
		arrange: func(w *world) { w.names(testkit.Zone{"*": {IP: []string{"0.0.0.0"}}}) }},
	{name: "public name has a private address", id: fault.NetworkDNSFiltered,
		says: "a loopback address (127.0.0.1); the connection to",
		arrange: func(w *world) {
			w.names(testkit.Zone{"*": {IP: []string{"127.0.0.1"}}})
			w.set("API_ENDPOINT", "https://api.localstack.cloud:1/v1")
		}},
	{name: "LocalStack's own name server answers", id: fault.NetworkDNSCaptured,
		says: "because LOCALSTACK_HOST=localstack matches that name",
		arrange: func(w *world) {
			w.names(testkit.Zone{"*": {IP: []string{"127.0.0.1"}}})
			w.set("API_ENDPOINT", "https://api.localstack.cloud:1/v1")
			w.set("LOCALSTACK_HOST", "localstack")
		}},
	{name: "the hosts file leads astray", id: fault.NetworkDNSHosts,
		says: "/etc/hosts gives api.localstack.cloud the address 127.0.0.1; the connection to",
		arrange: func(w *world) {
			testkit.Put(w.T, w.root, "etc/hosts", "127.0.0.1 api.localstack.cloud\n")
			w.set("API_ENDPOINT", "https://api.localstack.cloud:1/v1")
		}},
	{name: "a search domain answers for every name", id: fault.NetworkDNSSearch, says: `the search domain "corp.test"`,
		arrange: func(w *world) {
			server := testkit.DNS(w.T, testkit.Zone{"api.localstack.cloud.corp.test": {IP: []string{"127.0.0.1"}}})
			testkit.Put(w.T, w.root, "etc/resolv.conf", testkit.ResolvConf(server.Addr())+"search corp.test\noptions ndots:5\n")
			w.set("API_ENDPOINT", "https://api.localstack.cloud:1/v1")
		}},
	{name: "no resolv.conf", id: fault.NetworkDNSNoServer, says: "no such file or directory",
		arrange: func(w *world) {
			if err := os.Remove(filepath.Join(w.root, "etc/resolv.conf")); err != nil {
				w.Fatal(err)
			}
			w.set("API_ENDPOINT", "https://api.localstack.test/v1")
		}},
	{name: "Docker's name server is at a loss", id: fault.NetworkDNSDocker,
		says: "Docker's name server 127.0.0.11 does not resolve",
		arrange: func(w *world) {
			testkit.Put(w.T, w.root, "etc/resolv.conf", testkit.ResolvConf("127.0.0.11:1"))
			w.set("API_ENDPOINT", "https://api.localstack.test/v1")
		}},
	{name: "name server fails", id: fault.NetworkDNSFailed, says: "(status: SERVFAIL from 127.0.0.1:",
		arrange: func(w *world) { w.names(testkit.Zone{"*": {Rcode: dns.RcodeServerFailure}}) }},
	{name: "own host is unknown", id: fault.NetworkDNSUnknownHost, says: "(status: NXDOMAIN from 127.0.0.1:",
		arrange: func(w *world) {
			w.names(testkit.Zone{})
			w.set("API_ENDPOINT", "https://licenses.corp.internal/v1")
		}},
	{name: "name server is silent", id: fault.NetworkDNSUnreachable, says: "(status: timeout from 127.0.0.1:",
		arrange: func(w *world) {
			w.names(testkit.Silent{})
			w.set("ACTIVATION_ATTEMPT_TIMEOUT", "0.3")
		}},
	{name: "name server is dead", id: fault.NetworkDNSUnreachable, says: "(status: connection refused from 127.0.0.1:1)",
		arrange: func(w *world) { w.set("API_ENDPOINT", "https://api.localstack.test/v1") }},
	{name: "connection refused", id: fault.NetworkRefused, says: "the connection to 127.0.0.1:1 was refused"},
	{name: "server is silent", simulates: "slow", id: fault.NetworkTimeout, says: "the request to 127.0.0.1 timed out",
		arrange: func(w *world) { w.set("ACTIVATION_ATTEMPT_TIMEOUT", "0.3") }},
	{name: "server answers byte by byte", id: fault.NetworkTimeout, says: "the request to 127.0.0.1 timed out",
		arrange: func(w *world) {
			w.serve(drip)
			w.set("ACTIVATION_ATTEMPT_TIMEOUT", "0.3")
		}},
	{name: "server hangs up", id: fault.NetworkReset, says: "closed the connection",
		arrange: func(w *world) {
			w.serve(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}},
	{name: "intercepted TLS", id: fault.NetworkUntrusted, says: "issuer: CN=Corporate CA",
		arrange: func(w *world) { w.secure(time.Hour, "127.0.0.1") }},
	{name: "self-signed certificate", id: fault.NetworkSelfSigned,
		says: "self-signed and not trusted (issuer: O=Acme Co)",
		arrange: func(w *world) {
			server := w.server(http.NotFoundHandler())
			server.StartTLS() // by a certificate of its own
			w.set("API_ENDPOINT", server.URL+"/v1")
		}},
	{name: "certificate without its intermediate", id: fault.NetworkIncomplete,
		says: "the server sends no intermediate certificate",
		arrange: func(w *world) {
			w.secure(time.Hour, "127.0.0.1", func(leaf *x509.Certificate) {
				leaf.IssuingCertificateURL = []string{"http://authority.test/intermediate.der"}
			})
		}},
	{name: "certificate of another host", id: fault.NetworkCertificateName, says: ", but for elsewhere.test",
		arrange: func(w *world) { w.trust(w.secure(time.Hour, "elsewhere.test")) }},
	{name: "expired certificate", id: fault.NetworkCertificateDate, says: "is valid from",
		arrange: func(w *world) { w.trust(w.secure(-time.Hour, "127.0.0.1")) }},
	{name: "no TLS at all", id: fault.NetworkTLS, says: "answers in plain HTTP, not in TLS",
		arrange: func(w *world) {
			w.answer(http.StatusOK, "{}")
			w.set("API_ENDPOINT", strings.Replace(w.env["API_ENDPOINT"], "http:", "https:", 1))
		}},
	{name: "proxy refuses", id: fault.NetworkProxy, says: "refused to connect to api.localstack.test:443 with status 403",
		arrange: func(w *world) { w.proxy(http.StatusForbidden, "") }},
	{name: "proxy requires authentication", id: fault.NetworkProxyAuthentication, says: "requires Basic authentication",
		arrange: func(w *world) { w.proxy(http.StatusProxyAuthRequired, "Basic") }},
	{name: "proxy requires Digest authentication", id: fault.NetworkProxyMethod, says: "offers only Digest authentication",
		arrange: func(w *world) { w.proxy(http.StatusProxyAuthRequired, "Digest") }},
	{name: "proxy is dead", id: fault.NetworkProxyUnreachable, says: "the proxy http://127.0.0.1:1 cannot be reached",
		arrange: func(w *world) {
			w.set("API_ENDPOINT", "https://api.localstack.test/v1")
			w.set("HTTPS_PROXY", "http://user:password@127.0.0.1:1")
		}},
	{name: "server error", simulates: "server-error", id: fault.NetworkServerError, says: "status 500, request "},
	{name: "rate limit", simulates: "rate-limited", id: fault.NetworkRateLimited, says: "retry after 2s"},
	{name: "captive portal", simulates: "html", id: fault.NetworkCaptivePortal,
		says: `an HTML page (status 200, title "Sign in to this network")`},
	{name: "block page", simulates: "block-page", id: fault.NetworkBlockPage,
		says: `an HTML page (status 403, title "Access denied")`},
	{name: "empty answer of a filter", simulates: "empty-403", id: fault.NetworkWrongServer,
		says: "an empty page (status 403)"},
	{name: "redirect to another host", simulates: "redirect", id: fault.NetworkCaptivePortal,
		says: "a redirect to portal.invalid (status 302)"},
	{name: "sign-in demanded", id: fault.NetworkCaptivePortal, says: "status 511",
		arrange: func(w *world) { w.answer(http.StatusNetworkAuthenticationRequired, "<html>") }},
	{name: "a web site", id: fault.NetworkWrongServer, says: `title "It works!"`,
		arrange: func(w *world) { w.answer(http.StatusOK, "<!DOCTYPE html><title>It works!</title>") }},
	{name: "broken JSON", id: fault.NetworkWrongServer, says: "than JSON",
		arrange: func(w *world) { w.answer(http.StatusOK, `{"id": "license_`) }},
	{name: "too large an answer", simulates: "too-large", id: fault.NetworkWrongServer, says: "larger than 1 MiB"},
	{name: "half an answer", simulates: "truncated", id: fault.NetworkReset, says: "closed the connection"},
	{name: "nothing is stored in a new volume", id: fault.NetworkRefused, stored: fault.StoredNone,
		says: "There is no stored license: this container's volume is new."},
	{name: "stored license is stale", id: fault.NetworkRefused, stored: fault.StoredStale,
		says: "could be used offline until",
		arrange: func(w *world) {
			w.store(func(d *license.Document) { d.ReactivateAfter = &license.Time{Time: time.Now().Add(-time.Hour)} })
		}},
	{name: "stored license of another credential", id: fault.NetworkRefused, stored: fault.StoredCredential,
		says: "belongs to another credential",
		arrange: func(w *world) {
			w.store(func(d *license.Document) { d.Offline.Credential = ""; d.Sign("another") })
		}},
	{name: "stored license was altered", id: fault.NetworkRefused, stored: fault.StoredTampered,
		says: "does not match its content",
		arrange: func(w *world) {
			w.store(func(d *license.Document) { d.Sign(w.token); d.Type = "enterprise" })
		}},
	{name: "stored license of another version", id: fault.NetworkRefused, stored: fault.StoredVersion,
		says:    `is for "4.13.1", this is 4.14.0`,
		arrange: func(w *world) { w.store(func(d *license.Document) { d.Offline.Version = "4.13.1" }) }},
	{name: "mounted license of lstk, never activated", id: fault.NetworkRefused, stored: fault.StoredNotActivated,
		says: "The stored license was never activated, so it cannot be used offline: license_",
		arrange: func(w *world) {
			requested := w.document(func(d *license.Document) { d.Offline, d.LastActivated = license.Offline{}, nil })
			testkit.Put(w.T, w.root, "etc/localstack/conf.d/license.json", string(requested))
		}},
	{name: "stored license is suspended", id: fault.NetworkRefused, stored: fault.StoredInvalid, says: "SUSPENDED",
		arrange: func(w *world) { w.store(func(d *license.Document) { d.Status = license.StatusSuspended }) }},
	{name: "stored license from the future", id: fault.NetworkRefused, stored: fault.ClockSkew,
		says: "The clock of this machine is wrong",
		arrange: func(w *world) {
			w.store(func(d *license.Document) { d.Issued = license.Time{Time: time.Now().Add(time.Hour)} })
		}},
	{name: "invalid variable", id: fault.ConfigInvalid, says: `ACTIVATE_PRO="maybe" is not a boolean`,
		arrange: func(w *world) { w.set("ACTIVATE_PRO", "maybe") }},
	{name: "command not found", id: fault.CommandNotFound, says: "no-such-command",
		arrange: func(w *world) { w.command = "no-such-command" }},
	{name: "command is a directory", id: fault.CommandNotExecutable, says: "is a directory",
		arrange: func(w *world) { w.command = w.root }},
}
