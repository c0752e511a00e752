package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/doctor"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/gateway"
	"localstack-entrypoint/internal/outlet"
	"localstack-entrypoint/internal/report"
)

const (
	// healthTimeout bounds the whole check.
	healthTimeout = 2 * time.Second
	// maxHealth bounds what is read of an answer, in bytes.
	maxHealth = 1 << 20
)

// health is a question to the running emulator.
type health struct {
	// page is the health page's address.
	page *url.URL
	// service must be available or running; "" asks for none.
	service string
	// ready asks whether the READY hooks are done as well.
	ready  bool
	client *http.Client
}

const healthcheckUsage = "usage: entrypoint healthcheck [--service NAME] [--ready] [URL]"

// runHealthcheck asks the gateway's own port for its health. It does not go
// by LOCALSTACK_HOST, which is the name and port that the world outside uses.
func runHealthcheck(_ io.Writer, args []string) int {
	check, err := parseHealthcheck(args)
	if err != nil {
		return usageError("entrypoint healthcheck: " + strings.TrimSuffix(report.PlainLines(err.Error()), "\n"))
	}
	ctx, cancel := context.WithTimeout(context.Background(), healthTimeout)
	defer cancel()
	if err := check.ask(ctx); err != nil {
		cfg, _, _ := config.Load() // an address may contain a secret
		reporter(os.Stderr, cfg).Print("unhealthy: " + report.Plain(err.Error()) + "\n")
		return fault.ExitFailed
	}
	// The result is the exit code. Nobody has to read the word, and a disk may be full.
	stdout := outlet.New(ctx, unix.Stdout, func(string) []byte { return nil })
	fmt.Fprintln(stdout, "healthy")
	stdout.Flush(outlet.LastWait)
	return 0
}

func parseHealthcheck(args []string) (*health, error) {
	h := &health{}
	flags := flag.NewFlagSet("healthcheck", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&h.service, "service", "", "")
	flags.BoolVar(&h.ready, "ready", false, "")
	if err := flags.Parse(args); err != nil || flags.NArg() > 1 {
		return nil, errors.Join(err, errors.New(healthcheckUsage))
	}
	if address := flags.Arg(0); address != "" {
		page, err := url.Parse(address)
		if err != nil || page.Scheme != "http" && page.Scheme != "https" || page.Host == "" {
			return nil, errors.New("the address is not an http or https URL")
		}
		h.page = page
	} else {
		address, err := gatewayAddress()
		if err != nil {
			return nil, fmt.Errorf("GATEWAY_LISTEN: %w", err)
		}
		h.page = &url.URL{Scheme: "http", Host: address.String(), Path: "/_localstack/health"}
	}
	h.client = &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true, DialContext: dialGateway,
			// The question is whether our own emulator answers. Its certificate is
			// for the name that others call it by, or made by itself.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		},
		// A page elsewhere is not the emulator's, and is not to get what the address may contain.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return h, nil
}

// gatewayAddress is where the emulator is reached from here.
func gatewayAddress() (gateway.Address, error) {
	cfg, _, _ := config.Load() // an invalid variable has its default
	var listen gateway.Listen
	if err := listen.UnmarshalText([]byte(cfg.GatewayListen)); err != nil {
		return gateway.Address{}, err
	}
	inContainer, _ := doctor.ContainerOf(cfg).Inside()
	return listen.In(inContainer).Probe()
}

// dialGateway connects to the gateway. One on [::] takes IPv4, too, and is reached by that where the container has no
// IPv6, as Docker's have by default.
func dialGateway(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if port, isIPv6 := strings.CutPrefix(address, "[::1]:"); err != nil && isIPv6 {
		if byIPv4, failed := dialer.DialContext(ctx, network, "127.0.0.1:"+port); failed == nil {
			return byIPv4, nil
		}
	}
	return conn, err
}

// ask returns why the emulator is not healthy.
func (h *health) ask(ctx context.Context) error {
	var page struct {
		Services  map[string]string `json:"services"`
		Completed bool              `json:"completed"`
	}
	content, err := h.get(ctx, h.page)
	if err != nil {
		return err
	}
	if h.service != "" {
		if err := json.Unmarshal(content, &page); err != nil {
			return fmt.Errorf("%s is not a health page: %w", shown(h.page), err)
		}
		switch state := page.Services[h.service]; state {
		case "available", "running":
		case "":
			return fmt.Errorf("the service %q was not found", h.service)
		default:
			return fmt.Errorf("the service %q has the state %q", h.service, state)
		}
	}
	if h.ready {
		if content, err = h.get(ctx, h.page.JoinPath("..", "init/ready")); err != nil {
			return err
		}
		if json.Unmarshal(content, &page) != nil || !page.Completed {
			return errors.New("the READY hooks have not finished")
		}
	}
	return nil
}

func (h *health) get(ctx context.Context, address *url.URL) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, errors.New("the address is not an http or https URL")
	}
	response, err := h.client.Do(request)
	if failed, isFailed := errors.AsType[*url.Error](err); isFailed {
		return nil, fmt.Errorf("%s: %w", shown(address), failed.Err) // its own text has the whole address
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s returned status %d", shown(address), response.StatusCode)
	}
	return io.ReadAll(io.LimitReader(response.Body, maxHealth))
}

// shown is what may be seen of an address: no user, no password, no query. An "@" after the host may be the end of a
// password with a slash, whose beginning then looks like a host.
func shown(address *url.URL) string {
	if strings.Contains(address.Path+address.RawQuery+address.Fragment, "@") {
		return address.Scheme + "://…"
	}
	return address.Scheme + "://" + address.Host + address.Path
}
