package resolve

import (
	"testing"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/testkit"
)

func TestSingleLabelIsLookedForInTheSearchDomainsFirst(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{"licenses.b.test": {IP: []string{"127.0.0.1"}}})
	r := resolverWith(t, "search a.test b.test c.test", server)
	expect(t, r, "licenses", "127.0.0.1")
	for name, want := range map[string]bool{"licenses.a.test": true, "licenses.b.test": true, "licenses.c.test": false,
		"licenses": false} {
		if got := server.Count(testkit.DNSQuery{Name: name, Type: "A"}) > 0; got != want {
			t.Errorf("asked for %s: %t, want %t", name, got, want)
		}
	}
}

func TestSingleLabelIsFoundWithoutItsSearchDomain(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{"licenses": {IP: []string{"127.0.0.1"}}})
	expect(t, resolverWith(t, "search a.test", server), "licenses", "127.0.0.1")
}

func TestNameWithADotIsAskedAsItIsWhateverNdotsSays(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, here())
	r := resolverWith(t, "search default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5", server)
	expect(t, r, host, "127.0.0.1")
	if all, own := server.Count(testkit.DNSQuery{}), server.Count(testkit.DNSQuery{Name: host}); all != own {
		t.Errorf("asked %v", server.Queries())
	}
}

func TestDeniedNameWithADotIsLookedForInTheSearchDomains(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{"licenses.dev.corp.test": {IP: []string{"127.0.0.1"}}})
	expect(t, resolverWith(t, "search corp.test", server), "licenses.dev", "127.0.0.1")
}

func TestSearchDomainsThatAreNoneAreLeftOut(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{"licenses.corp.test": {IP: []string{"127.0.0.1"}}})
	r := resolverWith(t, "search . .. a..b .corp.test.", server)
	expect(t, r, "licenses", "127.0.0.1")
	expectFailure(t, resolverWith(t, "search .", server), "absent", from("NXDOMAIN", server), true)
}

func TestFailureIsThatOfTheNameItself(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{host + ".corp.test": {Rcode: dns.RcodeRefused}})
	expectFailure(t, resolverWith(t, "search corp.test", server), host, from("NXDOMAIN", server), true)
}

func TestFailingSearchDomainIsNoDenial(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{"licenses.corp.test": {Rcode: dns.RcodeServerFailure}})
	expectFailure(t, resolverWith(t, "search corp.test", server), "licenses", from("SERVFAIL", server), false)
	if server.Count(testkit.DNSQuery{Name: "licenses"}) > 0 {
		t.Error("a server that fails was asked for the next name")
	}
}

func TestDenialIsFinalOnlyWhenNoSearchDomainFailed(t *testing.T) {
	t.Parallel()
	denying := testkit.DNS(t, testkit.Zone{})
	failingOnce := testkit.DNS(t, testkit.Zone{"licenses.corp.test": {Rcode: dns.RcodeServerFailure}})
	r := resolverWith(t, "search corp.test", denying, failingOnce)
	expectFailure(t, r, "licenses", from("NXDOMAIN", denying)+"; "+from("NXDOMAIN", failingOnce), false)
}
