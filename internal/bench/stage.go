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
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit/postgres"
)

// Of our own program, which is an init wherever it is PID 1.
const (
	entrypoint = "entrypoint"
	plainExec  = "SUPERVISE=0"
)

// stage is what the contestants run on: a license authority with TLS, another
// that refuses, a stored license, a running emulator. And the peers.
type stage struct {
	dir, bin string
	token    string
	api      string
	refusing string
	verdicts chan time.Time // when refusing said so
	gateway  string
	running  []*exec.Cmd
	// databases make an empty database for the authority, and return its URL, which is empty for SQLite.
	databases []func() (url string, err error)
	postgres  *postgres.Server
	peers     []initProgram
	missing   []string // peers that are not installed
}

func newStage() (_ *stage, err error) {
	s := &stage{}
	s.peers, s.missing = findPeers()
	if s.dir, err = os.MkdirTemp("", "entrypoint-bench-"); err != nil {
		return nil, err
	}
	s.startPostgres()
	for _, step := range []func() error{
		s.install, s.makeCertificate, s.startAuthority, s.startRefusing, s.storeLicense, s.startEmulator,
	} {
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
	if s.postgres != nil {
		s.postgres.Close()
	}
	_ = os.RemoveAll(s.dir)
}

// startPostgres starts PostgreSQL where it is installed, with the settings that it has by default.
func (s *stage) startPostgres() {
	s.databases = append(s.databases, func() (string, error) { return "", nil })
	server, err := postgres.Run("shared_buffers = 128MB", "full_page_writes = on", "autovacuum = on", "jit = on")
	if err != nil {
		s.missing = append(s.missing, "PostgreSQL")
		return
	}
	s.postgres = server
	s.databases = append(s.databases, server.Make)
}

// closeWhenStopped leaves nothing behind when we are stopped, or nobody reads
// the tables any more. What we started dies with us in any case.
func (s *stage) closeWhenStopped() {
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, unix.SIGINT, unix.SIGTERM, unix.SIGPIPE)
	go func() {
		<-stopped
		s.close()
		os.Exit(1)
	}()
}

func (s *stage) program(name string) string { return filepath.Join(s.bin, name) }
func (s *stage) certificate() string        { return filepath.Join(s.dir, "cert.pem") }
func (s *stage) key() string                { return filepath.Join(s.dir, "key.pem") }

// env is an environment for the entrypoint.
func (s *stage) env(more ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "FILESYSTEM_ROOT=" + s.dir, "HOME=/"}, more...)
}

// install copies the programs. A linker writes page by page, and so its output
// lies in the page cache; mapping it takes a start 15 % longer than mapping a
// file that was installed, as those of the peers were.
func (s *stage) install() error {
	s.bin = filepath.Join(s.dir, "bin")
	return os.CopyFS(s.bin, os.DirFS("bin"))
}

// run starts a server that runs until close, or dies with us.
func (s *stage) run(server *exec.Cmd) error {
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if err := server.Start(); err != nil {
		return err
	}
	s.running = append(s.running, server)
	return nil
}

func (s *stage) makeCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
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
		os.WriteFile(s.certificate(), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600),
		os.WriteFile(s.key(), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
	)
}

// startAuthority starts it with a developer's token: with such a one every start
// asks, with a CI token none would while the stored license is good.
func (s *stage) startAuthority() error {
	data := filepath.Join(s.dir, "authority")
	create := exec.Command(s.program("licenseserver"), "token", "create", "--data", data, "--type", "developer")
	token, err := create.Output()
	if err != nil {
		return fmt.Errorf("create a token: %w", err)
	}
	s.token = strings.TrimSpace(string(token))
	cmd := exec.Command(s.program("licenseserver"), "serve", "--data", data, "--listen", "127.0.0.1:0",
		"--rate-limit", "0", "--tls-cert", s.certificate(), "--tls-key", s.key())
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.run(cmd); err != nil {
		return err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	s.api = strings.TrimSpace(strings.TrimPrefix(line, "listening on ")) + "/v1"
	return err
}

// storeLicense activates once, so that the later starts have a stored license.
func (s *stage) storeLicense() error {
	cmd := exec.Command(s.program(entrypoint), "true")
	cmd.Env = s.online()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("activate: %w: %s", err, out)
	}
	return nil
}

func (s *stage) online() []string {
	return s.env("LOCALSTACK_AUTH_TOKEN="+s.token, "API_ENDPOINT="+s.api, "REQUESTS_CA_BUNDLE="+s.certificate())
}

// offline is a start with a stored license, and a licensing server that refuses
// connections.
func (s *stage) offline() []string {
	return s.env("LOCALSTACK_AUTH_TOKEN="+s.token, "API_ENDPOINT=https://127.0.0.1:1/v1")
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
	if err := s.run(cmd); err != nil {
		return err
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		response, err := http.Get("http://" + s.gateway + "/_localstack/health")
		if err == nil {
			response.Body.Close()
			return nil
		}
	}
	return errors.New("reach the emulator")
}
