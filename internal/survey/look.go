package survey

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
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

// Reach is how far a look goes.
type Reach int

// Reaches of a look.
const (
	// ToAddress: names and connections, of the host or of the proxy.
	ToAddress Reach = iota
	// ToHandshake: through the proxy, to the end of the TLS handshake. Only a proxy gets an HTTP request: to connect
	// us.
	ToHandshake
	// ToRequest: where nothing else can tell more, the server gets a request, which carries no credential.
	ToRequest
)

// Look makes the checks before an answer of the server until ctx ends, and tells each as soon as it is made. It
// reports whether there is a server at the end of the way, which could be asked.
func (s *Survey) Look(ctx context.Context, reach Reach, tell func(fault.Check)) (leads bool) {
	return s.look(ctx, reach, s.timed(tell))
}

// Ask sends the server a request without a credential, unless a look has, and makes the checks of its answer.
func (s *Survey) Ask(ctx context.Context, tell func(fault.Check)) {
	tell = s.timed(tell)
	if s.answer != nil {
		s.judge(*s.answer, tell)
		return
	}
	got := s.request(ctx, s.settings)
	switch {
	case got.page != nil:
		s.judge(*got.page, tell)
	case s.proxyForwards() && got.failed.Row().Stage == fault.StageProxy:
		tell(fault.Fail(fault.StageProxy.String(), got.failed))
	default:
		tell(fault.Fail(fault.StageServer.String(), got.failed))
	}
}

// Judge makes the checks of an answer that another request got.
func (s *Survey) Judge(page connect.Page, tell func(fault.Check)) { s.judge(page, s.timed(tell)) }

// timed is tell with what a check took, and whom it is about.
func (s *Survey) timed(tell func(fault.Check)) func(fault.Check) {
	began := time.Now()
	return func(check fault.Check) {
		if check.State != fault.Skipped {
			check.Took, began = time.Since(began).Round(time.Millisecond), time.Now()
		}
		if found := check.Finding; found != nil {
			check.Finding = found.With(fault.Facts{Server: s.target.String(), Host: s.target.Hostname()})
		}
		tell(check)
	}
}

func (s *Survey) look(ctx context.Context, reach Reach, tell func(fault.Check)) (leads bool) {
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
	case reach == ToAddress:
	case check.State != fault.Failed:
		return s.lookThrough(ctx, reach, tell)
	case reach == ToRequest:
		s.lookBehindProxy(ctx, tell, check)
	}
	return false
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
	fact = strings.Join(append([]string{fact}, s.resolver.Flaws()...), "; ")
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
	if !s.isWay(ctx, open) {
		tell(fault.Skip(stage, s.unusedProxy))
		return
	}
	tell(fault.Fail(stage, fault.New(fault.NetworkProxyBypassed,
		"%s, but only the proxy %s reaches the server (%s)", s.unusedProxy, connect.ProxyName(only), failed.Fact).
		With(fault.Facts{Variable: s.settings.NoProxy.Variable})))
}
