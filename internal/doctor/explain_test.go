package doctor

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"localstack-entrypoint/internal/fault"
)

// read is checks from a text such as "names ?network.dns.filtered, tls ✓": ✗ failed, ! warned, ? is a suspect.
func read(text string) (checks []fault.Check) {
	for one := range strings.SplitSeq(text, ", ") {
		name, seen, isOne := strings.Cut(one, " ")
		if !isOne {
			continue
		}
		mark, size := utf8.DecodeRuneInString(seen)
		id := fault.ID(seen[size:])
		finding := fault.New(id, "found %s", id).With(fault.Facts{Host: "found.test"})
		switch mark {
		case '✗':
			checks = append(checks, fault.Fail(name, finding))
		case '!':
			checks = append(checks, fault.Warn(name, finding))
		case '?':
			checks = append(checks, fault.Suspect(name, finding))
		default:
			checks = append(checks, fault.Pass(name, "good"))
		}
	}
	return checks
}

func TestFindingsThatExplainAFailure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, failed, checks, want string }{
		{"nothing is found", "network.timeout", "", "network.timeout"},
		{"no server to ask", "network.dns", "names ✗network.dns.no_server", "network.dns.no_server"},
		{"a filter denies the name", "network.dns", "names ✗network.dns.filtered", "network.dns.filtered"},
		{
			"a filter's address is silent",
			"network.timeout", "names ?network.dns.filtered, connection ✗network.timeout", "network.dns.filtered",
		},
		{
			"a filter's address shows its page",
			"network.certificate.untrusted",
			"names ?network.dns.filtered, tls ✗network.certificate.intercepted",
			"network.dns.filtered",
		},
		{"a captured name", "network.refused", "names ?network.dns.captured", "network.dns.captured"},
		{
			"an entry of the hosts file",
			"network.not_a_license_server", "names ?network.dns.hosts_file", "network.dns.hosts_file",
		},
		{
			"a strange address is genuine",
			"network.server_error", "names ?network.dns.hosts_file, tls ✓", "network.server_error",
		},
		{
			"genuine, and something else",
			"network.not_a_license_server",
			"names ?network.dns.hosts_file, tls ✓, server ✗network.block_page",
			"network.block_page",
		},
		{
			"a search domain led us astray",
			"network.certificate.name",
			"names ✗network.dns.search_domain, tls ✗network.certificate.name",
			"network.dns.search_domain",
		},
		{
			"a search domain, but to the server",
			"network.server_error", "names ✗network.dns.search_domain, tls ✓", "network.server_error",
		},
		{"a search domain for others", "network.timeout", "names !network.dns.search_domain", "network.timeout"},
		{"servers that disagree explain none", "network.timeout", "names ?network.dns.servers_disagree", "network.timeout"},
		{"a family without a way", "network.unreachable", "connection ✗network.address_family", "network.address_family"},
		{"the other family works", "network.timeout", "connection !network.address_family", "network.timeout"},
		{"later than the failure", "network.dns", "connection ✗network.address_family", "network.dns"},
		{
			"an entry of NO_PROXY, no name",
			"network.dns", "names ✗network.dns, proxy ✗network.proxy.bypassed", "network.proxy.bypassed",
		},
		{"an entry of NO_PROXY, no way", "network.timeout", "proxy ✗network.proxy.bypassed", "network.proxy.bypassed"},
		{"a password for the proxy", "network.proxy", "proxy ✗network.proxy.authentication", "network.proxy.authentication"},
		{
			"an intercepted connection",
			"network.certificate.untrusted", "tls ✗network.certificate.intercepted", "network.certificate.intercepted",
		},
		{
			"old authorities",
			"network.certificate.untrusted", "tls ✗network.certificate.old_authorities", "network.certificate.old_authorities",
		},
		{"a wrong clock", "network.certificate.expired", "tls ✗clock.skew", "clock.skew"},
		{"a wrong clock that does not matter", "network.server_error", "clock !clock.skew", "network.server_error"},
		{"an old protocol", "network.tls", "tls ✗network.tls.version", "network.tls.version"},
		{
			"strictness is not the start's",
			"network.certificate.untrusted", "tls !network.certificate.strict", "network.certificate.untrusted",
		},
		{"a block page", "network.not_a_license_server", "tls ✓, server ✗network.block_page", "network.block_page"},
		{
			"a captive portal",
			"network.not_a_license_server", "tls ✓, server ✗network.captive_portal", "network.captive_portal",
		},
		{
			"a block page after an untrusted one",
			"network.certificate.untrusted", "server ✗network.block_page", "network.certificate.untrusted",
		},
		{
			"the server's error, with its request",
			"network.server_error", "tls ✓, server ✗network.server_error", "network.server_error",
		},
		{
			"an error for us, not for the start",
			"network.rate_limited", "tls ✓, server ✗network.server_error", "network.rate_limited",
		},
		{
			"the first cause is the cause",
			"network.not_a_license_server",
			"tls ✗network.certificate.intercepted, server ✗network.block_page",
			"network.certificate.intercepted",
		},
		{"a verdict is never explained away", "license.expired", "names ✗network.dns.filtered", "license.expired"},
	} {
		met := fault.New(fault.ID(c.failed), "was %s", c.failed).With(fault.Facts{
			Host: "asked.test", Server: "https://asked.test/v1",
			Cause: errors.ErrUnsupported, Stored: fault.New(fault.StoredStale, "old"),
		})
		checks := read(c.checks)
		got := Explain(met, checks)
		if string(got.ID) != c.want {
			t.Errorf("%s: %s, want %s", c.name, got.ID, c.want)
		}
		if len(got.Checks) != len(checks) || got.Stored != met.Stored || got.Server != met.Server ||
			!errors.Is(got, errors.ErrUnsupported) {
			t.Errorf("%s: %+v has lost something", c.name, got)
		}
		if string(met.ID) != c.failed || met.Checks != nil || met.Host != "asked.test" {
			t.Errorf("%s: the failure itself was changed: %+v", c.name, met)
		}
	}
}

func TestExplanationKeepsWhatBothHaveSeen(t *testing.T) {
	t.Parallel()
	met := fault.New(fault.NetworkTimeout, "no answer").With(fault.Facts{Host: "asked.test", Waited: 5 * time.Second})
	page := fault.New(fault.NetworkWrongServer, "a page").With(fault.Facts{Remarks: []string{`title "It works!"`}})
	noIPv6 := fault.New(fault.NetworkAddressFamily, "no IPv6")
	failing := fault.New(fault.NetworkServerError, "status 503")
	ours, theirs := failing.With(fault.Facts{RequestID: "ours"}), failing.With(fault.Facts{RequestID: "theirs"})
	for _, c := range []struct {
		failed *fault.Error
		checks []fault.Check
		seen   string
		host   string
	}{
		{met, read("names ?network.dns.filtered"), "found network.dns.filtered; no answer (waited 5s)", "found.test"},
		{met, read("connection ✗network.address_family"), "found network.address_family (waited 5s)", "found.test"},
		{met, []fault.Check{fault.Fail("connection", noIPv6)}, "no IPv6 (waited 5s)", "asked.test"},
		{fault.New(fault.NetworkWrongServer, "it answered with a page"), []fault.Check{fault.Fail("server", page)},
			`it answered with a page; title "It works!"`, ""},
		{ours, []fault.Check{fault.Fail("server", theirs)}, "status 503, request ours", ""},
	} {
		if got := Explain(c.failed, c.checks); got.Seen() != c.seen || got.Host != c.host {
			t.Errorf("%s of %q, want %s of %q", got.Seen(), got.Host, c.seen, c.host)
		}
	}
}
