package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Endpoint is the base URL of the licensing API, without a final slash.
type Endpoint struct{ *url.URL }

// Decode reads an http or https URL without credentials, query and fragment.
func (e *Endpoint) Decode(value string) error {
	value = strings.TrimRight(strings.TrimSpace(value), "/")
	parsed, err := url.Parse(value)
	if err != nil || parsed.Scheme == "" || !hasAddress(parsed) {
		return errors.New("is not a URL; write it as https://api.localstack.cloud/v1")
	}
	switch {
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return fmt.Errorf("has the scheme %.20q; use https or http", parsed.Scheme)
	case parsed.User != nil:
		return errors.New("contains credentials; remove them, the Auth Token is enough")
	case strings.ContainsAny(value, "?#"):
		return errors.New("contains a query or fragment; remove it, a base URL ends with its path")
	}
	e.URL = parsed
	return nil
}

// Exposure is who can read what is sent to an endpoint.
type Exposure int

const (
	// Sealed means nobody: it is encrypted, or does not leave this machine.
	Sealed Exposure = iota
	// Inside means everybody in the same private network, such as that of a Compose project.
	Inside
	// Exposed means everybody on the way to the server.
	Exposed
)

// privateZones end the names of private networks: those of RFC 6761, 6762 and 8375, internal (ICANN, 2024), and those
// that container engines and clusters give, such as host.docker.internal and authority.default.svc.
var privateZones = []string{".localhost", ".local", ".home.arpa", ".internal", ".lan", ".svc", ".podman"}

// Exposure says who can read what is sent there, by the scheme and the form of the host: no name is resolved.
func (e Endpoint) Exposure() Exposure {
	host := strings.ToLower(strings.TrimSuffix(e.Hostname(), "."))
	address, err := netip.ParseAddr(host)
	address = address.Unmap()
	isAddress := err == nil
	hasZone := func(zone string) bool { return strings.HasSuffix(host, zone) }
	switch {
	case e.Scheme == "https", host == "localhost",
		isAddress && (address.IsLoopback() || address.IsUnspecified()):
		return Sealed
	case isAddress && (address.IsPrivate() || address.IsLinkLocalUnicast()),
		!isAddress && !strings.Contains(host, "."), // a service or container, or a host of the search domain
		slices.ContainsFunc(privateZones, hasZone):
		return Inside
	}
	return Exposed
}

// hasAddress reports whether u names a host, and a port that there can be.
func hasAddress(u *url.URL) bool {
	port, err := strconv.ParseUint(cmp.Or(u.Port(), "1"), 10, 16)
	return u.Hostname() != "" && err == nil && port > 0 && !strings.HasSuffix(u.Host, ":")
}
