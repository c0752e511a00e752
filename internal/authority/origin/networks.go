package origin

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Networks are networks of proxies. It is the value of a command line's flag that may be repeated.
type Networks []netip.Prefix

// Set adds networks such as "10.0.0.0/8,fd00::/8", or single addresses.
func (n *Networks) Set(text string) error {
	var added Networks
	for part := range strings.SplitSeq(text, ",") {
		network, err := parseNetwork(strings.TrimSpace(part))
		if err != nil {
			return err
		}
		added = append(added, network)
	}
	*n = append(*n, added...)
	return nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil || network.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8 or fd00::/8", text)
	}
	if whole := network.Masked(); network != whole {
		return netip.Prefix{}, fmt.Errorf("%s is an address within a network: use %s for the network", text, whole)
	}
	return network, nil
}

// String returns what Set reads.
func (n *Networks) String() string {
	var text []string
	for _, network := range *n {
		text = append(text, network.String())
	}
	return strings.Join(text, ",")
}

// Type names the flag's type in the help.
func (*Networks) Type() string { return "CIDR" }

// Contain reports whether one of the networks has the address.
func (n Networks) Contain(address netip.Addr) bool {
	return slices.ContainsFunc(n, func(network netip.Prefix) bool { return network.Contains(address) })
}

// ParsePublic reads the URL under which clients see the server.
func ParsePublic(text string) (*url.URL, error) {
	public, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("it is no URL; use one such as https://licenses.example.org")
	case public.Scheme != "http" && public.Scheme != "https" || public.Hostname() == "" || public.Opaque != "":
		return nil, errors.New("use http:// or https:// and a host, such as https://licenses.example.org")
	case !isHost(public.Hostname()):
		return nil, errors.New("the host is no address and no name in ASCII letters, digits, dots and dashes")
	case public.User != nil || public.RawQuery != "" || public.ForceQuery || public.Fragment != "":
		return nil, errors.New("it must have no user, query or fragment")
	case strings.Trim(public.Path, "/") != "":
		return nil, errors.New("it must have no path: the server's paths begin at the root")
	case strings.HasSuffix(public.Host, ":"):
		return nil, errors.New("the port after the colon is missing")
	}
	public.Path = ""
	return public, nil
}

// isHost reports whether a host can be that of a link. Package url takes more.
func isHost(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Zone() == ""
	}
	return strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789.-_") == ""
}
