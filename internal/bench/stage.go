package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// stage is what the contestants run on: a licence authority with TLS, a
// stored licence, a running emulator.
type stage struct {
	dir, bin string
	token    string
	api      string
	gateway  string
	running  []*exec.Cmd
}

func newStage() (_ *stage, err error) {
	s := &stage{}
	if s.bin, err = filepath.Abs("bin"); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "entrypoint-bench-"); err != nil {
		return nil, err
	}
	steps := []func() error{s.makeCertificate, s.startAuthority, s.storeLicence, s.startEmulator}
	for _, step := range steps {
		if err := step(); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *stage) close() {
	for _, cmd := range s.running {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	_ = os.RemoveAll(s.dir)
}

func (s *stage) program(name string) string { return filepath.Join(s.bin, name) }

// env is an environment for the entrypoint.
func (s *stage) env(more ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "FILESYSTEM_ROOT=" + s.dir}, more...)
}

func (s *stage) makeCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(s.dir+"/cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600),
		os.WriteFile(s.dir+"/key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
	)
}

func (s *stage) startAuthority() error {
	data := filepath.Join(s.dir, "authority")
	token, err := exec.Command(s.program("licenseserver"), "token", "create", "--data", data, "--type", "ci").Output()
	if err != nil {
		return fmt.Errorf("create a token: %w", err)
	}
	s.token = strings.TrimSpace(string(token))
	cmd := exec.Command(s.program("licenseserver"), "serve", "--data", data, "--listen", "127.0.0.1:0", "--rate-limit", "0",
		"--tls-cert", s.dir+"/cert.pem", "--tls-key", s.dir+"/key.pem")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.running = append(s.running, cmd)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	s.api = strings.TrimSpace(strings.TrimPrefix(line, "listening on ")) + "/v1"
	return err
}

// storeLicence activates once, so that the later starts have a stored licence.
func (s *stage) storeLicence() error {
	cmd := exec.Command(s.program("entrypoint"), "true")
	cmd.Env = s.online()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("activate: %w: %s", err, out)
	}
	return nil
}

func (s *stage) online() []string {
	return s.env("SUPERVISE=1", "LOCALSTACK_AUTH_TOKEN="+s.token, "API_ENDPOINT="+s.api, "REQUESTS_CA_BUNDLE="+s.dir+"/cert.pem")
}

func (s *stage) startEmulator() error {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.gateway = free.Addr().String()
	free.Close()
	cmd := exec.Command(s.program("emulator"))
	cmd.Env = s.env("GATEWAY_LISTEN=" + s.gateway)
	if err := cmd.Start(); err != nil {
		return err
	}
	s.running = append(s.running, cmd)
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		response, err := http.Get("http://" + s.gateway + "/_localstack/health")
		if err == nil {
			response.Body.Close()
			return nil
		}
	}
	return errors.New("reach the emulator")
}

// contestants are the peers that are installed, and our own starts.
func (s *stage) contestants() []*contestant {
	entrypoint := s.program("entrypoint")
	all := []*contestant{
		{name: baseline, argv: []string{"tini", "-s", "--", "true"}},
		{name: "dumb-init true", argv: []string{"dumb-init", "true"}},
		{name: "catatonit -- true", argv: []string{"catatonit", "--", "true"}},
		{name: "true", argv: []string{"true"}},
		{name: "entrypoint, plain exec", argv: []string{entrypoint, "true"}, env: s.env("ACTIVATE_PRO=0"), budget: 2.2},
		{name: "entrypoint, supervised", argv: []string{entrypoint, "true"}, env: s.env("ACTIVATE_PRO=0", "SUPERVISE=1"), budget: 4},
		{name: "entrypoint, supervised, online with TLS", argv: []string{entrypoint, "true"}, env: s.online(), budget: 7},
		{name: "entrypoint, supervised, offline", argv: []string{entrypoint, "true"},
			env: s.env("SUPERVISE=1", "LOCALSTACK_AUTH_TOKEN="+s.token, "API_ENDPOINT=https://127.0.0.1:1/v1"), budget: 5},
		{name: "entrypoint, no credential, to the banner", argv: []string{entrypoint, "true"}, env: s.env(), code: 55},
		{name: "entrypoint healthcheck", argv: []string{entrypoint, "healthcheck"}, env: s.env("GATEWAY_LISTEN=" + s.gateway), budget: 3},
	}
	var found []*contestant
	for _, c := range all {
		if _, err := exec.LookPath(c.argv[0]); err != nil {
			fmt.Printf("skipped: %s is not installed\n", c.argv[0])
			continue
		}
		if c.env == nil {
			c.env = os.Environ()
		}
		found = append(found, c)
	}
	return found
}

// printSizes prints the binary's size and the init's memory.
func (s *stage) printSizes() error {
	info, err := os.Stat(s.program("entrypoint"))
	if err != nil {
		return err
	}
	fmt.Printf("\nsize of bin/entrypoint: %.2f MB (budget ≤ 9)\n", float64(info.Size())/1e6)
	cmd := exec.Command(s.program("entrypoint"), "sleep", "1000")
	cmd.Env = s.env("ACTIVATE_PRO=0", "SUPERVISE=1")
	if err := cmd.Start(); err != nil {
		return err
	}
	s.running = append(s.running, cmd)
	time.Sleep(5 * time.Second) // until the start's garbage is given back or not
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(status)) {
		if kib, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			fmt.Printf("memory of the init after 5 s: %s (budget ≤ 6144 kB)\n", strings.TrimSpace(kib))
		}
	}
	return nil
}
