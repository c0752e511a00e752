package survey

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/trust"
)

// exchange sends a request without a credential, and checks what comes back.
func (s *Survey) exchange(ctx context.Context, tell func(fault.Check)) {
	presented, page, err := s.request(ctx, s.settings)
	var failed *fault.Error
	switch {
	case err != nil:
		failed = connect.Fault(s.target.Hostname(), err)
	case page.Status == http.StatusProxyAuthRequired && s.proxy != nil && s.target.Scheme == "http":
		// To an http target a proxy speaks like a server.
		failed = fault.New(fault.NetworkProxyAuthentication, "the proxy %s asks for authentication (status %d)",
			connect.ProxyName(s.proxy), page.Status)
	}
	if failed != nil && failed.Row().Stage == fault.StageProxy {
		tell(fault.Fail(fault.StageProxy.String(), failed))
		return
	}
	tell(s.checkProxy())
	tell(s.checkTLS(presented, page, failed))
	if presented == nil && s.target.Scheme == "https" {
		return
	}
	if page == nil {
		tell(fault.Fail(fault.StageServer.String(), failed))
		return
	}
	tell(s.checkServer(page))
	tell(s.checkClock(page.Date))
}

// checkProxy is about a proxy that is not to blame.
func (s *Survey) checkProxy() fault.Check {
	name := fault.StageProxy.String()
	if s.proxy != nil {
		return fault.Pass(name, connect.ProxyName(s.proxy)+" connects to "+s.target.Host)
	}
	return fault.Skip(name, cmp.Or(s.aside, "none is set for "+s.target.Scheme+"://"+s.target.Host))
}

func (s *Survey) checkTLS(presented *trust.Presented, page *connect.Page, failed *fault.Error) fault.Check {
	name := fault.StageTLS.String()
	switch {
	case s.target.Scheme != "https":
		return fault.Skip(name, "API_ENDPOINT is http")
	case presented == nil:
		return fault.Fail(name, failed)
	}
	var theirs time.Time
	if page != nil && s.clockDiffers(time.Now(), page.Date) {
		theirs = page.Date
	}
	trusted, _ := trust.Load(s.settings.Bundles, s.settings.Root)
	check := trusted.Check(*presented, theirs)
	if s.settings.NoVerify {
		check.State, check.Finding, check.Fact = fault.Skipped, nil, "SSL_NO_VERIFY=1: not checked ("+check.Fact+")"
	}
	return check
}

func (s *Survey) checkServer(page *connect.Page) fault.Check {
	name := fault.StageServer.String()
	if wrong := page.Fault(s.target.Hostname()); wrong != nil {
		return fault.Fail(name, wrong)
	}
	return fault.Pass(name, fmt.Sprintf("%s answers in JSON (status %d)", s.target, page.Status))
}

// checkClock compares the server's clock with ours.
func (s *Survey) checkClock(theirs time.Time) fault.Check {
	name, now := fault.StageClock.String(), time.Now()
	switch {
	case theirs.IsZero():
		return fault.Skip(name, "the server does not tell the time")
	case s.clockDiffers(now, theirs):
		return fault.Warn(name, fault.New(fault.ClockSkew, "it is %s here, but %s at the licensing server",
			now.UTC().Format(time.RFC3339), theirs.UTC().Format(time.RFC3339)))
	}
	// The header knows no fractions.
	if offset := now.Sub(theirs).Round(time.Second); offset.Abs() > 2*time.Second {
		return fault.Pass(name, fmt.Sprintf("%s off the server's clock", offset))
	}
	return fault.Pass(name, "agrees with the server's")
}

// request asks for the activation of nothing, on the way that settings say. It accepts any certificate,
// and where the handshake fails old protocols, too, to see them; hence it carries no credential.
// presented is nil without TLS.
func (s *Survey) request(
	ctx context.Context, settings connect.Settings,
) (presented *trust.Presented, page *connect.Page, err error) {
	presented, page, err = s.send(ctx, settings, false)
	_, explained := fault.Find(err) // then there was no handshake
	if err == nil || presented != nil || explained || s.target.Scheme != "https" {
		return presented, page, err
	}
	if outdated, page, err := s.send(ctx, settings, true); outdated != nil {
		return outdated, page, err
	}
	return presented, page, err
}

// send is request with the protocols and ciphers of a start, or with outdated ones as well.
func (s *Survey) send(
	ctx context.Context, settings connect.Settings, outdated bool,
) (presented *trust.Presented, page *connect.Page, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	transport, _ := connect.NewTransport(s.target, settings, s.resolver)
	var seen atomic.Pointer[trust.Presented]
	transport.Inspect(outdated, func(state tls.ConnectionState) {
		host := s.target.Hostname()
		seen.Store(&trust.Presented{
			Host: host, Public: isPublic(host),
			Version: state.Version, Suite: state.CipherSuite, Chain: slices.Clone(state.PeerCertificates),
		})
	})
	url := s.target.JoinPath("license/activate").String()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "localstack-entrypoint")
	response, err := transport.RoundTrip(request)
	if err != nil {
		return seen.Load(), nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, connect.PageSize))
	if err != nil {
		return seen.Load(), nil, cmp.Or(ctx.Err(), err)
	}
	answer := connect.ReadPage(response, body)
	return seen.Load(), &answer, nil
}
