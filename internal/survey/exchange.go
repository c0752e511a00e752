package survey

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/trust"
)

// lookThrough looks at the way from the first address on: through the proxy, to the end of the TLS handshake.
func (s *Survey) lookThrough(ctx context.Context, reach Reach, tell func(fault.Check)) (leads bool) {
	if s.proxyForwards() {
		return true // whether it does, only a request can show
	}
	got := s.handshake(ctx, s.settings)
	if got.failed != nil && got.failed.Row().Stage == fault.StageProxy {
		tell(fault.Fail(fault.StageProxy.String(), got.failed))
		return false
	}
	tell(s.proxyWorks())
	check := s.checkTLS(got, time.Time{})
	if found := check.Finding; found != nil && found.ID == fault.NetworkCertificateDate && reach == ToRequest {
		// Whose clock is wrong? Only the server can tell.
		if s.answer = s.request(ctx, s.settings).page; s.answer != nil {
			check = s.checkTLS(got, s.answer.Date)
		}
	}
	tell(check)
	return got.presented != nil || s.target.Scheme != "https"
}

// proxyForwards reports whether the proxy takes the request itself, and is not asked to connect us.
func (s *Survey) proxyForwards() bool {
	return s.proxy != nil && s.target.Scheme == "http" && strings.HasPrefix(s.proxy.Scheme, "http")
}

// proxyWorks is the check of a proxy that lets us through, or of none.
func (s *Survey) proxyWorks() fault.Check {
	name := fault.StageProxy.String()
	if s.proxy != nil {
		return fault.Pass(name, fmt.Sprintf("%s (%s) connects to %s",
			connect.ProxyName(s.proxy), s.proxy.Variable, s.target.Host))
	}
	return fault.Skip(name, cmp.Or(s.unusedProxy, "no proxy is set for "+s.target.Scheme+"://"+s.target.Host))
}

// isWay reports whether settings lead to the server itself.
func (s *Survey) isWay(ctx context.Context, settings connect.Settings) bool {
	if s.target.Scheme != "https" {
		got := s.request(ctx, settings)
		return got.page != nil && got.page.Fault(s.target.Hostname()) == nil
	}
	got := s.handshake(ctx, settings)
	return got.presented != nil && s.checkTLS(got, time.Time{}).State != fault.Failed
}

// judge makes the checks of an answer.
func (s *Survey) judge(page connect.Page, tell func(fault.Check)) {
	if s.proxyForwards() {
		tell(s.proxyWorks())
		tell(s.checkTLS(reply{}, time.Time{}))
	}
	server := fault.StageServer.String()
	if wrong := page.Fault(s.target.Hostname()); wrong != nil {
		tell(fault.Fail(server, wrong))
	} else {
		tell(fault.Pass(server, fmt.Sprintf("%s answers in JSON (status %d)", s.target, page.Status)))
	}
	tell(s.checkClock(page.Date))
}

// checkTLS judges what a handshake has shown. serverTime is the server's clock, zero when it is not known.
func (s *Survey) checkTLS(got reply, serverTime time.Time) fault.Check {
	name := fault.StageTLS.String()
	switch {
	case s.target.Scheme != "https":
		return fault.Skip(name, "API_ENDPOINT is http")
	case got.presented == nil:
		return fault.Fail(name, got.failed)
	}
	if !s.clockDiffers(time.Now(), serverTime) {
		serverTime = time.Time{}
	}
	trusted, _ := trust.Load(s.settings.Bundles, s.settings.Root)
	check := trusted.Check(*got.presented, serverTime)
	if check.State == fault.Passed && got.warning != nil {
		check = fault.Warn(name, got.warning, append([]string{check.Fact}, check.Evidence...)...)
	}
	if s.settings.NoVerify {
		check.State, check.Finding, check.Fact = fault.Skipped, nil, "SSL_NO_VERIFY=1: not checked ("+check.Fact+")"
	}
	return check
}

// checkClock compares the server's clock with ours.
func (s *Survey) checkClock(serverTime time.Time) fault.Check {
	name, now := fault.StageClock.String(), time.Now()
	switch {
	case serverTime.IsZero():
		return fault.Skip(name, "the server sends no date")
	case s.clockDiffers(now, serverTime):
		return fault.Warn(name, fault.New(fault.ClockSkew, "the local time is %s, but the licensing server's is %s",
			now.UTC().Format(time.RFC3339), serverTime.UTC().Format(time.RFC3339)))
	}
	// The header knows no fractions.
	if offset := now.Sub(serverTime).Round(time.Second); offset.Abs() > 2*time.Second {
		return fault.Pass(name, fmt.Sprintf("differs from the server's clock by %s", offset))
	}
	return fault.Pass(name, "agrees with the server's clock")
}

// reply is what comes of a handshake or a request; each part may be nil.
type reply struct {
	presented *trust.Presented
	page      *connect.Page
	failed    *fault.Error
	// warning is of what works, but strangely.
	warning *fault.Error
}

// handshake goes the way to the server without a request. It accepts any certificate and, where the handshake fails,
// outdated protocols, to see them.
func (s *Survey) handshake(ctx context.Context, settings connect.Settings) reply {
	return s.withOutdated(func(outdated bool) reply { return s.try(ctx, settings, outdated, nil) })
}

// request asks for nothing, where an activation asks, as the settings say. It accepts what handshake accepts; so it
// carries no credential.
func (s *Survey) request(ctx context.Context, settings connect.Settings) reply {
	ask := func(ctx context.Context, transport http.RoundTripper) (*connect.Page, error) {
		//nolint:bodyclose // Get has closed it.
		response, body, err := connect.Get(ctx, transport, s.target.JoinPath("license/activate").String(), connect.PageSize)
		if err != nil {
			return nil, err
		}
		page := connect.ReadPage(response, body, "")
		return &page, nil
	}
	return s.withOutdated(func(outdated bool) reply { return s.try(ctx, settings, outdated, ask) })
}

// withOutdated tries the protocols and ciphers of a start, and outdated ones as well where no handshake succeeds.
func (s *Survey) withOutdated(try func(outdated bool) reply) reply {
	got := try(false)
	noHandshake := got.presented == nil && got.failed != nil && got.failed.Row().Stage != fault.StageProxy
	if noHandshake && s.target.Scheme == "https" {
		if outdated := try(true); outdated.presented != nil {
			return outdated
		}
	}
	return got
}

// try does the handshake, and asks when there is something to ask.
func (s *Survey) try(
	ctx context.Context, settings connect.Settings, outdated bool,
	ask func(context.Context, http.RoundTripper) (*connect.Page, error),
) (got reply) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	host := s.target.Hostname()
	settings.Warn = func(finding *fault.Error) { got.warning = finding }
	transport, _ := connect.NewTransport(s.target, settings, s.resolver)
	var seen atomic.Pointer[trust.Presented]
	transport.Inspect(outdated, func(state tls.ConnectionState) {
		seen.Store(&trust.Presented{
			Host: host, Public: isPublic(host),
			Version: state.Version, Suite: state.CipherSuite, Chain: slices.Clone(state.PeerCertificates),
		})
	})
	var err error
	if ask == nil {
		err = transport.Handshake(ctx)
	} else {
		got.page, err = ask(ctx, transport)
	}
	got.presented = seen.Load()
	if err != nil {
		got.failed = connect.Fault(host, err)
	}
	return got
}
