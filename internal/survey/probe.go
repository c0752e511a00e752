package survey

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/trust"
)

// exchange sends a request without a credential, and judges what comes back.
func (s *Survey) exchange(ctx context.Context, tell func(fault.Check)) {
	began := time.Now()
	presented, page, err := s.request(ctx, s.settings)
	took := time.Since(began)
	send := func(check fault.Check) {
		if check.State != fault.Skipped {
			check.Took, took = took, 0 // of the whole exchange, so it is said once
		}
		tell(check)
	}
	failed, _ := fault.Find(err)
	if failed == nil && err != nil {
		failed = connect.Fault(s.target.Hostname(), err)
	}
	if s.askedByProxy(page) {
		page, failed = nil, fault.New(fault.NetworkProxyAuthentication, "the proxy %s asks for authentication (status %d)", connect.ProxyName(s.proxy), page.Status)
	}
	byProxy := failed != nil && failed.Row().Stage == fault.StageProxy
	send(s.proxyCheck(failed, byProxy))
	if byProxy {
		return
	}
	if s.target.Scheme == "https" {
		send(s.tlsCheck(presented, page, failed))
	} else {
		send(fault.Skip(stageTLS, "API_ENDPOINT is http"))
	}
	if presented == nil && s.target.Scheme == "https" {
		return
	}
	send(s.serverCheck(page, failed))
	if page != nil {
		send(s.clock(page.Date))
	}
}

// askedByProxy tells whether the page is the proxy's wish to know who we are:
// to an http target it speaks like a server.
func (s *Survey) askedByProxy(page *connect.Page) bool {
	return page != nil && page.Status == http.StatusProxyAuthRequired && s.proxy != nil && s.target.Scheme == "http"
}

func (s *Survey) proxyCheck(failed *fault.Error, byProxy bool) fault.Check {
	switch {
	case s.proxy == nil && s.bypass != "":
		return fault.Skip(stageProxy, s.aside())
	case s.proxy == nil:
		return fault.Skip(stageProxy, strings.TrimSuffix("none is set for "+s.target.Scheme+"://"+s.target.Host+"; "+s.aside(), "; "))
	case byProxy:
		return fault.Fail(stageProxy, failed)
	}
	return fault.Pass(stageProxy, connect.ProxyName(s.proxy)+" connects to "+s.target.Host)
}

func (s *Survey) tlsCheck(presented *trust.Presented, page *connect.Page, failed *fault.Error) fault.Check {
	if presented == nil || len(presented.Chain) == 0 {
		if failed == nil {
			failed = fault.New(fault.NetworkTLS, "%s shows no certificate", s.target.Hostname())
		}
		return fault.Fail(stageTLS, failed)
	}
	var theirs time.Time
	if page != nil && s.clockDiffers(time.Now(), page.Date) {
		theirs = page.Date
	}
	trusted, warnings := trust.Load(s.settings.Bundles, s.settings.Root)
	check := trusted.Check(*presented, theirs)
	check.Evidence = append(check.Evidence, warnings...)
	if f := check.Finding; f != nil && slices.Contains([]fault.ID{fault.NetworkIntercepted, fault.NetworkUntrusted, fault.NetworkSelfSigned}, f.ID) {
		// Who has followed the remedy needs to know why it did not help.
		check = fault.Fail(stageTLS, f.With(fault.Facts{Remarks: slices.Concat(trusted.Inventory(), warnings)}), check.Evidence...)
	}
	if s.settings.NoVerify {
		check.State, check.Finding, check.Fact = fault.Skipped, nil, "SSL_NO_VERIFY=1: not checked ("+check.Fact+")"
	}
	return check
}

func (s *Survey) serverCheck(page *connect.Page, failed *fault.Error) fault.Check {
	if page == nil {
		return fault.Fail(stageServer, failed)
	}
	if wrong := page.Fault(s.target.Hostname()); wrong != nil {
		return fault.Fail(stageServer, wrong)
	}
	return fault.Pass(stageServer, fmt.Sprintf("%s answers in JSON (status %d)", s.target, page.Status))
}

