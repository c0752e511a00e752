package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/licensing"
	"localstack-entrypoint/internal/authority/limit"
	"localstack-entrypoint/internal/authority/origin"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/task"
)

const defaultListen = "127.0.0.1:8080"

// serving has the flags of serve.
type serving struct {
	listen, metricsListen string
	certFile, keyFile     string
	demoToken             string
	oidc                  oidcFlags
	options               server.Options
}

func (t *tool) serveCommand() *cobra.Command {
	s := &serving{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the licensing API, the platform API of lstk, and pages",
		Long: `Serve the licensing API, the platform API of lstk, and pages. When the server
listens, it prints one line, "listening on URL", to stdout. The access log goes to
stderr, one JSON object per request. SIGTERM or SIGINT stops the server after the
running requests, a second one at once. SIGHUP reads the TLS certificate again.

The API_ENDPOINT of a container is URL/v1. /healthz says that the process runs,
/readyz that it can answer, /metrics has numbers for Prometheus.`,
	}
	s.flags(cmd)
	cmd.PreRunE = func(*cobra.Command, []string) error {
		switch {
		case s.options.Licensing.ReactivateAfter <= 0:
			return errors.New("--reactivate-after must be positive")
		case s.options.MaxConnections < 0:
			return errors.New("--max-connections must not be negative")
		}
		return s.oidc.check(s.listen, s.options.Origin)
	}
	cmd.SetErr(t.log)
	cmd.RunE = t.forever(func(ctx context.Context, store *authority.Store, _ []string, _ io.Writer) error {
		tuneMemory()
		log.SetOutput(t.log) // for libraries
		s.options.AccessLog, s.options.Mask = t.log, withoutTokens
		s.options.OwnMetrics, s.options.OIDC = s.metricsListen != "", s.oidc.provider()
		_, err := task.Run(ctx, func(ctx context.Context) (any, error) {
			return nil, s.serve(ctx, store, t.out)
		})
		return err
	})
	return cmd
}

// flags defines the flags of serve.
func (s *serving) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&s.listen, "listen", defaultListen, "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&s.metricsListen, "metrics-listen", "",
		"`address` for /metrics, and for /healthz and /readyz, in plain HTTP (default: at --listen, for this machine only)")
	flags.StringVar(&s.certFile, "tls-cert", "", "certificate `file` in PEM format, chain included, for https")
	flags.StringVar(&s.keyFile, "tls-key", "", "private key `file` in PEM format")
	cmd.MarkFlagsRequiredTogether("tls-cert", "tls-key")
	flags.Var(publicURL{&s.options.Origin.Public}, "public-url",
		"`URL` under which browsers and lstk see the server, for links and hints, such as https://licenses.example.org")
	flags.Var(&s.options.Origin.Proxies, "trusted-proxy",
		"`network` of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto, or Forwarded, are believed; repeatable")
	flags.IntVar(&s.options.MaxConnections, "max-connections", 0,
		"`number` of connections of clients at once (default: as many as open files allow, at most 2048)")
	flags.StringVar(&s.demoToken, "demo-token-file", "",
		"`file` to write a new developer token to, unless it has a valid one")
	flags.BoolVar(&s.options.SignUp, "sign-up", false,
		"let anybody who reaches the pages create a workspace of their own, with a trial license for 14 days")
	flags.DurationVar(&s.options.Licensing.ReactivateAfter, "reactivate-after", licensing.DefaultReactivateAfter,
		"how long a container may start without a new activation (LocalStack's server: 24h)")
	flags.TextVar(&s.options.Licensing.Limit, "rate-limit", limit.Rate{Requests: 1000, Period: time.Minute},
		"requests that one token may make, `N/PERIOD` such as 600/1m; 0 for no limit")
	flags.TextVar(&s.options.Licensing.UnknownLimit, "unknown-rate-limit", limit.Rate{Requests: 100, Period: time.Minute},
		"requests with unknown tokens that one address may make, `N/PERIOD`; 0 for no limit")
	s.oidc.define(flags)
	settings(flags)
}

// publicURL is a flag for the URL under which clients see the server.
type publicURL struct{ to **url.URL }

// Set reads the URL.
func (p publicURL) Set(text string) (err error) {
	*p.to, err = origin.ParsePublic(text)
	return err
}

// String returns the URL that was set.
func (p publicURL) String() string {
	if p.to == nil || *p.to == nil {
		return ""
	}
	return (*p.to).String()
}

// Type names the flag's type in the help.
func (publicURL) Type() string { return "URL" }

// logLine is a line of the access log about itself.
func logLine(text string) []byte {
	line, _ := json.Marshal(struct { // cannot fail for strings
		Time    string `json:"time"`
		Message string `json:"message"`
	}{time.Now().UTC().Format(time.RFC3339), text})
	return append(line, '\n')
}
