package resolve

import (
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/testkit"
)

func TestQuestionsInTheWordsOfDig(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	testkit.Put(t, root, "etc/resolv.conf", "nameserver 10.0.0.2\nnameserver 10.0.0.3\n")
	testkit.Put(t, root, "etc/hosts", "10.0.0.9 ns.test\n")
	both := []string{"10.0.0.2:53", "10.0.0.3:53"}
	for words, want := range map[string]Query{
		"":                         {public, dns.TypeA, both, false, false},
		"a.test":                   {"a.test", dns.TypeA, both, false, false},
		"aaaa":                     {public, dns.TypeAAAA, both, false, false},
		"TXT a.test +tcp":          {"a.test", dns.TypeTXT, both, true, false},
		"a.test MX +vc":            {"a.test", dns.TypeMX, both, true, false},
		"@10.0.0.5 a.test":         {"a.test", dns.TypeA, []string{"10.0.0.5:53"}, false, false},
		"@10.0.0.5 -p 5353 a.test": {"a.test", dns.TypeA, []string{"10.0.0.5:5353"}, false, false},
		"-p 5353 a.test":           {"a.test", dns.TypeA, []string{"10.0.0.2:5353", "10.0.0.3:5353"}, false, false},
		"a.test @10.0.0.5:5353":    {"a.test", dns.TypeA, []string{"10.0.0.5:5353"}, false, false},
		"@::1":                     {public, dns.TypeA, []string{"[::1]:53"}, false, false},
		"@[::1]:5353":              {public, dns.TypeA, []string{"[::1]:5353"}, false, false},
		"@ns.test -p 54 NS .":      {".", dns.TypeNS, []string{"10.0.0.9:54"}, false, false},
		"@ns.test:55":              {public, dns.TypeA, []string{"10.0.0.9:55"}, false, false},
		"@localhost type65.test":   {"type65.test", dns.TypeA, []string{"127.0.0.1:53"}, false, false},
		"+short a.test":            {"a.test", dns.TypeA, both, false, true},
		"@fe80::1%eth0":            {public, dns.TypeA, []string{"[fe80::1%eth0]:53"}, false, false},
	} {
		got, err := New(layout.Root(root)).ParseQuery(t.Context(), strings.Fields(words), public)
		if err != nil || got.Name != want.Name || got.Kind != want.Kind || got.OverTCP != want.OverTCP ||
			got.Short != want.Short || !slices.Equal(got.Servers, want.Servers) {
			t.Errorf("%q: %+v, %v", words, got, err)
		}
	}
}

func TestInvalidQueries(t *testing.T) {
	t.Parallel()
	names := testkit.DNS(t, testkit.Zone{})
	resolver := resolverOf(t, names)
	for words, want := range map[string]string{
		"a.test b.test":         `more than one name: "b.test"`,
		"+trace a.test":         `unknown option "+trace"`,
		"-x 10.0.0.1":           `unknown option "-x"`,
		"-p":                    `unknown option "-p"`,
		"@10.0.0.5 -p 0":        `"0" is not a port`,
		"-p 70000":              `"70000" is not a port`,
		"@10.0.0.5:dns":         `"dns" is not a port`,
		"a..test":               `"a..test" is not a name`,
		strings.Repeat("a", 64): `"` + strings.Repeat("a", 64) + `" is not a name`,
		"@absent.test": `cannot resolve the server "absent.test": ` +
			`network.dns: the name absent.test does not resolve (status: ` + from("NXDOMAIN", names) + ")",
		"+" + strings.Repeat("x\x1b", 500): `unknown option "+` + strings.Repeat(`x\x1b`, 19) + `x"`,
	} {
		if _, err := resolver.ParseQuery(t.Context(), strings.Fields(words), public); err == nil || err.Error() != want {
			t.Errorf("%.50q: %v, want %s", words, err, want)
		}
	}
}
