package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"localstack-entrypoint/internal/testkit"
)

func TestMetricsCountWhatHappens(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	url := r.startWithMetrics("--unknown-rate-limit", "1/h")
	for _, token := range []string{r.token, r.token, stranger, stranger, "no token"} {
		r.activate(token)
	}
	exchange(r.url+"/v1/"+stranger+"?token="+stranger, "")
	metrics := exchange(url, "")
	for _, want := range []string{
		`licenseserver_activations_total{verdict="granted"} 2`,
		`licenseserver_activations_total{verdict="licensing.credentials.invalid"} 1`,
		`licenseserver_activations_total{verdict="licensing.credentials.format"} 1`,
		`licenseserver_rate_limited_total{route="POST /v1/license/request"} 1`,
		`licenseserver_http_requests_total{route="none",status="404"} 1`,
		`licenseserver_http_requests_total{route="POST /v1/license/request",status="200"} 2`,
		`licenseserver_http_request_duration_seconds_count{route="POST /v1/license/request"} 5`,
		`licenseserver_database_connections_max{pool="reads"} `,
		`licenseserver_database_errors_total 0`,
		`licenseserver_build_info{goversion="go`,
		`go_goroutines `, `process_open_fds `,
	} {
		if !strings.Contains(metrics.text, want) {
			t.Errorf("%s is not among them", want)
		}
	}
	if strings.Contains(metrics.text, "demo0000") || strings.Contains(metrics.text, r.token[:12]) {
		t.Errorf("a token is among them")
	}
	problems, err := promlint.New(strings.NewReader(metrics.text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	// What clients invent makes no series.
	before := strings.Count(metrics.text, "\n")
	for i := range 100 {
		exchange(fmt.Sprintf("%s/v1/%d", r.url, i), "")
		conn := r.dial()
		fmt.Fprintf(conn, "X%d / HTTP/1.1\r\nHost: %d\r\nUser-Agent: %d\r\nConnection: close\r\n\r\n", i, i, i)
		_, _ = io.ReadAll(conn)
	}
	if after := strings.Count(exchange(url, "").text, "\n"); after > before+3 {
		t.Errorf("%d lines became %d", before, after)
	}
	for path, want := range map[string]int{"/readyz": 200, "/healthz": 200, "/v1/license/request": 404} {
		if got := exchange(strings.TrimSuffix(url, "/metrics")+path, ""); got.status != want {
			t.Errorf("beside /metrics, %s is %v", path, got)
		}
	}
	if got := exchange(r.url+"/metrics", ""); got.status != 404 {
		t.Errorf("at the main address it is %v", got)
	}
}

// startWithMetrics starts the server with an address of its own for metrics, and returns their URL.
func (r *room) startWithMetrics(args ...string) string {
	r.Helper()
	r.start(append(args, "--metrics-listen", "127.0.0.1:0")...)
	line, err := r.stdout.ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "metrics on ")
	if err != nil || !ok {
		r.Fatalf("it prints %q, %v", line, err)
	}
	return url
}

// A balancer hears that the server stops while the last requests are answered.
func TestReadinessEndsBeforeTheServer(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	url := strings.TrimSuffix(r.startWithMetrics(), "/metrics") + "/readyz"
	if got := exchange(url, ""); got.status != 200 {
		t.Errorf("before, it is %v", got)
	}
	conn := r.dial()
	fmt.Fprintf(conn, "POST /v1/license/request HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		len(body(r.token)))
	reader := bufio.NewReader(conn)
	for range 2 {
		if line, err := reader.ReadString('\n'); err != nil {
			t.Fatalf("it answers %q, %v", line, err)
		}
	}
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	eventually(t, "it is no longer ready", func() bool {
		got := exchange(url, "")
		return got.status == 503 && got.text == "not ready: the server is stopping"
	})
	fmt.Fprint(conn, body(r.token))
	if response, err := http.ReadResponse(reader, nil); err != nil || response.StatusCode != 200 {
		t.Errorf("the last request is answered with %v, %v", response, err)
	}
	if err := r.wait(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
}

// dial is a connection to the server.
func (r *room) dial() net.Conn {
	r.Helper()
	_, address, _ := strings.Cut(r.url, "://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// get sends a GET with a header.
func (r *room) get(path, name, value string) reply {
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, r.url+path, http.NoBody)
	if err != nil {
		r.Fatal(err)
	}
	request.Header.Set(name, value)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{0, err.Error(), 0}
	}
	defer response.Body.Close()
	content, _ := io.ReadAll(response.Body)
	return reply{response.StatusCode, string(content), 0}
}

func TestMetricsAtTheMainAddressAreForThisMachine(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.start()
	got := exchange(r.url+"/metrics", "")
	if got.status != 200 || !strings.Contains(got.text, "licenseserver_build_info") {
		t.Errorf("here it is %v", got)
	}
	if got := r.get("/metrics", "X-Forwarded-For", "203.0.113.9"); got.status != 403 {
		t.Errorf("through a proxy it is %v", got)
	}
}

func TestTheLogHasTheClientThatATrustedProxyNames(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]string{"127.0.0.0/8": "203.0.113.9", "10.0.0.0/8": "127.0.0.1"} {
		r := newRoom(t)
		r.start("--trusted-proxy", flag)
		r.get("/healthz", "X-Forwarded-For", "198.51.100.1, 203.0.113.9")
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if log := r.stderr.String(); !strings.Contains(log, `"client":"`+want+`"`) {
			t.Errorf("with %s the log is %s", flag, log)
		}
	}
}

func TestASecondSignalEndsTheServerAtOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	running, err := startProcess(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	r.process = running
	conn := r.dial()
	fmt.Fprint(conn, "POST /v1/license/request HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("it answers %q, %v", line, err)
	}
	began := time.Now()
	_ = running.cmd.Process.Signal(syscall.SIGTERM)
	eventually(t, "it no longer listens", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	_ = running.cmd.Process.Signal(syscall.SIGTERM)
	if err := running.wait(); err == nil || !strings.Contains(err.Error(), "signal: terminated") {
		t.Errorf("it ends with %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it takes %s", took)
	}
}

// Every line of the log is JSON, whatever clients send, and none has a secret.
func TestEveryLineOfTheLogIsJSON(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.certificates(testkit.NewAuthority(t, "authority"), 11)
	r.start("--tls-cert", "cert.pem", "--tls-key", "key.pem")
	for _, text := range []string{
		"GET /" + stranger + " HTTP/1.1\r\n\r\n", "\x16\x03\x01\x00\x05hello\n{\"time\":1}\n", stranger + "\r\n\r\n", "",
	} {
		conn := r.dial()
		fmt.Fprint(conn, text)
		conn.Close()
	}
	eventually(t, "the log has errors", func() bool { return r.said("TLS handshake error") >= 3 })
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(r.stderr.String()) {
		if !json.Valid([]byte(line)) || strings.Contains(line, "DDDD") {
			t.Errorf("a line is %s", line)
		}
	}
}

func TestSettingsThatMakeNoSenseAreSaid(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	for arguments, want := range map[string]string{
		"--trusted-proxy 10.0.0.1/8":      "10.0.0.1/8 is an address within a network: use 10.0.0.0/8",
		"--trusted-proxy proxy":           `"proxy" is neither an address nor a network`,
		"--public-url licenses.test":      "use http:// or https:// and a host",
		"--public-url https://a.test/x":   "it must have no path",
		"--max-connections -1":            "--max-connections must not be negative",
		"--max-connections many":          `invalid argument "many" for "--max-connections" flag`,
		"--unknown-rate-limit often":      "use N/PERIOD",
		"--metrics-listen 192.0.2.7:8081": "cannot listen on 192.0.2.7:8081: ",
	} {
		all := append([]string{"serve", "--listen", "127.0.0.1:0"}, strings.Fields(arguments)...)
		out, err := r.command(all...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %s, %v", arguments, out, err)
		}
	}
	cmd := r.command("serve", "--listen", "127.0.0.1:0")
	cmd.Env = append(cmd.Env, "LICENSESERVER_TRUSTED_PROXY=10.0.0.0/8, proxy", "LICENSESERVER_PUBLIC_URL=x")
	out, err := cmd.CombinedOutput()
	for _, want := range []string{`the variable LICENSESERVER_TRUSTED_PROXY is "10.0.0.0/8, proxy": "proxy" is neither`,
		`the variable LICENSESERVER_PUBLIC_URL is "x": use http://`} {
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("it says %s, %v; want %s", out, err, want)
		}
	}
}
