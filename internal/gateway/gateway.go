// Package gateway knows where the emulator's gateway listens: the addresses of
// GATEWAY_LISTEN, for the emulator that opens them and for the health check
// that asks there.
package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// The image's default for a host or a port that GATEWAY_LISTEN leaves out.
const (
	defaultHost = "0.0.0.0"
	defaultPort = 4566
)

// Address is one place to listen on.
type Address struct {
	Host string // IP address without brackets, or a name
	Port uint16 // 0 = any free port
}

func (a Address) String() string {
	return net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port)))
}

// Local is where a program on the same machine reaches the address: the
// loopback address for one that stands for all.
func (a Address) Local() Address {
	loopback := map[string]string{"0.0.0.0": "127.0.0.1", "::": "::1"}
	a.Host = cmp.Or(loopback[a.Host], a.Host)
	return a
}

// Listen is a list of addresses, never empty once read.
type Listen []Address

// UnmarshalText reads a comma list of [host]:port. A bare port and a bare host
// are fine too, an empty list is the default.
func (l *Listen) UnmarshalText(text []byte) error {
	var all Listen
	for entry := range strings.SplitSeq(string(text), ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		address, err := parseAddress(entry)
		if err != nil {
			return fmt.Errorf("%q %w; use [host]:port, for example 0.0.0.0:4566 or [::]:4566", entry, err)
		}
		all = append(all, address)
	}
	if len(all) == 0 {
		all = Listen{{defaultHost, defaultPort}}
	}
	*l = all
	return nil
}

// parseAddress reads [host]:port, and takes the defaults for what is left out.
func parseAddress(entry string) (Address, error) {
	if port, err := parsePort(entry); err == nil {
		return Address{defaultHost, port}, nil
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
	host = cmp.Or(host, defaultHost)
	if ip, err := netip.ParseAddr(host); err == nil {
		return Address{ip.String(), port}, nil
	}
	if !isHostName(host) {
		return Address{}, errors.New("has no valid host")
	}
	return Address{strings.ToLower(host), port}, nil
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
