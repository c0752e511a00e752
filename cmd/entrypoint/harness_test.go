package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit"
)

// binaries is the folder with the real programs, built once for all tests.
var binaries string

func TestMain(m *testing.M) {
	if name := os.Args[0]; name == panicsInDecision || name == panicsOnMain {
		os.Exit(playPanic(name, os.Args[1:]))
	}
	code := 1
	defer func() { os.Exit(code) }()
	dir, err := os.MkdirTemp("", "entrypoint-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer os.RemoveAll(dir)
	binaries = dir
	if err := testkit.BuildPrograms(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	code = m.Run()
	stopTestTokens()
}

// patience bounds every wait of a test.
const patience = 20 * time.Second

// run3 runs one of the programs to its end.
func run3(t *testing.T, env []string, name string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(binaries, name), args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", name, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// licenseServer is a real license authority on loopback, a process of its own.
type licenseServer struct {
	URL string // of the API, as API_ENDPOINT
	dir string
	cmd *exec.Cmd
	log testkit.Buffer
}

// startLicenseServer starts licenseserver on a free port with its data in dir.
func startLicenseServer(dir string, flags ...string) (*licenseServer, error) {
	server := &licenseServer{dir: dir}
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--data", dir}, flags...)
	server.cmd = exec.Command(filepath.Join(binaries, "licenseserver"), args...)
	server.cmd.Stderr = &server.log
	stdout, err := server.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := server.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url, found := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !found {
		server.Stop()
		return nil, fmt.Errorf("licenseserver says %q (%w): %s", line, err, server.log.String())
	}
	server.URL = url + "/v1"
	return server, nil
}

// again starts it on the same port after it was stopped.
func (s *licenseServer) again(t *testing.T) {
	t.Helper()
	address := strings.TrimSuffix(strings.TrimPrefix(s.URL, "http://"), "/v1")
	server, err := startLicenseServer(s.dir, "--listen", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
}

// Stop ends the server; a second call does nothing.
func (s *licenseServer) Stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// await asks url until it answers with 200 and returns the body.
func await(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if err == nil && response.StatusCode == http.StatusOK {
				return body, nil
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s does not answer: %w", url, ctx.Err())
		case <-tick.C:
		}
	}
}
