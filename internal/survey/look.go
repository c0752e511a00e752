package survey

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/proxy"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/task"
)

// Stages are the names of all checks, in their order.
func Stages() (names []string) {
	for _, stage := range []fault.Stage{
		fault.StageNames, fault.StageConnection, fault.StageProxy, fault.StageTLS, fault.StageServer, fault.StageClock,
	} {
		names = append(names, stage.String())
	}
	return names
}

// Look makes the checks until ctx ends, and tells each as soon as it is made. It sends an HTTP request, which
// carries no credential, only where mayAsk: nobody is asked who has answered already.
func (s *Survey) Look(ctx context.Context, mayAsk bool, tell func(fault.Check)) {
	began := time.Now()
	s.look(ctx, mayAsk, func(check fault.Check) {
		if check.State != fault.Skipped {
			check.Took, began = time.Since(began).Round(time.Millisecond), time.Now()
		}
		if found := check.Finding; found != nil {
			check.Finding = found.With(fault.Facts{Server: s.target.String(), Host: s.target.Hostname()})
		}
		tell(check)
	})
}

func (s *Survey) look(ctx context.Context, mayAsk bool, tell func(fault.Check)) {
	next := s.target
	if s.proxy != nil {
		next = s.proxy.URL
	}
	addresses, check := s.names(ctx, next.Hostname())
	tell(s.withUnusedProxy(check))
	if len(addresses) > 0 {
		check = s.connection(ctx, next, addresses)
		tell(s.withUnusedProxy(check))
	}
	switch {
	case !mayAsk:
	case check.State == fault.Failed:
		s.lookBehindProxy(ctx, tell, check)
	default:
		s.exchange(ctx, tell)
	}
}

// withUnusedProxy adds to a direct way that failed why no proxy was tried, where one is set.
func (s *Survey) withUnusedProxy(check fault.Check) fault.Check {
	if check.State != fault.Failed || s.unusedProxy == "" {
		return check
	}
	return fault.Fail(check.Name, check.Finding.With(fault.Facts{Remarks: []string{s.unusedProxy}}), check.Evidence...)
}

// names resolves host as a start does, and asks everybody about it at the same time.
func (s *Survey) names(ctx context.Context, host string) ([]netip.Addr, fault.Check) {
	stage := fault.StageNames.String()
	if address, err := netip.ParseAddr(host); err == nil {
		if unreached := noNetwork(host, address); unreached != nil {
			return nil, fault.Fail(stage, unreached)
		}
		return []netip.Addr{address}, fault.Skip(stage, host+" is an IP address")
	}
	ctx, cancel := half(ctx)
	defer cancel()
	if resolve.IsLocalhost(resolve.Normal(host)) {
		addresses, _ := s.resolver.Lookup(ctx, host)
		return addresses, fault.Pass(stage, fmt.Sprintf("%s is this machine: %s", host, resolve.Join(addresses)))
	}
	var seen names
	var asked task.Group
	asked.Go(ctx, func() { seen = askAll(ctx, s.resolver, host, s.localstackHost) })
	addresses, err := s.resolver.Lookup(ctx, host)
	asked.Wait()
	finding, evidence := seen.finding(), append(seen.evidence(), s.resolver.Config().String())
	if failed, ok := fault.Find(err); ok {
		if finding == nil {
			finding = failed
		}
		return nil, fault.Fail(stage, finding, evidence...)
	}
	if unreached := noNetwork(host, addresses...); unreached != nil {
		return nil, fault.Fail(stage, unreached, evidence...)
	}
	switch {
	case finding == nil:
	case finding.ID != fault.NetworkDNSSearch:
		return addresses, fault.Suspect(stage, finding, evidence...)
	case isPublic(host) && len(seen.direct()) == 0:
		return addresses, fault.Fail(stage, finding, evidence...) // they are somebody else's
	default:
		return addresses, fault.Warn(stage, finding, evidence...) // it leads the emulator astray, not us
	}
	fact := fmt.Sprintf("%s resolves to %s (from %s)", host, resolve.Join(addresses), seen.resolvedBy())
	return addresses, fault.Pass(stage, fact, evidence...)
}

// lookBehindProxy finds out, after the direct way has failed, whether the proxy that NO_PROXY rules out
// would be a way.
func (s *Survey) lookBehindProxy(ctx context.Context, tell func(fault.Check), failed fault.Check) {
	open := s.settings
	open.NoProxy = proxy.Exceptions{}
	only := open.Proxy(s.target)
	if s.proxy != nil || only == nil {
		return
	}
	if failed.Name == fault.StageNames.String() {
		tell(fault.Skip(fault.StageConnection.String(), "not checked because of "+failed.Name))
	}
	stage := fault.StageProxy.String()
	if got := s.request(ctx, open); got.page == nil || got.page.Fault(s.target.Hostname()) != nil {
		tell(fault.Skip(stage, s.unusedProxy))
		return
	}
	tell(fault.Fail(stage, fault.New(fault.NetworkProxyBypassed,
		"%s, but only the proxy %s reaches the server (%s)", s.unusedProxy, connect.ProxyName(only), failed.Fact).
		With(fault.Facts{Variable: s.settings.NoProxy.Variable})))
}
