package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"localstack-entrypoint/internal/config"
)

// healthTimeout bounds the whole check.
const healthTimeout = 2 * time.Second

// runHealthcheck asks the gateway's own port for its health. It does not go
// by LOCALSTACK_HOST, which is the name and port that the world outside uses.
func runHealthcheck(args []string) int {
	if len(args) > 1 {
		fmt.Fprintln(os.Stderr, "usage: entrypoint healthcheck [URL]")
		return exitUsage
	}
	cfg, _, _ := config.Load() // a variable that makes no sense has its default
	url := "http://" + gatewayAddress(cfg.GatewayListen) + "/_localstack/health"
	if len(args) == 1 {
		url = args[0]
	}
	if err := checkHealth(url); err != nil {
		fmt.Fprintln(os.Stderr, "unhealthy:", err)
		return 1
	}
	fmt.Println("healthy")
	return 0
}

func checkHealth(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers with status %d", url, response.StatusCode)
	}
	return nil
}

// gatewayAddress is where to reach the first of the addresses in listen: one
// that stands for all interfaces is asked on the loopback one.
func gatewayAddress(listen string) string {
	first, _, _ := strings.Cut(listen, ",")
	first = strings.TrimSpace(first)
	host, port, err := net.SplitHostPort(first)
	switch {
	case err != nil && strings.Trim(first, "0123456789") == "" && first != "":
		host, port = "", first
	case err != nil:
		host, port = strings.Trim(first, "[]"), "4566"
	}
	switch host {
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}
