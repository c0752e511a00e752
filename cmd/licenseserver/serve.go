package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/licensing"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/task"
)

const (
	defaultListen = "127.0.0.1:8080"

	// Limits of a request, which is one small JSON object.
	headerTimeout = 5 * time.Second
	bodyTimeout   = 10 * time.Second
	idleTimeout   = time.Minute
	maxHeader     = 16 << 10 // bytes

	// 8 s: docker stop kills at 10.
	stopTimeout = 8 * time.Second
)

// serving has the flags of serve.
type serving struct {
	listen            string
	certFile, keyFile string
	demoToken         string
	options           server.Options
}

func (t *tool) serveCommand() *cobra.Command {
	s := &serving{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the licensing API",
		Long: `Serve the licensing API. When the server listens, it prints one line,
"listening on URL", to stdout. The access log goes to stderr, one JSON object
per request. SIGTERM or SIGINT stops the server after the running requests.

The API_ENDPOINT of a container is URL/v1.`,
		Args: cobra.NoArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&s.listen, "listen", defaultListen, "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&s.certFile, "tls-cert", "", "certificate `file` in PEM format, chain included, for https")
	flags.StringVar(&s.keyFile, "tls-key", "", "private key `file` in PEM format")
	cmd.MarkFlagsRequiredTogether("tls-cert", "tls-key")
	flags.StringVar(&s.demoToken, "demo-token-file", "",
		"`file` to write a new developer token to, unless it has a valid one")
	flags.DurationVar(&s.options.Licensing.ReactivateAfter, "reactivate-after", licensing.DefaultReactivateAfter,
		"how long a container may start without a new activation (LocalStack's server: 24h)")
	flags.TextVar(&s.options.Licensing.Limit, "rate-limit", licensing.Limit{Requests: 1000, Period: time.Minute},
		"`N/PERIOD`, the requests that one token may make, such as 10/s; 0 for no limit")
	settings(flags)
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if s.options.Licensing.ReactivateAfter <= 0 {
			return errors.New("--reactivate-after must be positive")
		}
		return nil
	}
	cmd.SetErr(t.log)
	cmd.RunE = t.onNew(func(ctx context.Context, store *authority.Store, _ []string, _ io.Writer) error {
		log.SetOutput(t.log) // for libraries
		s.options.AccessLog = t.log
		_, err := task.Run(ctx, func(ctx context.Context) (any, error) {
			return nil, s.serve(ctx, store, t.out, t.log)
		})
		return err
	})
	return cmd
}

// logLine is a line of the access log about itself.
func logLine(text string) []byte {
	line, _ := json.Marshal(struct { // cannot fail for strings
		Time    string `json:"time"`
		Message string `json:"message"`
	}{time.Now().UTC().Format(time.RFC3339), text})
	return append(line, '\n')
}

// serve serves until SIGTERM or SIGINT, and prints the URL to out.
func (s *serving) serve(ctx context.Context, store *authority.Store, out, stderr io.Writer) error {
	ctx, restore := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer restore()
	// Before listening: a server without its certificate could not answer.
	secure, err := s.tlsConfig()
	if err != nil {
		return fmt.Errorf("cannot use the TLS certificate: %w", err)
	}
	if s.demoToken != "" {
		if err := provideToken(ctx, store, s.demoToken); err != nil {
			return fmt.Errorf("cannot provide a demo token: %w", err)
		}
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", s.listen, err)
	}
	defer listener.Close()
	fmt.Fprintf(out, "listening on %s://%s\n", schemeOf(secure), listener.Addr())
	httpServer := &http.Server{
		Handler:           server.New(store, s.options),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		WriteTimeout:      bodyTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		TLSConfig:         secure,
		ErrorLog:          log.New(stderr, "licenseserver: ", 0),
	}
	stopped := make(chan error, 1)
	task.Go(ctx, func() {
		<-ctx.Done()
		restore() // a second signal ends the process at once
		stopped <- stop(httpServer)
	})
	if secure == nil {
		err = httpServer.Serve(listener)
	} else {
		err = httpServer.ServeTLS(listener, "", "")
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("cannot serve: %w", err)
	}
	return <-stopped
}

// tlsConfig returns nil without TLS.
func (s *serving) tlsConfig() (*tls.Config, error) {
	if s.certFile == "" {
		return nil, nil
	}
	certificate, err := readFile(s.certFile)
	if err != nil {
		return nil, err
	}
	key, err := readFile(s.keyFile)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}}, nil
}

func readFile(path string) ([]byte, error) {
	content, err := file.Read(path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return content, nil
}

func schemeOf(secure *tls.Config) string {
	if secure == nil {
		return "http"
	}
	return "https"
}

// stop waits up to stopTimeout for the running requests.
func stop(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close()
	}
	return nil
}
