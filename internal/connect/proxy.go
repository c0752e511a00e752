package connect

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
)

// ErrPassing is in the chain of a failure that may be over in a moment, although others of its row are not.
var ErrPassing = errors.New("it may pass")

// ProxyName names a proxy without its credentials.
func ProxyName(proxy *Proxy) string { return proxy.Scheme + "://" + proxy.Host }

// ProxyFault says that err happened on the way to the proxy or was its doing, not the server's.
func ProxyFault(proxy *Proxy, err error) *fault.Error {
	return proxyFault(proxy, err).With(fault.Facts{Variable: proxy.Variable})
}

func proxyFault(proxy *Proxy, err error) *fault.Error {
	if failed, ok := fault.Find(err); ok && failed.Row().Stage == fault.StageProxy {
		return failed
	}
	name := ProxyName(proxy)
	var socks *net.OpError
	if errors.As(err, &socks) && strings.HasPrefix(socks.Op, "socks") {
		return socksFault(proxy, socks)
	}
	cause := Fault(proxy.Hostname(), err)
	_, ofTheWay := fault.Find(err) // to the proxy
	id := fault.NetworkProxyUnreachable
	switch {
	case cause.ID == fault.NetworkTimeout && !ofTheWay: // it may be waiting for the server
		return fault.Wrap(errors.Join(err, ErrPassing), fault.NetworkProxy,
			"the proxy %s accepted the connection, but did not answer in time", name)
	case cause.ID == fault.NetworkReset:
		return fault.Wrap(errors.Join(err, ErrPassing), fault.NetworkProxy,
			"the proxy %s closed the connection without answering", name)
	case cause.Row().Stage == fault.StageNames && !errors.Is(err, resolve.ErrNoSuchName):
		id = fault.NetworkProxyDNS
	case cause.Row().Stage == fault.StageTLS:
		return fault.Wrap(err, fault.NetworkProxyTLS, "TLS with the proxy %s fails: %s", name, cause.Detail)
	}
	return fault.Wrap(err, id, "the proxy %s cannot be reached: %s", name, cause.Detail)
}

// socksFault is the failure that a SOCKS proxy has told. net/http has no types for them.
func socksFault(proxy *Proxy, socks *net.OpError) *fault.Error {
	name, why := ProxyName(proxy), socks.Err.Error()
	switch {
	case strings.Contains(why, "no acceptable authentication methods") && proxy.User == nil:
		return fault.Wrap(socks, fault.NetworkProxyAuthentication, "the proxy %s requires authentication", name)
	case strings.Contains(why, "username/password authentication failed"):
		return fault.Wrap(socks, fault.NetworkProxyAuthentication, "the proxy %s rejects the user name or password", name)
	case strings.Contains(why, "no acceptable authentication methods"):
		return fault.Wrap(socks, fault.NetworkProxyMethod, "the proxy %s does not accept a user name and password", name)
	}
	return fault.Wrap(passing(socks), fault.NetworkProxy,
		"the proxy %s did not connect to %s (%.200s)", name, socks.Addr, why)
}

// passing adds ErrPassing to a SOCKS proxy's refusal that is none of principle: what it cannot reach may come up.
func passing(err error) error {
	for _, reply := range []string{"general SOCKS server failure", "unreachable", "refused", "expired", "EOF", "reset"} {
		if strings.Contains(err.Error(), reply) {
			return errors.Join(err, ErrPassing)
		}
	}
	return err
}

// checkTunnel reads the proxy's answer to CONNECT.
func (p *Proxy) checkTunnel(target string, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return p.refusal(target, answer)
}

// refusal is the failure behind the proxy's answer that is not a success: it would not connect us to target,
// or requires authentication.
func (p *Proxy) refusal(target string, answer *http.Response) *fault.Error {
	name := "the proxy " + ProxyName(p)
	if answer.StatusCode == http.StatusProxyAuthRequired {
		return denial(name, p.User != nil, answer).With(fault.Facts{Variable: p.Variable, Answered: true})
	}
	detail := fmt.Sprintf("%s refused to connect to %s with status %d", name, target, answer.StatusCode)
	// Squid says why in a header.
	if why := answer.Header.Get("X-Squid-Error"); matches(`^ERR_[A-Z_]{1,40} [0-9]{1,5}$`, why) {
		detail += " (" + why + ")"
	}
	facts := fault.Facts{Variable: p.Variable, Answered: true}
	if answer.StatusCode >= http.StatusInternalServerError { // it cannot reach the server
		facts.Cause, facts.RetryAfter = ErrPassing, RetryAfter(answer)
	}
	return fault.New(fault.NetworkProxy, "%s", detail).With(facts)
}

// UnknownProxy is the failure behind a 407 of a proxy that is on the way to target, but not set.
func UnknownProxy(target string, answer *http.Response) *fault.Error {
	return denial("a proxy on the way to "+target, false, answer)
}

// denial is the failure behind status 407 of the proxy called name. Of all methods, requests and we have
// Basic only.
func denial(name string, hasPassword bool, answer *http.Response) *fault.Error {
	offered := methods(answer.Header.Values("Proxy-Authenticate"))
	isBasic := func(method string) bool { return strings.EqualFold(method, "Basic") }
	list := strings.Join(offered, " or ")
	switch {
	case len(offered) > 0 && !slices.ContainsFunc(offered, isBasic):
		return fault.New(fault.NetworkProxyMethod, "%s offers only %s authentication (status 407), "+
			"which neither the emulator's Python nor this program supports for proxies", name, list)
	case hasPassword:
		return fault.New(fault.NetworkProxyAuthentication, "%s rejects the user name or password (status 407)", name)
	case list == "":
		return fault.New(fault.NetworkProxyAuthentication, "%s requires authentication (status 407)", name)
	}
	return fault.New(fault.NetworkProxyAuthentication, "%s requires %s authentication (status 407)", name, list)
}

// methods are the names of the methods of authentication that a proxy offers, as in "Negotiate" and "Basic".
// Challenges are separated by commas, and so are their parameters, name=value (RFC 9110, section 11.6.1).
func methods(challenges []string) (names []string) {
	for _, challenge := range challenges {
		isQuoted, isEscaped := false, false
		for part := range strings.FieldsFuncSeq(challenge, func(r rune) bool {
			isQuoted = isQuoted != (r == '"' && !isEscaped)
			isEscaped = isQuoted && r == '\\' && !isEscaped
			return r == ',' && !isQuoted
		}) {
			name, _, _ := strings.Cut(strings.TrimSpace(part), " ")
			if matches(`^[A-Za-z][A-Za-z0-9-]{0,19}$`, name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
