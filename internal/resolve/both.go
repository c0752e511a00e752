package resolve

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/task"
)

// denialWait is how long a denial waits to be contradicted. libc does not wait; but where one server
// filters a name, the next may know it.
const denialWait = 2 * time.Second

// secondFamily is how long IPv4 addresses wait for IPv6 ones (RFC 8305's resolution delay). The other
// way round it is denialWait: few containers have a way out over IPv6.
const secondFamily = 50 * time.Millisecond

// Both are a server's answers for the two address families.
type Both struct{ Four, Six Answer }

// silence is what servers say that have not answered.
func silence(servers []string) (said []Both) {
	for _, server := range servers {
		said = append(said, Both{Four: Answer{Server: server}})
	}
	return said
}

// askBoth asks one server for both address families at once.
func (c *Config) askBoth(ctx context.Context, server, name string) (both Both) {
	patience := min(time.Duration(c.Timeout*c.Attempts)*time.Second, maxPatience)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var asked task.Group
	ask := func(kind uint16, answer *Answer, wait time.Duration) {
		asked.Go(ctx, func() {
			question := new(dns.Msg).SetQuestion(name, kind)
			if c.extended {
				question.SetEdns0(payload, false)
			}
			*answer = asker{c.Attempts, c.OverTCP, true}.ask(ctx, server, question)
			switch status := answer.Status(); {
			case status == statusFound:
				time.AfterFunc(wait, cancel)
			case status.Denies():
				time.AfterFunc(denialWait, cancel)
			}
		})
	}
	ask(dns.TypeAAAA, &both.Six, denialWait)
	ask(dns.TypeA, &both.Four, secondFamily)
	asked.Wait()
	return both
}

// Addresses are those that the server gives to the host, blocking ones included.
func (b Both) Addresses() []netip.Addr { return slices.Concat(b.Four.Addresses(), b.Six.Addresses()) }

// Usable are the addresses that can be connected to.
func (b Both) Usable() []netip.Addr {
	return slices.DeleteFunc(b.Addresses(), netip.Addr.IsUnspecified)
}

// Server is the server's address, without the port that all have.
func (b Both) Server() string { return shortServer(b.Four.Server) }

// Status is why the server gave no address: what it says of IPv4, unless that is only that the name
// has none.
func (b Both) Status() Status {
	if status := b.Four.Status(); status != statusEmpty {
		return status
	}
	return b.Six.Status()
}
