// Package survey looks at the way to a host after it has failed, stage by stage.
package survey

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/task"
)

// Survey looks at the way to a host stage by stage, where a connection only
// tells where it broke. It never sends a credential for the host.
type Survey struct {
	target, proxy  *url.URL
	bypass         string // the entry of NO_PROXY that keeps a proxy from being used
	settings       connect.Settings
	localstackHost string
	clockDiffers   func(ours, theirs time.Time) bool
	resolver       *resolve.Resolver
}

// Stages of the way, the names of the checks.
const (
	stageNames      = "names"
	stageConnection = "connection"
	stageProxy      = "proxy"
	stageTLS        = "tls"
	stageServer     = "server"
	stageClock      = "clock"
)

// Stages are the names of all checks, in their order.
func Stages() []string {
	return []string{stageNames, stageConnection, stageProxy, stageTLS, stageServer, stageClock}
}

// New returns a survey of the way to target, a base URL of the licensing API.
// localstackHost is LOCALSTACK_HOST, which may capture the target's name;
// clockDiffers reports whether two clocks cannot both be right.
func New(target *url.URL, settings connect.Settings, localstackHost string, clockDiffers func(ours, theirs time.Time) bool) *Survey {
	target = connect.InASCII(target)
	return &Survey{
		target: target, proxy: settings.Proxy(target), bypass: bypassing(target, settings), settings: settings,
		localstackHost: localstackHost, clockDiffers: clockDiffers, resolver: resolve.NewResolver(settings.Root),
	}
}

// Look makes the checks until ctx ends, and tells each as soon as it is made.
func (s *Survey) Look(ctx context.Context, tell func(fault.Check)) {
	s.look(ctx, func(check fault.Check) {
		if found := check.Finding; found != nil {
			check.Finding = found.With(fault.Facts{Server: s.target.String(), Host: s.target.Hostname()})
		}
		tell(check)
	})
}

func (s *Survey) look(ctx context.Context, tell func(fault.Check)) {
	next := s.target
	if s.proxy != nil {
		next = s.proxy
	}
	host, port := next.Hostname(), portOf(next)
	began := time.Now()
	addresses, names := s.names(ctx, host)
	names.Took = time.Since(began)
	tell(s.noted(names))
	if len(addresses) == 0 {
		s.bypassed(ctx, tell, names)
		return
	}
	began = time.Now()
	connected := s.connection(ctx, host, port, addresses)
	connected.Took = time.Since(began)
	tell(s.noted(connected))
	if connected.State == fault.Failed {
		s.bypassed(ctx, tell, connected)
		return
	}
	s.exchange(ctx, tell)
}

// connection tries all addresses of what is next on the way: the host, or the
// proxy.
func (s *Survey) connection(ctx context.Context, host, port string, addresses []netip.Addr) fault.Check {
	ctx, cancel := half(ctx)
	defer cancel()
	check := connection(host, port, connectAll(ctx, addresses, port))
	if check.State == fault.Failed && s.proxy != nil {
		return fault.Fail(stageConnection, connect.ProxyFault(s.proxy, check.Finding), check.Evidence...)
	}
	return check
}

// noted adds to a direct way that failed why no proxy was tried, where one is
// set.
func (s *Survey) noted(check fault.Check) fault.Check {
	if check.State == fault.Failed && s.proxy == nil && s.aside() != "" {
		took := check.Took
		check = fault.Fail(check.Name, check.Finding.With(fault.Facts{Remarks: []string{s.aside()}}), check.Evidence...)
		check.Took = took
	}
	return check
}

// aside is why a proxy that is set is not used; "" when none is.
func (s *Survey) aside() string {
	switch {
	case s.bypass != "":
		return fmt.Sprintf("the entry %.100q of NO_PROXY matches %s", s.bypass, s.target.Hostname())
	case s.proxy == nil && s.target.Scheme == "https" && s.settings.HTTPProxy.IsSet():
		return "HTTP_PROXY is for http:// addresses only"
	}
	return ""
}

// half is a context that ends when half of ctx's time is over, so that something
// is left for the stages to come.
func half(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(deadline)/2)
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	if port, known := map[string]string{"http": "80", "socks5": "1080", "socks5h": "1080"}[u.Scheme]; known {
		return port
	}
	return "443"
}

// names resolves host as a start does, and asks everybody about it beside.
func (s *Survey) names(ctx context.Context, host string) ([]netip.Addr, fault.Check) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, fault.Skip(stageNames, host+" is an address")
	}
	if resolve.IsLocalhost(strings.TrimSuffix(strings.ToLower(host), ".")) {
		addresses, _ := s.resolver.Lookup(ctx, host)
		return addresses, fault.Pass(stageNames, fmt.Sprintf("%s is this machine itself, %s", host, resolve.Join(addresses)))
	}
	ctx, cancel := half(ctx)
	defer cancel()
	var looked task.Group
	var seen Names
	looked.Go(ctx, func() { seen = lookAt(ctx, s.resolver, host, s.localstackHost) })
	addresses, err := s.resolver.Lookup(ctx, host)
	looked.Wait()
	finding, evidence := seen.Finding(), append(seen.Evidence(), s.resolver.Config().String())
	if failed, ok := fault.Find(err); ok {
		if finding == nil {
			finding = failed
		}
		return nil, fault.Fail(stageNames, finding, evidence...)
	}
	switch {
	case finding == nil:
	case finding.ID != fault.NetworkDNSSearch:
		return addresses, fault.Suspect(stageNames, finding, evidence...)
	case isPublic(host) && len(seen.direct()) == 0:
		return addresses, fault.Fail(stageNames, finding, evidence...) // they are somebody else's
	default:
		return addresses, fault.Warn(stageNames, finding, evidence...) // it leads the emulator astray, not us
	}
	fact := host + " is " + resolve.Join(addresses)
	if _, by := seen.resolved(); by != "" {
		fact += ", says " + by
	}
	return addresses, fault.Pass(stageNames, fact, evidence...)
}

// bypassed finds out, after the direct way has failed, whether the proxy that
// NO_PROXY rules out would be a way.
func (s *Survey) bypassed(ctx context.Context, tell func(fault.Check), failed fault.Check) {
	if s.proxy != nil || s.bypass == "" {
		return
	}
	open := s.settings
	open.NoProxy = ""
	proxy := open.Proxy(s.target)
	if proxy == nil {
		return
	}
	if failed.Name == stageNames {
		tell(fault.Skip(stageConnection, "not checked because of "+stageNames))
	}
	if _, page, err := s.request(ctx, open); err != nil || page.Fault(s.target.Hostname()) != nil {
		tell(fault.Skip(stageProxy, s.aside()))
		return
	}
	tell(fault.Fail(stageProxy, fault.New(fault.NetworkProxyBypassed,
		"%s, and without the proxy %s there is no way (%s)", s.aside(), connect.ProxyName(proxy), failed.Fact)))
}

// bypassing is the entry of NO_PROXY by which a proxy that is set is not used
// for target.
func bypassing(target *url.URL, settings connect.Settings) string {
	if settings.Proxy(target) != nil {
		return ""
	}
	for entry := range strings.SplitSeq(settings.NoProxy, ",") {
		alone, none := settings, settings
		alone.NoProxy, none.NoProxy = entry, ""
		if none.Proxy(target) != nil && alone.Proxy(target) == nil {
			return strings.TrimSpace(entry)
		}
	}
	return ""
}
