package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/task"
)

// serve serves until SIGTERM or SIGINT, and prints the URL to out.
func (s *serving) serve(ctx context.Context, store *authority.Store, out io.Writer) (err error) {
	signaled, restore := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer restore()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	task.Go(ctx, func() {
		<-signaled.Done()
		restore() // from now on, a second signal ends the process at once
		stop()
	})
	// It would refuse everything else, and a cluster would keep the version before.
	if err := store.Ready(ctx); err != nil {
		return fmt.Errorf("cannot serve this authority: %w", err)
	}
	if s.options.MaxConnections, err = server.ConnectionLimit(s.options.MaxConnections); err != nil {
		return err
	}
	// Before listening: a server without its certificate could not answer.
	certificate, secure, err := s.certificate()
	if err != nil {
		return fmt.Errorf("cannot use the TLS certificate: %w", err)
	}
	if certificate != nil {
		s.options.Origin.IsOurs = certificate.Covers
	}
	if s.demoToken != "" {
		if err := provideToken(ctx, store, s.demoToken); err != nil {
			return fmt.Errorf("cannot provide a demo token: %w", err)
		}
	}
	main, err := listen(s.listen)
	if err != nil {
		return err
	}
	defer main.Close()
	metrics, err := listen(s.metricsListen)
	if err != nil {
		return err
	}
	running := server.New(store, s.options)
	reloadOnSIGHUP(ctx, running, certificate)
	fmt.Fprintf(out, "listening on %s://%s\n", schemeOf(secure), main.Addr())
	if s.options.OIDC != nil {
		base := schemeOf(secure) + "://" + main.Addr().String()
		fmt.Fprintf(out, "redirect URL for the OIDC provider: %s\n", callback(base, s.options.Origin))
	}
	if metrics != nil {
		defer metrics.Close()
		fmt.Fprintf(out, "metrics on http://%s/metrics\n", metrics.Addr())
	}
	return running.Serve(ctx, main, secure, metrics)
}

// listen listens on an address; nil for none.
func listen(address string) (net.Listener, error) {
	if address == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	return listener, nil
}

// certificate returns nil without TLS.
func (s *serving) certificate() (*server.Certificate, *tls.Config, error) {
	if s.certFile == "" {
		return nil, nil, nil
	}
	certificate, err := server.LoadCertificate(s.certFile, s.keyFile)
	if err != nil {
		return nil, nil, err
	}
	return certificate, certificate.Config(), nil
}

// reloadOnSIGHUP reads the certificate again with each SIGHUP, which ends no server, also not one without TLS.
func reloadOnSIGHUP(ctx context.Context, running *server.Server, certificate *server.Certificate) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	task.Go(ctx, func() {
		defer signal.Stop(hangups)
		for {
			select {
			case <-hangups:
				running.Reload(certificate)
			case <-ctx.Done():
				return
			}
		}
	})
}

func schemeOf(secure *tls.Config) string {
	if secure == nil {
		return "http"
	}
	return "https"
}
