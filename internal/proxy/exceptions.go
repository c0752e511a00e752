package proxy

import (
	"encoding/binary"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Exceptions are the hosts to reach without a proxy: NO_PROXY.
type Exceptions struct {
	List string
	// Variable is the name of the environment variable that holds the list.
	Variable string
}

// Decode takes any text.
func (e *Exceptions) Decode(value string) error {
	e.List = value
	return nil
}

// Match returns the entry that excepts target, a URL whose host is in ASCII, and whether there is one. An
// entry counts when requests' should_bypass_proxies or urllib's proxy_bypass_environment, which it calls,
// takes it: a name with or without a leading dot is that host and all below it; whatever a name ends with counts,
// up to requests 2.34.1, which LocalStack's images have; a port must be in the URL, too; only "*" alone is every
// host; a network (CIDR) is one of IPv4, and for hosts that are an address.
func (e Exceptions) Match(target *url.URL) (entry string, matches bool) {
	host := strings.ToLower(target.Hostname())
	withPort := host
	if port, err := strconv.Atoi(target.Port()); err == nil && port > 0 {
		withPort += ":" + strconv.Itoa(port)
	}
	if e.List == "*" {
		return "*", true
	}
	for entry := range strings.SplitSeq(e.List, ",") {
		if matchesRequests(host, withPort, strings.ReplaceAll(entry, " ", "")) ||
			matchesURLlib(host, strings.TrimSpace(entry)) {
			return strings.TrimSpace(entry), true
		}
	}
	return "", false
}

// matchesRequests is requests.utils.should_bypass_proxies for an entry.
func matchesRequests(host, withPort, entry string) bool {
	if entry == "" {
		return false
	}
	if address, numeric := parseIPv4(host); numeric {
		network, bits, isNetwork := parseNetwork(entry)
		return isNetwork && network>>(32-bits) == address>>(32-bits) || !isNetwork && entry == host
	}
	return strings.HasSuffix(host, entry) || strings.HasSuffix(withPort, entry)
}

// matchesURLlib is urllib.request.proxy_bypass_environment for an entry. requests hands it the host alone; of
// an IPv6 address, it takes the last group for a port.
func matchesURLlib(host, entry string) bool {
	if entry == "" {
		return false
	}
	only := host
	if before, port, found := cutLast(host, ":"); found && strings.Trim(port, "0123456789") == "" {
		only = before
	}
	entry = strings.ToLower(strings.TrimLeft(entry, "."))
	return entry == host || entry == only || strings.HasSuffix(host, "."+entry) || strings.HasSuffix(only, "."+entry)
}

// parseNetwork reads a network of IPv4 (requests.utils.is_valid_cidr).
func parseNetwork(entry string) (network uint32, bits int, ok bool) {
	address, mask, found := strings.Cut(entry, "/")
	bits, err := strconv.Atoi(mask)
	network, isAddress := parseIPv4(address)
	return network, bits, found && err == nil && bits >= 1 && bits <= 32 && isAddress
}

// parseIPv4 reads an address as inet_aton(3) does: one to four numbers, decimal, octal or hexadecimal, the
// last of which fills what is left.
func parseIPv4(text string) (address uint32, ok bool) {
	if parsed, err := netip.ParseAddr(text); err == nil && parsed.Is4() {
		four := parsed.As4()
		return binary.BigEndian.Uint32(four[:]), true
	}
	parts := strings.Split(text, ".")
	if len(parts) > 4 {
		return 0, false
	}
	for i, part := range parts {
		left := 8
		if i == len(parts)-1 {
			left = 8 * (4 - i)
		}
		if strings.Trim(part, "0123456789abcdefABCDEFxX") != "" {
			return 0, false
		}
		number, err := strconv.ParseUint(octal(part), 0, left)
		if err != nil {
			return 0, false
		}
		address |= uint32(number) << (8*(4-i) - left)
	}
	return address, true
}

// octal is a number as C writes it, so that strconv does not take "0b1" for a number.
func octal(part string) string {
	if len(part) > 1 && part[0] == '0' && (part[1] == 'b' || part[1] == 'B') {
		return "none"
	}
	return part
}

// IsLocal reports whether target is this machine, which no proxy elsewhere can reach. LocalStack excepts
// localhost, 127.0.0.1 and localhost.localstack.cloud from every proxy, and requests all of what they end.
func IsLocal(target *url.URL) bool {
	host := strings.TrimSuffix(strings.ToLower(target.Hostname()), ".")
	if address, err := netip.ParseAddr(host); err == nil {
		return address.IsLoopback()
	}
	for _, name := range []string{"localhost", "localhost.localstack.cloud"} {
		if host == name || strings.HasSuffix(host, "."+name) {
			return true
		}
	}
	return false
}
