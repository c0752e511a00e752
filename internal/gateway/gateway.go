// Package gateway knows where the emulator's gateway listens: the addresses of
// GATEWAY_LISTEN, for the emulator that opens them and for the health check
// that asks there.
package gateway

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// anyIPv4 and anyIPv6 stand for all addresses of the family, loopback for those that only this machine reaches.
const (
	anyIPv4  = "0.0.0.0"
	anyIPv6  = "::"
	loopback = "127.0.0.1"
)

// The ports of LocalStack's gateway: its own, and that of addresses without one.
const defaultPort, httpsPort = 4566, 443

// Address is one place to listen on.
type Address struct {
	Host string // IP address without brackets, or a name; "" = the default
	Port uint16 // 0 = any free port
	// Optional is true for a default that a container may be unable to open.
	Optional bool
}

func (a Address) String() string {
	return net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port)))
}

// Local is where a program on the same machine reaches the address: the
// loopback address for one that stands for all.
func (a Address) Local() Address {
	a.Host = cmp.Or(map[string]string{anyIPv4: loopback, anyIPv6: "::1"}[a.Host], a.Host)
	return a
}

// Listen is the list of addresses as a user names it; empty means the default.
type Listen []Address

// UnmarshalText reads a comma list of [host]:port. A bare port and a bare host
// are fine too.
func (l *Listen) UnmarshalText(text []byte) error {
	if bytes.ContainsRune(text, '@') { // it may be a URL with a password
		return errors.New("contains an @, which no address has; " + usage)
	}
	var all Listen
	for entry := range strings.SplitSeq(string(text), ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		address, err := parseAddress(entry)
		if err != nil {
			return fmt.Errorf("%.100q %w; %s", entry, err, usage)
		}
		all = append(all, address)
	}
	*l = all
	return nil
}

const usage = "use [host]:port, for example 0.0.0.0:4566 or [::]:4566"

// In returns the addresses on which the gateway listens, in a container or outside. In a container these are all
// addresses of the family of each host, as in LocalStack: a published port does not lead to the container's loopback
// address. Outside, they are those of the hosts, and the default is the loopback address. The list is never empty.
func (l Listen) In(container bool) Listen {
	switch {
	case len(l) == 0 && container:
		return Listen{{Host: anyIPv4, Port: defaultPort}, {Host: anyIPv4, Port: httpsPort, Optional: true}}
	case len(l) == 0:
		return Listen{{Host: loopback, Port: defaultPort}}
	}
	effective := make(Listen, len(l))
	for i, a := range l {
		switch ip, _ := netip.ParseAddr(a.Host); {
		case container && ip.Is6():
			a.Host = anyIPv6
		case container:
			a.Host = anyIPv4
		default:
			a.Host = cmp.Or(a.Host, loopback)
		}
		effective[i] = a
	}
	return effective
}

// Probe is where a health check asks: the first address whose port is known. The error says that there is none.
func (l Listen) Probe() (Address, error) {
	for _, a := range l {
		if a.Port != 0 {
			return a.Local(), nil
		}
	}
	return Address{}, errors.New("port 0 is any free port, which only the emulator's log names")
}

// parseAddress reads [host]:port.
func parseAddress(entry string) (Address, error) {
	if port, err := parsePort(entry); err == nil {
		return Address{Port: port}, nil
	}
	if strings.HasSuffix(entry, "]") || !strings.Contains(entry, ":") {
		entry += ":" + strconv.Itoa(defaultPort)
	}
	host, portText, err := net.SplitHostPort(entry)
	if err != nil {
		return Address{}, errors.New("is not an address") // the cause speaks of Go's notation
	}
	port, err := parsePort(portText)
	if err != nil {
		return Address{}, err
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return Address{Host: ip.Unmap().String(), Port: port}, nil
	}
	if host != "" && !isHostName(host) {
		return Address{}, errors.New("has no valid host")
	}
	return Address{Host: strings.ToLower(host), Port: port}, nil
}

func parsePort(text string) (uint16, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, errors.New("has no port between 0 and 65535")
	}
	return uint16(port), nil
}

// isHostName leaves out what is meant as an IP address or a port but is none.
func isHostName(host string) bool {
	const digits, others = "0123456789.", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
	return strings.Trim(host, digits+others) == "" && strings.Trim(host, digits) != "" && len(host) <= 253
}
