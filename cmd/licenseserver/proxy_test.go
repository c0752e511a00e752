package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"localstack-entrypoint/internal/testkit"
)

// nginxSite is a site as operators write it. The last header is passed on as the client sends it, as all others are.
const nginxSite = `
daemon off; master_process off; pid nginx.pid; error_log stderr; worker_processes 1;
events {}
http {
	access_log off;
	client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
	server {
		listen %s ssl;
		ssl_certificate cert.pem; ssl_certificate_key key.pem;
		location / {
			proxy_pass %s;
			proxy_set_header Host $host;
			proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
			proxy_set_header X-Forwarded-Proto $scheme;
			proxy_set_header X-Request-Id $request_id;
		}
	}
}
`

// behindNginx starts nginx in front of the server, and returns a client that trusts it and its URL.
func (r *room) behindNginx() (client *http.Client, url string) {
	r.Helper()
	authority := testkit.NewAuthority(r.TB.(*testing.T), "authority")
	r.certificates(authority, 11)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	site := filepath.Join(r.dir, "nginx.conf")
	if err := os.WriteFile(site, fmt.Appendf(nil, nginxSite, address, r.url), 0o600); err != nil {
		r.Fatal(err)
	}
	var said testkit.Buffer
	nginx := exec.Command("nginx", "-p", r.dir, "-c", site, "-e", "stderr")
	nginx.Stderr, nginx.WaitDelay = &said, patience
	if err := nginx.Start(); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		_ = nginx.Process.Kill()
		_ = nginx.Wait()
	})
	eventually(r, "nginx listens", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	pool := x509.NewCertPool()
	pool.AddCert(authority.Certificate)
	// Another machine than nginx, as far as the server can see.
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	client = &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "localhost"}, DialContext: dialer.DialContext,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r.Cleanup(client.CloseIdleConnections)
	return client, "https://" + address
}

// lies are headers in which a client says what it is not.
var lies = map[string]string{
	"X-Forwarded-For": "192.0.2.99", "Forwarded": "for=192.0.2.98;proto=http;host=evil.example",
	"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example", "X-Real-Ip": "192.0.2.97",
	"X-Request-Id": "0123456789abcdef",
}

func TestBehindNginxTheServerKnowsItsClients(t *testing.T) {
	t.Parallel()
	for network, trusted := range map[string]bool{"127.0.0.1": true, "10.0.0.0/8": false} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			r.start("--trusted-proxy", network, "--public-url", "https://licenses.test")
			client, url := r.behindNginx()
			ask := func(path string) (status int, text string, header http.Header) {
				t.Helper()
				request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+path, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				for name, value := range lies {
					request.Header.Set(name, value)
				}
				response, err := client.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				content, err := io.ReadAll(response.Body)
				if err != nil {
					t.Fatal(err)
				}
				return response.StatusCode, string(content), response.Header
			}
			// Pages are for browsers that come over TLS. Only a proxy that is trusted can say so.
			status, text, header := ask("/login")
			if (status == http.StatusOK) != trusted || strings.Contains(text+fmt.Sprint(header), "evil.example") {
				t.Errorf("/login is %d %s", status, text)
			}
			if status, text, _ := ask("/metrics"); status != http.StatusForbidden {
				t.Errorf("/metrics is %d %s", status, text)
			}
			if status, text, _ := ask("/v1/license/activate"); status != http.StatusOK {
				t.Errorf("the API is %d %s", status, text)
			}
			id := header.Get("X-Request-Id")
			if len(id) == 32 != trusted || id == lies["X-Request-Id"] { // nginx makes 32 digits, the server 24
				t.Errorf("the request's ID is %q", id)
			}
			if err := r.stop(); err != nil {
				t.Error(err)
			}
			log := r.stderr.String()
			from := map[bool]string{true: "127.0.0.2", false: "127.0.0.1"}[trusted]
			if strings.Count(log, `"client":"`+from+`"`) != 3 || !strings.Contains(log, id) {
				t.Errorf("the log is %s", log)
			}
		})
	}
}
