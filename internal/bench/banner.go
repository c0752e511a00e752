package main

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// bannerTitle tells the banner from whatever else could be printed first.
const bannerTitle = "License activation failed!"

// toBanner times a start that fails, up to its banner.
func (s *stage) toBanner(env []string) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		began := time.Now()
		seen, err := s.awaitBanner(env)
		return seen.Sub(began), err
	}
}

// verdictToBanner is the time between the answer of a licensing server that
// refuses us and the banner.
func (s *stage) verdictToBanner() (time.Duration, error) {
	// The first refusal is to be timed, not the next ones of a loop, which wait.
	notes, _ := filepath.Glob(filepath.Join(s.refusedRoot(), "var/lib/localstack/cache/entrypoint-refusal*"))
	for _, note := range notes {
		_ = os.Remove(note)
	}
	seen, err := s.awaitBanner(s.refused())
	if err != nil {
		return 0, err
	}
	select {
	case answered := <-s.verdicts:
		return seen.Sub(answered), nil
	default:
		return 0, errors.New("the licensing server was not asked")
	}
}

// awaitBanner starts the entrypoint and tells when the first byte of the
// banner came. What lives on then, so that nobody can miss the banner, is
// asked to end.
func (s *stage) awaitBanner(env []string) (seen time.Time, err error) {
	cmd := asPID1(s.ours("true"), env)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return seen, err
	}
	if err := cmd.Start(); err != nil {
		return seen, err
	}
	defer guard(cmd).Stop()
	text := make([]byte, 1<<16)
	n, err := stderr.Read(text)
	seen = time.Now()
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_, _ = io.Copy(io.Discard, stderr)
	_ = cmd.Wait()
	// The entrypoint prints it in one piece.
	if !strings.Contains(string(text[:n]), bannerTitle) {
		return seen, fmt.Errorf("find the banner in %q: %w", text[:n], cmp.Or(err, errors.ErrUnsupported))
	}
	return seen, nil
}

// startRefusing starts a licensing server that finds every license expired, and
// notes when it said so.
func (s *stage) startRefusing() error {
	certificate, err := tls.LoadX509KeyPair(s.certificate(), s.key())
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.refusing = "https://" + listener.Addr().String() + "/v1"
	s.verdicts = make(chan time.Time, 1)
	server := &http.Server{
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}},
		ErrorLog:  log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			select {
			case s.verdicts <- time.Now(): // before the answer: the way to us is part of the time
			default: // asked again within one start: the first verdict counts
			}
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"error": true, "message": "licensing.license.expired"}`)
		}),
	}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	return nil
}

// refused is the environment of a start that startRefusing's server refuses.
// It has a root of its own, because a verdict deletes the stored license.
func (s *stage) refused() []string {
	return s.env("FILESYSTEM_ROOT="+s.refusedRoot(), "LOCALSTACK_AUTH_TOKEN="+s.token,
		"API_ENDPOINT="+s.refusing, "REQUESTS_CA_BUNDLE="+s.certificate())
}

func (s *stage) refusedRoot() string { return filepath.Join(s.dir, "refused") }
