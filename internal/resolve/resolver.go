// Package resolve finds the addresses of a name, in the hosts file and by asking name servers, in a
// way that a failure can say which server answered what.
package resolve

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/task"
	"localstack-entrypoint/internal/waiting"
)

// ErrNoSuchName is in the chain of a failure that asking again cannot change: every name server that
// answers denied the name.
var ErrNoSuchName = errors.New("no such name")

// Resolver resolves host names the way the container's own libc would, and remembers the answers for
// its lifetime. It is safe for concurrent use.
type Resolver struct {
	// Found, if set, is called after every successful lookup.
	Found func(Found)

	conf  *Config
	hosts string
	// hostsFlaw is why the hosts file was not read as a whole; "" when it was.
	hostsFlaw string

	// turn is taken by the one lookup that may ask and touch known. It is no mutex, because a lookup
	// must be able to give up waiting for it.
	turn  chan struct{}
	known map[string][]netip.Addr
}

// Found is what came of a lookup that went well.
type Found struct {
	Host      string
	Addresses []netip.Addr
	// From is who knew the addresses: a name server, or /etc/hosts.
	From string
	// Domain is the search domain that completed the name; "" when none had to.
	Domain string
	// Denied is what a name server says that comes earlier in resolv.conf and has denied the name: libc may
	// believe it. "" when there is none.
	Denied string
}

// New reads resolv.conf and the hosts file of an image. Missing or invalid files count as empty: then
// the name server is the local one, as for libc.
func New(root layout.Root) *Resolver {
	r := &Resolver{conf: readConf(root), turn: make(chan struct{}, 1), known: map[string][]netip.Addr{}}
	r.hosts, r.hostsFlaw = readHosts(root.HostsFile())
	return r
}

// Warnings are what is wrong with the hosts file: libc may find a name there that we do not.
func (r *Resolver) Warnings() []string {
	if r.hostsFlaw == "" {
		return nil
	}
	return []string{r.hostsFlaw}
}

// Flaws are what is wrong with the hosts file and resolv.conf, a phrase each.
func (r *Resolver) Flaws() []string { return slices.Concat(r.Warnings(), r.conf.ignored()) }

// Config is what resolv.conf says.
func (r *Resolver) Config() *Config { return r.conf }

// InHostsFile are the addresses that the hosts file gives to host.
func (r *Resolver) InHostsFile(host string) []netip.Addr { return addressesIn(r.hosts, host) }

// Lookup returns the addresses of host: itself when it is an address, else those of the hosts file, else
// those of the name servers, asked side by side. The error is a [fault.Error] of the rows about names; it
// says what each server answered.
func (r *Resolver) Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	name, normal := strings.ToLower(host), Normal(host)
	if addresses := r.InHostsFile(normal); len(addresses) > 0 {
		r.tell(Found{Host: normal, Addresses: addresses, From: "/etc/hosts"})
		return addresses, nil
	}
	if IsLocalhost(normal) {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	if _, ok := dns.IsDomainName(name); !ok || normal == "" {
		return nil, fault.Wrap(ErrNoSuchName, fault.NetworkDNSUnknownHost, "%.100q is not a host name", host).
			With(fault.Facts{Host: normal})
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, r.unresolved(ctx.Err(), normal, silence(r.conf.Servers))
	}
	if addresses := r.known[name]; len(addresses) > 0 {
		return addresses, nil
	}
	addresses, err := r.search(ctx, name)
	if err == nil {
		r.known[name] = addresses
	}
	return addresses, err
}

func (r *Resolver) tell(found Found) {
	if r.Found != nil {
		r.Found(found)
	}
}

// Normal is the form of a host's name in which names are compared.
func Normal(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }

// IsLocalhost reports whether a name stands for this machine wherever it is (RFC 6761).
func IsLocalhost(name string) bool { return InDomain(name, "localhost") }

// InDomain reports whether host is domain or a name below it.
func InDomain(host, domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }

