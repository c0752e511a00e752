package lab

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// authorityHost is where the licensing server itself listens; in front of it is
// a web server, as on the internet.
const authorityHost = "127.0.0.1:8080"

// licenseServer starts the real licensing server, which knows the shared token.
func (w *world) licenseServer() {
	w.Helper()
	data := filepath.Join(w.dir, "authority")
	if err := os.CopyFS(data, os.DirFS(shared.data)); err != nil {
		w.Fatal(err)
	}
	w.run(daemon{argv: []string{w.program("licenseserver"), "serve", "--listen", authorityHost, "--data", data},
		ready: listening(authorityHost)})
}

// internet is the licensing server as it should be.
func (w *world) internet() {
	w.Helper()
	w.licenseServer()
	w.nginx(w.api("", toAuthority))
}

const toAuthority = `location / { proxy_pass http://` + authorityHost + `; proxy_set_header Host $host; }`

// site is a virtual host of nginx.
type site struct {
	listen           []string // as in "192.0.2.80:443"
	certificate, key string   // none for plain HTTP
	// env is the environment of nginx.
	env []string
	// lines belong into the server clause, http around it.
	lines, http string
}

// api is the licensing server's site at its usual addresses, with a good
// certificate that change may alter.
func (w *world) api(http, lines string) site {
	w.Helper()
	return w.apiWith(shared.public, nil, http, lines)
}

// apiWith is the same with a certificate of another authority, or an altered one.
func (w *world) apiWith(a *authority, change func(*x509.Certificate), http, lines string) site {
	w.Helper()
	certificate, key := a.issueFor(w, host, change)
	return site{
		listen:      []string{apiHost + ":443", "[" + apiHost6 + "]:443"},
		certificate: certificate, key: key, lines: lines, http: http,
	}
}

// nginx serves a site.
func (w *world) nginx(s site) {
	w.Helper()
	var server strings.Builder
	suffix := ""
	if s.certificate != "" {
		fmt.Fprintf(&server, "ssl_certificate %s; ssl_certificate_key %s;\n", s.certificate, s.key)
		suffix = " ssl"
	}
	for _, address := range s.listen {
		fmt.Fprintf(&server, "listen %s%s;\n", address, suffix)
	}
	dir, err := os.MkdirTemp(w.dir, "nginx-")
	if err != nil {
		w.Fatal(err)
	}
	conf := filepath.Join(filepath.Base(dir), "nginx.conf")
	w.put(conf, fmt.Sprintf(`daemon off; master_process off; pid nginx.pid; error_log stderr notice;
events {}
http {
	log_format agents $http_user_agent; access_log %s agents; default_type text/html;
	client_body_temp_path body; proxy_temp_path proxy;
	fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
	%s
	server {
		%s
		%s
	}
}
`, filepath.Join(w.dir, requestLog), s.http, server.String(), s.lines))
	w.run(daemon{
		argv:  []string{"nginx", "-p", dir, "-c", filepath.Join(w.dir, conf), "-e", "stderr"},
		env:   s.env,
		ready: listening(s.listen[0]),
	})
}

// requestLog has a line for each request that the world's web servers got.
const requestLog = "requests.log"

// requests is how many requests of the entrypoint's the web servers got.
func (w *world) requests() int {
	w.Helper()
	log, err := os.ReadFile(filepath.Join(w.dir, requestLog))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.Fatal(err)
	}
	return strings.Count(string(log), "localstack-entrypoint\n")
}

// answer is a licensing server's site that says the same to everything.
func (w *world) answer(status int, body string, headers ...string) {
	w.Helper()
	w.nginx(w.api("", says(status, body, headers...)))
}

// says is a location of nginx with a fixed answer.
func says(status int, body string, headers ...string) string {
	var lines strings.Builder
	for i := 0; i+1 < len(headers); i += 2 {
		fmt.Fprintf(&lines, "add_header %s '%s' always; ", headers[i], headers[i+1])
	}
	return fmt.Sprintf("location / { %s return %d '%s'; }", lines.String(), status, body)
}

// clock is the environment of a program whose clock is off.
func clock(off time.Duration) []string {
	return []string{"LD_PRELOAD=" + libfaketime(), fmt.Sprintf("FAKETIME=%+d", int(off.Seconds())),
		"FAKETIME_DONT_FAKE_MONOTONIC=1"}
}

// oldTLS serves the last TLS version that is not in use any more, and shows that
// it can be spoken with.
func (w *world) oldTLS() {
	w.Helper()
	w.nginx(w.api("", "ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0; "+says(200, "{}")))
	w.must(w.T, "", "openssl", "s_client", "-connect", net.JoinHostPort(apiHost, "443"), "-tls1_1", "-cipher",
		"ALL:@SECLEVEL=0")
}
