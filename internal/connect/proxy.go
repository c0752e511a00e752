package connect

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"localstack-entrypoint/internal/fault"
)

// ProxyFault says that err happened on the way to the proxy or was its doing, not the server's.
func ProxyFault(proxy *url.URL, err error) *fault.Error {
	if failed, ok := fault.Find(err); ok && failed.Row().Stage == fault.StageProxy {
		return failed
	}
	name := ProxyName(proxy)
	var socks *net.OpError
	if errors.As(err, &socks) && strings.HasPrefix(socks.Op, "socks") {
		return fault.Wrap(err, fault.NetworkProxy, "the proxy %s did not connect to %s (%.200s)", name, socks.Addr, socks.Err)
	}
	cause := Fault(proxy.Hostname(), err)
	if cause.ID == fault.NetworkReset {
		return fault.Wrap(err, fault.NetworkProxy, "the proxy %s closed the connection without answering", name)
	}
	return fault.Wrap(err, fault.NetworkProxyUnreachable, "the proxy %s cannot be reached: %s", name, cause.Detail)
}

// ProxyName names a proxy without its credentials.
func ProxyName(proxy *url.URL) string { return proxy.Scheme + "://" + proxy.Host }

// checkTunnel reads the proxy's answer to CONNECT.
func checkTunnel(proxy *url.URL, target string, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return ProxyRefusal("the proxy "+ProxyName(proxy), target, answer)
}

// ProxyRefusal is the failure behind a proxy's answer that is not a success: it would not connect us to
// target, or requires authentication. proxy is as in "the proxy http://proxy:3128".
func ProxyRefusal(proxy, target string, answer *http.Response) *fault.Error {
	if answer.StatusCode == http.StatusProxyAuthRequired {
		return fault.New(fault.NetworkProxyAuthentication,
			"%s requires %sauthentication (status 407)", proxy, schemes(answer))
	}
	detail := fmt.Sprintf("%s refused to connect to %s with status %d", proxy, target, answer.StatusCode)
	// Squid says why in a header.
	if why := answer.Header.Get("X-Squid-Error"); matches(`^ERR_[A-Z_]{1,40} [0-9]{1,5}$`, why) {
		detail += " (" + why + ")"
	}
	return fault.New(fault.NetworkProxy, "%s", detail)
}

// schemes are the kinds of authentication that a proxy accepts, as in "Negotiate or Basic ", for there
// may be none that we have.
func schemes(answer *http.Response) string {
	var names []string
	for _, challenge := range answer.Header.Values("Proxy-Authenticate") {
		if words := strings.FieldsFunc(challenge, func(r rune) bool { return r == ' ' || r == ',' }); len(words) > 0 {
			names = append(names, fmt.Sprintf("%.20s", words[0]))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return strings.Join(names, " or ") + " "
}