// search asks for the name, then for the name in each search domain; for a name without a dot the other
// way round. The failure it returns is that of the name itself, or of the search domain where it ended.
func (r *Resolver) search(ctx context.Context, name string) ([]netip.Addr, error) {
	var said []Both
	denied, settled := true, false
	wait := denialWait
	for _, candidate := range r.conf.NameList(name) {
		if _, ok := dns.IsDomainName(candidate); !ok {
			continue // the search domain makes it too long, or is invalid
		}
		found, failed, waited := r.askServers(ctx, candidate, wait)
		if failed == nil {
			found.Host = Normal(name)
			found.Domain = strings.TrimSuffix(strings.TrimPrefix(candidate, dns.Fqdn(name)), ".")
			r.tell(found)
			return found.Addresses, nil
		}
		// The wait is one for the whole lookup: who was silent before will be so again.
		wait = max(wait-waited, secondFamily)
		if !settled {
			said, denied = failed, denied && isDenial(failed)
			settled = candidate == dns.Fqdn(name)
		}
		if !slices.ContainsFunc(failed, Both.denies) {
			break // who knows nothing of this name will know nothing of the next
		}
	}
	cause := ctx.Err()
	if denied {
		cause = ErrNoSuchName
	}
	return nil, r.unresolved(cause, Normal(name), said)
}

// isDenial reports whether a server denies the name, and none that answers says anything else. libc believes
// the first denial; a server that is not reached may never be.
func isDenial(said []Both) bool {
	contradicts := func(b Both) bool { return !b.denies() && b.isReached() }
	return slices.ContainsFunc(said, Both.denies) && !slices.ContainsFunc(said, contradicts)
}

// askServers asks every server for name and takes the first answer with an address; without one it returns
// what each server said. After the first denial it waits only so long for another answer; waited is how long
// it did.
func (r *Resolver) askServers(
	ctx context.Context, name string, wait time.Duration,
) (found Found, said []Both, waited time.Duration) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	denials := make(chan time.Time, 1)
	denied := func() {
		select {
		case denials <- time.Now():
			time.AfterFunc(wait, cancel)
		default: // not the first
		}
	}
	said = silence(r.conf.Servers)
	winner, errs := task.Race(ctx, len(said), 0, func(ctx context.Context, i int) (int, error) {
		said[i] = r.conf.askBoth(ctx, r.conf.Servers[i], name, denied)
		if len(said[i].Usable()) > 0 {
			return i, nil
		}
		return 0, said[i].Status()
	})
	if errs != nil {
		select {
		case first := <-denials:
			waited = time.Since(first)
		default:
		}
		return Found{}, said, waited
	}
	found = Found{Addresses: said[winner].Usable(), From: said[winner].Server()}
	if before := slices.IndexFunc(said[:winner], Both.denies); before >= 0 {
		found.Denied = string(said[before].Status()) + " from " + said[before].Server()
	}
	return found, nil, 0
}

// denialWait is how long a denial waits to be contradicted: longer than it takes to send a question again
// that was lost. libc does not wait; but where one server filters a name, the next may know it.
const denialWait = resend + resend/2

// secondFamily is how long IPv4 addresses wait for IPv6 ones (RFC 8305's resolution delay). The other
// way round it is denialWait: few containers have a way out over IPv6.
const secondFamily = 50 * time.Millisecond

// askBoth asks one server for both address families at once. It calls denied at the first denial.
func (c *Config) askBoth(ctx context.Context, server, name string, denied func()) (both Both) {
	patience := min(time.Duration(c.Timeout*c.Attempts)*time.Second, maxPatience)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer waiting.For(ctx, func() string {
		return "the name server " + shortServer(server) + " to resolve " + Normal(name)
	})()
	var asked task.Group
	ask := func(kind uint16, answer *Answer, wait time.Duration) {
		asked.Go(ctx, func() {
			question := new(dns.Msg).SetQuestion(name, kind)
			if c.extended {
				question.SetEdns0(payload, false)
			}
			*answer = asker{attempts: c.Attempts, overTCP: c.OverTCP, partial: true}.ask(ctx, server, question)
			switch status := answer.Status(); {
			case status == statusFound:
				time.AfterFunc(wait, cancel)
			case status == statusEmpty && kind == dns.TypeAAAA: // most names have no IPv6 address
			case status.Denies():
				denied()
			}
		})
	}
	ask(dns.TypeAAAA, &both.Six, denialWait)
	ask(dns.TypeA, &both.Four, secondFamily)
	asked.Wait()
	return both
}
