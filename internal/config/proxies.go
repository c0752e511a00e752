package config

import (
	"slices"
	"strings"

	"localstack-entrypoint/internal/proxy"
)

// proxyKind is urllib's name for v, such as "https" for HTTPS_PROXY; it is none of urllib's without one.
func proxyKind(v *Variable) (kind string, isProxy bool) { return strings.CutSuffix(v.Alias, "_proxy") }

// proxyVariables are the variables that decide about proxies, in their order.
func (e Environ) proxyVariables() (found []proxy.Variable) {
	for i, entry := range e.Entries {
		name, value, _ := strings.Cut(entry, "=")
		if at, isVariable := e.at[name]; proxy.Concerns(name) && isVariable && at == i {
			found = append(found, proxy.Variable{Name: name, Value: value})
		}
	}
	return found
}

// nameProxies notes which variable holds each setting of n.
func (e Environ) nameProxies(n *Network) {
	for name, variable := range map[string]*string{
		"OUTBOUND_HTTPS_PROXY": &n.OutboundHTTPS.Variable, "HTTPS_PROXY": &n.HTTPSProxy.Variable,
		"OUTBOUND_HTTP_PROXY": &n.OutboundHTTP.Variable, "HTTP_PROXY": &n.HTTPProxy.Variable,
		"ALL_PROXY": &n.AllProxy.Variable, "NO_PROXY": &n.NoProxy.Variable,
	} {
		*variable, _ = e.source(rowOf(name))
	}
}

// HTTPS is the proxy for https:// addresses, as LocalStack and then requests look for it.
func (n Network) HTTPS() proxy.Setting { return firstSet(n.OutboundHTTPS, n.HTTPSProxy, n.AllProxy) }

// HTTP is the proxy for http:// addresses.
func (n Network) HTTP() proxy.Setting { return firstSet(n.OutboundHTTP, n.HTTPProxy, n.AllProxy) }

// firstSet is the first setting that a variable holds, and not set when its value was refused.
func firstSet(settings ...proxy.Setting) proxy.Setting {
	i := slices.IndexFunc(settings, func(s proxy.Setting) bool { return s.Variable != "" })
	if i < 0 {
		return proxy.Setting{}
	}
	return settings[i]
}

// onTheWay is the variable with the proxy that an activation uses; "" for none.
func (c *Config) onTheWay() string {
	setting := c.HTTPS()
	if c.Endpoint.Scheme == "http" {
		setting = c.HTTP()
	}
	if _, excepted := c.NoProxy.Match(c.Endpoint.URL); excepted && !setting.IgnoresExceptions() {
		return ""
	}
	if !bool(c.ActivatePro) || proxy.IsLocal(c.Endpoint.URL) {
		return ""
	}
	return setting.Variable
}

// problems are what is wrong with the refused values, sorted. Where nothing is wrong but a proxy that an activation
// does not use, the start does not need to fail: that is a warning.
func (e *Environ) problems(cfg *Config, refused []refusal) (problems []string) {
	isIdle := func(r refusal) bool {
		name, _ := e.source(r.row)
		return isProxyURL(r.row.Name) && name != cfg.onTheWay()
	}
	onlyIdle := !slices.ContainsFunc(refused, func(r refusal) bool { return !isIdle(r) })
	for _, r := range refused {
		if onlyIdle {
			e.warn("%s; this start does not use it, but the emulator may", r.problem)
			continue
		}
		problems = append(problems, r.problem)
	}
	slices.Sort(problems)
	return problems
}

// isProxyURL reports whether the variable called name holds the address of a proxy.
func isProxyURL(name string) bool { return strings.HasSuffix(name, "_PROXY") && name != "NO_PROXY" }

// warnAboutProxies warns of proxy variables that do not mean what they seem to, or that the emulator's Python does
// not read.
func (e *Environ) warnAboutProxies(n *Network) {
	if n.NoProxy.List == "*" && (n.HTTPSProxy.IsSet() || n.HTTPProxy.IsSet() || n.AllProxy.IsSet()) {
		e.warnOfNetwork("%s=* works for this start only: LocalStack appends names of its own, after which Python "+
			"no longer reads * as every host; remove the proxy variables instead", n.NoProxy.Variable)
	}
	for i := range table {
		row := &table[i]
		if kind, isProxy := proxyKind(row); isProxy {
			_, warnings := proxy.Find(e.proxies, kind)
			e.NetworkWarnings = append(e.NetworkWarnings, warnings...)
		}
		if name, value := e.source(row); isProxyURL(row.Name) && value != "" {
			if oddity := proxy.Oddity(value); oddity != "" {
				e.warnOfNetwork("%s %s", name, oddity)
			}
		}
	}
}
