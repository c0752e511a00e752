package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit"
)

// patience bounds the life of each server. It is far more than any needs.
const patience = time.Minute

// process is a running licenseserver.
type process struct {
	cmd    *exec.Cmd
	kill   *time.Timer
	url    string
	stdout *bufio.Reader
	stderr testkit.Buffer
}

// startProcess runs "licenseserver serve" in dir, on a free port by default, and
// returns when it listens.
func startProcess(dir string, args ...string) (*process, error) {
	return startLogging(dir, nil, args...)
}

// startLogging is startProcess, with a place for the log; nil notes it.
func startLogging(dir string, log io.Writer, args ...string) (*process, error) {
	all := append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)
	return startCommand(exec.Command("licenseserver", all...), dir, log)
}

// startShell is startProcess after a command of the shell, in the same process.
func startShell(dir, before string, args ...string) (*process, error) {
	line := before + ` && exec licenseserver serve --listen 127.0.0.1:0 "$@"`
	return startCommand(exec.Command("sh", append([]string{"-c", line, "sh"}, args...)...), dir, nil)
}

func startCommand(cmd *exec.Cmd, dir string, log io.Writer) (*process, error) {
	p := &process{cmd: cmd}
	if log == nil {
		log = &p.stderr
	}
	p.cmd.Dir, p.cmd.Stderr = dir, log
	p.cmd.Env = append(os.Environ(), noExitDelay)
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.kill = time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	p.stdout = bufio.NewReader(stdout)
	line, err := p.stdout.ReadString('\n')
	url, ok := strings.CutPrefix(line, "listening on ")
	if err != nil || !ok {
		err = errors.Join(err, p.cmd.Wait())
		return nil, fmt.Errorf("it prints %q: %w: %s", line, err, &p.stderr)
	}
	p.url = strings.TrimSpace(url)
	return p, nil
}

// stop stops the server as docker stop does. It fails if the server fails, or has
// printed anything after its URL.
func (p *process) stop() error {
	if p.cmd.ProcessState != nil {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.wait()
}

func (p *process) wait() error {
	rest, err := io.ReadAll(p.stdout)
	if len(rest) > 0 {
		err = fmt.Errorf("it also prints %q", rest)
	}
	err = errors.Join(err, p.cmd.Wait())
	p.kill.Stop()
	return err
}

// serverKey is the key of a script's server, a **process.
type serverKey struct{}

// cmdServe is "serve ARG…": it starts a server and sets URL and ADDRESS.
func cmdServe(ts *testscript.TestScript, _ bool, args []string) {
	if database := ts.Getenv("LICENSESERVER_DATABASE"); database != "" {
		args = append([]string{"--database", database}, args...)
	}
	started, err := startProcess(ts.MkAbs("."), args...)
	ts.Check(err)
	ts.Defer(func() { ts.Check(started.stop()) })
	*ts.Value(serverKey{}).(**process) = started
	ts.Setenv("URL", started.url)
	_, address, _ := strings.Cut(started.url, "://")
	ts.Setenv("ADDRESS", address)
}

// cmdStop is "stop FILE": it stops the server and writes its stderr to FILE.
func cmdStop(ts *testscript.TestScript, _ bool, args []string) {
	running := *ts.Value(serverKey{}).(**process)
	ts.Check(running.stop())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(running.stderr.String()), 0o600))
}

// cmdAsk is "ask request|activate|lstk TOKEN [type=T] [id=I] [product=P] [version=V]":
// it prints the status and the refusal's message, or the document's main
// fields if its signature verifies. It trusts cert.pem.
func cmdAsk(ts *testscript.TestScript, _ bool, args []string) {
	body := license.Request{
		Credentials: license.Credentials{Type: license.AuthToken, Token: args[1]},
		Product:     license.Product{Name: license.ProductName, Version: "4.14.0"},
	}
	path := args[0]
	if path == "lstk" {
		path, body.Credentials.Type = "request", ""
		body.Machine = license.Machine{Hostname: "laptop", Platform: "linux", PlatformRelease: "amd64"}
	}
	fields := map[string]*string{
		"type": &body.Credentials.Type, "id": &body.LicenseID,
		"product": &body.Product.Name, "version": &body.Product.Version,
	}
	for _, arg := range args[2:] {
		name, value, _ := strings.Cut(arg, "=")
		*fields[name] = value
	}
	raw, err := json.Marshal(body)
	ts.Check(err)
	client := trusting(ts.MkAbs("cert.pem"))
	defer client.CloseIdleConnections()
	response, err := client.Post(ts.Getenv("URL")+"/v1/license/"+path, "application/json", bytes.NewReader(raw))
	ts.Check(err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	ts.Check(err)
	if response.StatusCode != http.StatusOK {
		var refusal license.ErrorBody
		ts.Check(json.Unmarshal(answer, &refusal))
		fmt.Fprintln(ts.Stdout(), response.StatusCode, refusal.Message, response.Header.Get("Retry-After"))
		return
	}
	document, err := license.Parse(answer)
	ts.Check(err)
	if !document.SignedWith(args[1]) {
		ts.Fatalf("the signature does not verify: %s", answer)
	}
	held := document.ReactivateAfter.Sub(document.Issued.Time)
	fmt.Fprintln(ts.Stdout(), response.StatusCode, document.Type, document.Status, document.ID, "for", held)
}

// trusting returns a client that trusts the certificate in a file, if there is one.
func trusting(file string) *http.Client {
	pool := x509.NewCertPool()
	if text, err := os.ReadFile(file); err == nil {
		pool.AppendCertsFromPEM(text)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}, Timeout: patience}
}

// cmdCertificate creates cert.pem and key.pem for 127.0.0.1.
func cmdCertificate(ts *testscript.TestScript, _ bool, _ []string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	ts.Check(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: cert},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: private},
	} {
		ts.Check(os.WriteFile(ts.MkAbs(name), pem.EncodeToMemory(block), 0o600))
	}
}

func TestStoppingLetsARequestUnderWayEnd(t *testing.T) {
	running, err := startProcess(t.TempDir(), "--data", filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(running.url, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// The server answers 100 when it reads the body.
	fmt.Fprintf(conn, "POST /v1/license/request HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
	reader := bufio.NewReader(conn)
	if line, err := reader.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("it answers %q, %v", line, err)
	}
	if _, err := reader.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := running.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; {
		late, err := net.Dial("tcp", address)
		if err != nil {
			break // the server no longer listens
		}
		_ = late.Close()
		if time.Now().After(deadline) {
			t.Fatal("the server still listens")
		}
	}
	fmt.Fprint(conn, "{}")
	response, err := http.ReadResponse(reader, nil)
	if err != nil || response.StatusCode != http.StatusBadRequest {
		t.Errorf("the request under way is answered with %v, %v", response, err)
	}
	if err := running.wait(); err != nil {
		t.Errorf("the server ends with %v: %s", err, &running.stderr)
	}
}
