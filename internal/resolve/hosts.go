package resolve

import (
	"net/netip"
	"slices"
	"strings"
)

// addressesIn finds the addresses that the hosts file gives to name.
func addressesIn(hosts, name string) (addresses []netip.Addr) {
	isName := func(alias string) bool { return strings.EqualFold(strings.TrimSuffix(alias, "."), name) }
	for line := range strings.Lines(hosts) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 || !slices.ContainsFunc(fields[1:], isName) {
			continue
		}
		if address, err := netip.ParseAddr(fields[0]); err == nil {
			addresses = append(addresses, address.Unmap())
		}
	}
	return addresses
}