// clock compares the server's clock with ours.
func (s *Survey) clock(theirs time.Time) fault.Check {
	const layout = "2006-01-02T15:04:05-07:00"
	now := time.Now()
	switch {
	case theirs.IsZero():
		return fault.Skip(stageClock, "the server does not tell the time")
	case s.clockDiffers(now, theirs):
		return fault.Warn(stageClock, fault.New(fault.ClockSkew, "it is %s here, but %s at the licensing server",
			now.UTC().Format(layout), theirs.UTC().Format(layout)))
	}
	// The header knows no fractions.
	if offset := now.Sub(theirs).Round(time.Second); offset.Abs() > 2*time.Second {
		return fault.Pass(stageClock, fmt.Sprintf("%s off the server's clock", offset))
	}
	return fault.Pass(stageClock, "agrees with the server's")
}

// request asks for the activation of nothing, on the way that settings say.
// It accepts any certificate, and where the handshake fails old protocols, too,
// to see them; hence it carries no credential. presented is nil without TLS.
func (s *Survey) request(ctx context.Context, settings connect.Settings) (presented *trust.Presented, page *connect.Page, err error) {
	presented, page, err = s.send(ctx, settings, nil)
	_, explained := fault.Find(err) // then there was no handshake
	if err == nil || presented != nil || explained || s.target.Scheme != "https" {
		return presented, page, err
	}
	if outdated, page, err := s.send(ctx, settings, allSuites()); outdated != nil {
		return outdated, page, err
	}
	return presented, page, err
}

// send is request with the given ciphers and all protocols, for nil with those
// of a start.
func (s *Survey) send(ctx context.Context, settings connect.Settings, ciphers []uint16) (presented *trust.Presented, page *connect.Page, err error) {
	built, _ := connect.NewTransport(s.target, settings, s.resolver)
	proxy := settings.Proxy(s.target)
	var seen hello
	if conf := built.TLS; conf != nil {
		conf.InsecureSkipVerify = true
		if ciphers != nil {
			conf.MinVersion, conf.CipherSuites = tls.VersionTLS10, ciphers
		}
		conf.VerifyConnection = func(state tls.ConnectionState) error { return seen.take(s, proxy, built.Authorities, state) }
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.target.JoinPath("license/activate").String(), strings.NewReader("{}"))
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "localstack-entrypoint")
	response, err := built.RoundTrip(request)
	presented = seen.target()
	if err != nil {
		return presented, nil, err
	}
	defer response.Body.Close()
	defer context.AfterFunc(ctx, func() { response.Body.Close() })()
	var body bytes.Buffer
	if _, err := io.Copy(&body, io.LimitReader(response.Body, connect.PageSize)); err != nil {
		return presented, nil, errors.Join(ctx.Err(), err)
	}
	answered := connect.ReadPage(response, body.Bytes())
	return presented, &answered, nil
}

// hello notes who presents what in the handshakes of one request.
type hello struct {
	mu        sync.Mutex
	proxied   bool
	presented *trust.Presented
}

// take notes what the target presents. A proxy that speaks TLS comes first, and
// must prove itself as for a start, for it is told its password.
func (h *hello) take(s *Survey, proxy *url.URL, trusted *trust.Authorities, state tls.ConnectionState) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if proxy != nil && proxy.Scheme == "https" && !h.proxied {
		h.proxied = true
		if s.settings.NoVerify {
			return nil
		}
		return trusted.Verify(state.PeerCertificates, proxy.Hostname())
	}
	h.presented = &trust.Presented{
		Host: s.target.Hostname(), Public: isPublic(s.target.Hostname()),
		Version: state.Version, Suite: state.CipherSuite, Chain: slices.Clone(state.PeerCertificates),
	}
	return nil
}

func (h *hello) target() *trust.Presented {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.presented
}

func allSuites() []uint16 {
	var all []uint16
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		all = append(all, suite.ID)
	}
	return all
}
