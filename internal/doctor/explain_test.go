package doctor

import (
	"errors"
	"testing"

	"localstack-entrypoint/internal/fault"
)

// check is a check of this name with a finding of this row.
func check(name string, state fault.State, id fault.ID) fault.Check {
	c := fault.Check{Name: name, State: state}
	if id != "" {
		c.Finding = fault.New(id, "found %s", id)
		c.Finding.Host = "found.test"
	}
	return c
}

func TestFindingsThatExplainAFailure(t *testing.T) {
	t.Parallel()
	const failed, warned = fault.Failed, fault.Warned
	names := func(state fault.State, id fault.ID) fault.Check { return check("names", state, id) }
	suspect := func(id fault.ID) fault.Check { return fault.Suspect("names", check("names", warned, id).Finding) }
	connection := func(state fault.State, id fault.ID) fault.Check { return check("connection", state, id) }
	proxy := func(id fault.ID) fault.Check { return check("proxy", failed, id) }
	tls := func(state fault.State, id fault.ID) fault.Check { return check("tls", state, id) }
	server := func(id fault.ID) fault.Check { return check("server", failed, id) }
	genuine := tls(fault.Passed, "")
	for name, c := range map[string]struct {
		failed fault.ID
		checks []fault.Check
		want   fault.ID
	}{
		"nothing is found":                     {fault.NetworkTimeout, nil, fault.NetworkTimeout},
		"no server to ask":                     {fault.NetworkDNS, []fault.Check{names(failed, fault.NetworkDNSNoServer)}, fault.NetworkDNSNoServer},
		"a filter denies the name":             {fault.NetworkDNS, []fault.Check{names(failed, fault.NetworkDNSFiltered)}, fault.NetworkDNSFiltered},
		"a filter's address is silent":         {fault.NetworkTimeout, []fault.Check{suspect(fault.NetworkDNSFiltered), connection(failed, fault.NetworkTimeout)}, fault.NetworkDNSFiltered},
		"a filter's address shows its page":    {fault.NetworkUntrusted, []fault.Check{suspect(fault.NetworkDNSFiltered), tls(failed, fault.NetworkIntercepted)}, fault.NetworkDNSFiltered},
		"a captured name":                      {fault.NetworkRefused, []fault.Check{suspect(fault.NetworkDNSCaptured)}, fault.NetworkDNSCaptured},
		"an entry of the hosts file":           {fault.NetworkWrongServer, []fault.Check{suspect(fault.NetworkDNSHosts)}, fault.NetworkDNSHosts},
		"a strange address is genuine":         {fault.NetworkServerError, []fault.Check{suspect(fault.NetworkDNSHosts), genuine}, fault.NetworkServerError},
		"genuine, and something else":          {fault.NetworkWrongServer, []fault.Check{suspect(fault.NetworkDNSHosts), genuine, server(fault.NetworkBlockPage)}, fault.NetworkBlockPage},
		"a search domain led us astray":        {fault.NetworkCertificateName, []fault.Check{names(failed, fault.NetworkDNSSearch), tls(failed, fault.NetworkCertificateName)}, fault.NetworkDNSSearch},
		"a search domain, but to the server":   {fault.NetworkServerError, []fault.Check{names(failed, fault.NetworkDNSSearch), genuine}, fault.NetworkServerError},
		"a search domain for others":           {fault.NetworkTimeout, []fault.Check{names(warned, fault.NetworkDNSSearch)}, fault.NetworkTimeout},
		"servers that disagree explain none":   {fault.NetworkTimeout, []fault.Check{suspect(fault.NetworkDNSDisagree)}, fault.NetworkTimeout},
		"a family without a way":               {fault.NetworkUnreachable, []fault.Check{connection(failed, fault.NetworkAddressFamily)}, fault.NetworkAddressFamily},
		"the other family works":               {fault.NetworkTimeout, []fault.Check{connection(warned, fault.NetworkAddressFamily)}, fault.NetworkTimeout},
		"later than the failure":               {fault.NetworkDNS, []fault.Check{connection(failed, fault.NetworkAddressFamily)}, fault.NetworkDNS},
		"an entry of NO_PROXY, no name":        {fault.NetworkDNS, []fault.Check{names(failed, fault.NetworkDNS), proxy(fault.NetworkProxyBypassed)}, fault.NetworkProxyBypassed},
		"an entry of NO_PROXY, no way":         {fault.NetworkTimeout, []fault.Check{proxy(fault.NetworkProxyBypassed)}, fault.NetworkProxyBypassed},
		"a password for the proxy":             {fault.NetworkProxy, []fault.Check{proxy(fault.NetworkProxyAuthentication)}, fault.NetworkProxyAuthentication},
		"an intercepted connection":            {fault.NetworkUntrusted, []fault.Check{tls(failed, fault.NetworkIntercepted)}, fault.NetworkIntercepted},
		"old authorities":                      {fault.NetworkUntrusted, []fault.Check{tls(failed, fault.NetworkOldAuthorities)}, fault.NetworkOldAuthorities},
		"a wrong clock":                        {fault.NetworkCertificateDate, []fault.Check{tls(failed, fault.ClockSkew)}, fault.ClockSkew},
		"a wrong clock that does not matter":   {fault.NetworkServerError, []fault.Check{check("clock", warned, fault.ClockSkew)}, fault.NetworkServerError},
		"an old protocol":                      {fault.NetworkTLS, []fault.Check{tls(failed, fault.NetworkTLSVersion)}, fault.NetworkTLSVersion},
		"strictness is not the start's":        {fault.NetworkUntrusted, []fault.Check{tls(warned, fault.NetworkStrict)}, fault.NetworkUntrusted},
		"a block page":                         {fault.NetworkWrongServer, []fault.Check{genuine, server(fault.NetworkBlockPage)}, fault.NetworkBlockPage},
		"a captive portal":                     {fault.NetworkWrongServer, []fault.Check{genuine, server(fault.NetworkCaptivePortal)}, fault.NetworkCaptivePortal},
		"a block page after an untrusted one":  {fault.NetworkUntrusted, []fault.Check{server(fault.NetworkBlockPage)}, fault.NetworkUntrusted},
		"the server's error, with its request": {fault.NetworkServerError, []fault.Check{genuine, server(fault.NetworkServerError)}, fault.NetworkServerError},
		"an error for us, not for the start":   {fault.NetworkRateLimited, []fault.Check{genuine, server(fault.NetworkServerError)}, fault.NetworkRateLimited},
		"the first cause is the cause":         {fault.NetworkWrongServer, []fault.Check{tls(failed, fault.NetworkIntercepted), server(fault.NetworkBlockPage)}, fault.NetworkIntercepted},
		"a verdict is never explained away":    {fault.LicenseExpired, []fault.Check{names(failed, fault.NetworkDNSFiltered)}, fault.LicenseExpired},
	} {
		met := fault.New(c.failed, "was %s", c.failed)
		met.Host, met.Server, met.Cause = "asked.test", "https://asked.test/v1", errors.ErrUnsupported
		met.Stored = fault.New(fault.StoredStale, "old")
		got := Explain(met, c.checks)
		if got.ID != c.want {
			t.Errorf("%s: %s, want %s", name, got.ID, c.want)
		}
		if len(got.Checks) != len(c.checks) || got.Stored != met.Stored || got.Server != met.Server || !errors.Is(got, errors.ErrUnsupported) {
			t.Errorf("%s: %+v has lost something", name, got)
		}
		if met.ID != c.failed || met.Checks != nil || met.Host != "asked.test" {
			t.Errorf("%s: the failure itself was changed: %+v", name, met)
		}
	}
}

func TestExplanationKeepsWhatBothHaveSeen(t *testing.T) {
	t.Parallel()
	met := fault.New(fault.NetworkTimeout, "no answer in time")
	met.Host = "asked.test"
	got := Explain(met, []fault.Check{fault.Suspect("names", check("names", fault.Warned, fault.NetworkDNSFiltered).Finding)})
	if got.Seen() != "found network.dns.filtered; no answer in time" || got.Host != "found.test" {
		t.Errorf("%+v", got)
	}
	got = Explain(met, []fault.Check{check("connection", fault.Failed, fault.NetworkAddressFamily)})
	if got.Seen() != "found network.address_family" {
		t.Errorf("%+v", got)
	}
	unnamed := check("connection", fault.Failed, fault.NetworkAddressFamily)
	unnamed.Finding.Host = ""
	if got = Explain(met, []fault.Check{unnamed}); got.Host != "asked.test" {
		t.Errorf("%+v", got)
	}
}
