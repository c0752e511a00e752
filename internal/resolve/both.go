package resolve

import (
	"net/netip"
	"slices"
)

// Both are a server's answers for the two address families.
type Both struct{ Four, Six Answer }

// silence is what servers say that have not answered.
func silence(servers []string) (said []Both) {
	for _, server := range servers {
		said = append(said, Both{Four: Answer{Server: server}})
	}
	return said
}

// Addresses are those that the server gives to the host, blocking ones included.
func (b Both) Addresses() []netip.Addr { return slices.Concat(b.Four.Addresses(), b.Six.Addresses()) }

// Usable are the addresses that can be connected to.
func (b Both) Usable() []netip.Addr {
	return slices.DeleteFunc(b.Addresses(), netip.Addr.IsUnspecified)
}

// Server is the server's address, without the port that all have.
func (b Both) Server() string { return shortServer(b.Four.Server) }

// Status is why the server gave no address: what it says of IPv4, unless that is only that the name has
// none, or nothing at all where of IPv6 it says that there is no such name.
func (b Both) Status() Status {
	four, six := b.Four.Status(), b.Six.Status()
	if four == statusEmpty || !b.Four.isReached() && six == statusNone {
		return six
	}
	return four
}

// denies reports whether the server says that the name leads nowhere.
func (b Both) denies() bool { return b.Status().Denies() }

// isReached reports whether anything came from the server.
func (b Both) isReached() bool { return b.Four.isReached() || b.Six.isReached() }

// isReached reports whether anything came from the server, even if it is no answer.
func (a Answer) isReached() bool {
	status := StatusOf(a.Err, statusMalformed)
	return a.Reply != nil || a.CutShort || status == statusMalformed || status == statusClosed
}
