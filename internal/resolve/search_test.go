package resolve

import (
	"slices"
	"testing"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/testkit"
)

func TestSearchDomains(t *testing.T) {
	t.Parallel()
	known := testkit.DNSAnswer{IP: []string{"127.0.0.1"}}
	failing, refusing := testkit.DNSAnswer{Rcode: dns.RcodeServerFailure}, testkit.DNSAnswer{Rcode: dns.RcodeRefused}
	const cluster = "search default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5"
	for name, c := range map[string]struct {
		conf, host string
		zone       testkit.Zone
		asked      []string
		// status is why it is not found, final that asking again is in vain.
		status string
		final  bool
	}{
		"a name without a dot is looked for in them first": {conf: "search a.test b.test c.test", host: "licenses",
			zone: testkit.Zone{"licenses.b.test": known}, asked: []string{"licenses.a.test", "licenses.b.test"}},
		"then it is asked for as it is": {conf: "search a.test", host: "licenses",
			zone: testkit.Zone{"licenses": known}, asked: []string{"licenses.a.test", "licenses"}},
		"a name with a dot is asked for as it is, whatever ndots says": {conf: cluster, host: host,
			zone: here(), asked: []string{host}},
		"when it is denied, it is looked for in them": {conf: "search corp.test", host: "licenses.dev",
			zone: testkit.Zone{"licenses.dev.corp.test": known}, asked: []string{"licenses.dev", "licenses.dev.corp.test"}},
		"what is no domain is left out": {conf: "search . .. a..b .corp.test.", host: "licenses",
			zone: testkit.Zone{"licenses.corp.test": known}, asked: []string{"licenses.corp.test"}},
		"the root is none": {conf: "search .", host: "absent", asked: []string{"absent"}, status: "NXDOMAIN", final: true},
		"the failure is that of the name itself": {conf: "search corp.test", host: host,
			zone: testkit.Zone{host + ".corp.test": refusing}, asked: []string{host, host + ".corp.test"},
			status: "NXDOMAIN", final: true},
		"one that fails is no denial, and ends the search": {conf: "search corp.test", host: "licenses",
			zone: testkit.Zone{"licenses.corp.test": failing}, asked: []string{"licenses.corp.test"}, status: "SERVFAIL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testkit.DNS(t, c.zone)
			resolver := resolverWith(t, c.conf, server)
			if c.status == "" {
				expect(t, resolver, c.host, "127.0.0.1")
			} else {
				expectFailure(t, resolver, c.host, from(c.status, server), c.final)
			}
			var asked []string
			for _, query := range server.Queries() {
				if !slices.Contains(asked, query.Name) {
					asked = append(asked, query.Name)
				}
			}
			if !slices.Equal(asked, c.asked) {
				t.Errorf("asked for %q, want %q", asked, c.asked)
			}
		})
	}
}

func TestDenialIsFinalOnlyWhenNoSearchDomainFailed(t *testing.T) {
	t.Parallel()
	denying := testkit.DNS(t, testkit.Zone{})
	failingOnce := testkit.DNS(t, testkit.Zone{"licenses.corp.test": {Rcode: dns.RcodeServerFailure}})
	r := resolverWith(t, "search corp.test", denying, failingOnce)
	expectFailure(t, r, "licenses", from("NXDOMAIN", denying)+"; "+from("NXDOMAIN", failingOnce), false)
}
