package survey

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/trust"
)

// exchange sends a request without a credential, and checks what comes back.
func (s *Survey) exchange(ctx context.Context, tell func(fault.Check)) {
	got := s.request(ctx, s.settings)
	failed, page := got.failed, got.page
	proxy, server := fault.StageProxy.String(), fault.StageServer.String()
	switch {
	case failed != nil && failed.Row().Stage == fault.StageProxy:
		tell(fault.Fail(proxy, failed))
		return
	case s.proxy != nil:
		tell(fault.Pass(proxy, connect.ProxyName(s.proxy)+" connects to "+s.target.Host))
	default:
		tell(fault.Skip(proxy, cmp.Or(s.unusedProxy, "no proxy is set for "+s.target.Scheme+"://"+s.target.Host)))
	}
	tell(s.checkTLS(got))
	if got.presented == nil && s.target.Scheme == "https" {
		return
	}
	if page == nil {
		tell(fault.Fail(server, failed))
		return
	}
	if wrong := page.Fault(s.target.Hostname()); wrong != nil {
		tell(fault.Fail(server, wrong))
	} else {
		tell(fault.Pass(server, fmt.Sprintf("%s answers in JSON (status %d)", s.target, page.Status)))
	}
	tell(s.checkClock(page.Date))
}

func (s *Survey) checkTLS(got reply) fault.Check {
	name := fault.StageTLS.String()
	switch {
	case s.target.Scheme != "https":
		return fault.Skip(name, "API_ENDPOINT is http")
	case got.presented == nil:
		return fault.Fail(name, got.failed)
	}
	var serverTime time.Time
	if got.page != nil && s.clockDiffers(time.Now(), got.page.Date) {
		serverTime = got.page.Date
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

// reply is what comes of a request; each part may be nil.
type reply struct {
	presented *trust.Presented
	page      *connect.Page
	failed    *fault.Error
	// warning is of what works, but strangely.
	warning *fault.Error
}

// request asks to activate an empty document, as the settings say. It accepts any certificate and, if the
// handshake fails, outdated protocols, to see them; so it carries no credential.
func (s *Survey) request(ctx context.Context, settings connect.Settings) reply {
	got := s.send(ctx, settings, false)
	noHandshake := got.presented == nil && got.failed != nil && got.failed.Row().Stage != fault.StageProxy
	if noHandshake && s.target.Scheme == "https" {
		if outdated := s.send(ctx, settings, true); outdated.presented != nil {
			return outdated
		}
	}
	return got
}

// send sends the request with the protocols and ciphers of a start, or with outdated ones as well.
func (s *Survey) send(ctx context.Context, settings connect.Settings, outdated bool) (got reply) {
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
	url := s.target.JoinPath("license/activate").String()
	//nolint:bodyclose // Post has closed it.
	response, body, err := connect.Post(ctx, transport, url, []byte("{}"), connect.PageSize)
	got.presented = seen.Load()
	if err != nil {
		got.failed = connect.Fault(host, err)
		return got
	}
	page := connect.ReadPage(response, body, "")
	got.page = &page
	return got
}
