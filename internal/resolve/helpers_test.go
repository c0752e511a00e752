package resolve

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/testkit"
)

const (
	// host is the name that the tests ask for.
	host = "api.localstack.test"
	// public is a name that every name server of the internet knows.
	public = "api.localstack.cloud"
	// sendOnce keeps a loaded machine from sending a question again.
	sendOnce = "options timeout:10 attempts:1"
)

func TestMain(m *testing.M) { testkit.RunSideBySide(m) }

// here is a zone that knows host at one address.
func here() testkit.Zone { return testkit.Zone{host: {IP: []string{"127.0.0.1"}}} }

// failing is a server that answers everything with one code.
func failing(code int) testkit.Zone { return testkit.Zone{"*": {Rcode: code}} }

// resolverOf reads a resolv.conf that names the servers.
func resolverOf(t *testing.T, servers ...*testkit.DNSServer) *Resolver {
	t.Helper()
	return New(layout.Root(testkit.Root(t, servers...)))
}

// resolverWith is resolverOf with more lines.
func resolverWith(t *testing.T, lines string, servers ...*testkit.DNSServer) *Resolver {
	t.Helper()
	root := t.TempDir()
	var addresses []string
	for _, server := range servers {
		addresses = append(addresses, server.Addr())
	}
	testkit.Put(t, root, "etc/resolv.conf", testkit.ResolvConf(addresses...)+lines+"\n")
	return New(layout.Root(root))
}

// expect looks name up and compares the addresses, in any order.
func expect(t *testing.T, r *Resolver, name string, want ...string) {
	t.Helper()
	addresses, err := r.Lookup(t.Context(), name)
	if err != nil {
		t.Fatalf("Lookup(%q): %v", name, err)
	}
	if got := sorted(addresses); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Fatalf("Lookup(%q) = %q, want %q", name, got, want)
	}
}

func sorted(addresses []netip.Addr) []string {
	var texts []string
	for _, address := range addresses {
		texts = append(texts, address.String())
	}
	slices.Sort(texts)
	return texts
}

// expectFailure looks name up and compares the statuses in the sentence; final
// reports whether asking again cannot help.
func expectFailure(t *testing.T, r *Resolver, name, statuses string, final bool) {
	t.Helper()
	addresses, err := r.Lookup(t.Context(), name)
	if err == nil {
		t.Fatalf("Lookup(%q) = %v, want a failure", name, addresses)
	}
	failed, _ := fault.Find(err)
	want := fmt.Sprintf("the name %s does not resolve (status: %s)", name, statuses)
	if failed == nil || failed.Detail != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if got := errors.Is(err, ErrNoSuchName); got != final {
		t.Errorf("ErrNoSuchName: %t, want %t", got, final)
	}
}

// from is "status from the server's address" of a sentence.
func from(status string, server *testkit.DNSServer) string { return status + " from " + server.Addr() }

// after holds questions back until n events have happened.
func after(n int, events <-chan struct{}, handler dns.Handler) dns.Handler {
	var once sync.Once
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		once.Do(func() {
			for range n {
				<-events
			}
		})
		handler.ServeDNS(w, question)
	})
}

// byFamily answers questions for IPv4 and IPv6 addresses in different ways.
func byFamily(four, six dns.Handler) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		if question.Question[0].Qtype == dns.TypeA {
			four.ServeDNS(w, question)
		} else {
			six.ServeDNS(w, question)
		}
	})
}
