package survey

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/testkit"
)

// told is what a server makes of a name: addresses, or a code with reasons.
type told struct {
	addresses []string
	code      int
	reasons   []dns.EDNS0_EDE
	silent    bool
	// cannot is a server that does not recurse, will not one that does not for this name.
	cannot, willNot bool
}

func gives(addresses ...string) told { return told{addresses: addresses} }
func codes(code int, reasons ...dns.EDNS0_EDE) told {
	return told{code: code, reasons: reasons}
}

var silent = told{silent: true}

// answer is what a server would say to a question.
func (o told) answer(server, name string, kind uint16) resolve.Answer {
	query := new(dns.Msg).SetQuestion(name+".", kind)
	answer := resolve.Answer{Server: server, Query: query}
	if o.silent {
		return answer
	}
	answer.Reply = new(dns.Msg).SetRcode(query, o.code)
	answer.Reply.RecursionAvailable = !o.cannot && (!o.willNot || kind == dns.TypeNS)
	answer.Reply.SetEdns0(1232, false)
	for _, reason := range o.reasons {
		answer.Reply.IsEdns0().Option = append(answer.Reply.IsEdns0().Option, &reason)
	}
	header := dns.RR_Header{Name: name + ".", Rrtype: kind, Class: dns.ClassINET, Ttl: 60}
	for _, text := range o.addresses {
		address := netip.MustParseAddr(text)
		switch {
		case kind == dns.TypeA && address.Is4():
			answer.Reply.Answer = append(answer.Reply.Answer, &dns.A{Hdr: header, A: address.AsSlice()})
		case kind == dns.TypeAAAA && address.Is6():
			answer.Reply.Answer = append(answer.Reply.Answer, &dns.AAAA{Hdr: header, AAAA: address.AsSlice()})
		}
	}
	return answer
}

// view describes Names.
type view struct {
	host                  string // public for ""
	hosts, captor, flaw   string
	first, second, docker *told // servers 10.0.0.53, 10.0.0.54, 127.0.0.11
	upstream, search      *told // 10.0.0.2, search domain corp.test
	dots                  int
}

func (v view) names() names {
	host := v.host
	if host == "" {
		host = public
	}
	conf := &resolve.Config{ClientConfig: &dns.ClientConfig{}, Flaw: v.flaw, Dots: max(v.dots, 1)}
	n := names{host: host, captor: v.captor, conf: conf}
	sourceOf := func(server string, o *told) []source {
		if o == nil {
			return nil
		}
		both := resolve.Both{Four: o.answer(server, host, dns.TypeA), Six: o.answer(server, host, dns.TypeAAAA)}
		return []source{{both, o.answer(server, "", dns.TypeNS)}}
	}
	n.servers = slices.Concat(sourceOf("127.0.0.11:53", v.docker), sourceOf("10.0.0.53:53", v.first),
		sourceOf("10.0.0.54:53", v.second))
	n.upstream = sourceOf("10.0.0.2:53", v.upstream)
	if v.search != nil {
		n.searched = []source{{Both: resolve.Both{Four: v.search.answer("10.0.0.53:53", host+".corp.test", dns.TypeA)}}}
	}
	if v.hosts != "" {
		n.hosts = []netip.Addr{netip.MustParseAddr(v.hosts)}
	}
	return n
}

func of(o told) *told { return &o }

func TestWhatIsWrongWithTheNames(t *testing.T) {
	t.Parallel()
	none, denied, failed := of(gives()), of(codes(dns.RcodeNameError)), of(codes(dns.RcodeServerFailure))
	good := of(gives("54.1.2.3", "2600::1"))
	blocked := of(codes(dns.RcodeNameError, dns.EDNS0_EDE{InfoCode: dns.ExtendedErrorCodeBlocked, ExtraText: "by policy"}))
	for _, c := range []struct {
		view   view
		id     fault.ID
		detail string
	}{
		{view{first: denied, flaw: "/etc/resolv.conf has no name server"}, fault.NetworkDNSNoServer,
			"there is no name server to resolve <host> (/etc/resolv.conf has no name server)"},
		{view{hosts: "10.1.2.3", first: blocked}, fault.NetworkDNSHosts, "/etc/hosts gives <host> the address 10.1.2.3"},
		{view{captor: "localstack.cloud", first: of(gives("172.17.0.2"))}, fault.NetworkDNSCaptured,
			"10.0.0.53 answers 172.17.0.2 for <host>, because LOCALSTACK_HOST=localstack.cloud matches that name"},
		{view{captor: "localstack.cloud", first: of(gives("127.0.0.1"))}, fault.NetworkDNSCaptured,
			"10.0.0.53 answers 127.0.0.1 for <host>, because LOCALSTACK_HOST=localstack.cloud matches that name"},
		{view{first: blocked}, fault.NetworkDNSFiltered,
			"the name server 10.0.0.53 filters <host> (status: NXDOMAIN, EDE 15 (Blocked): (by policy))"},
		{view{first: blocked, second: good}, fault.NetworkDNSFiltered,
			"the name server 10.0.0.53 filters <host> (status: NXDOMAIN, EDE 15 (Blocked): (by policy))"},
		{view{docker: blocked, upstream: good}, fault.NetworkDNSFiltered,
			"the name server 127.0.0.11 filters <host> (status: NXDOMAIN, EDE 15 (Blocked): (by policy))"},
		{view{docker: denied, upstream: blocked}, fault.NetworkDNSFiltered,
			"the name server 10.0.0.2 filters <host> (status: NXDOMAIN, EDE 15 (Blocked): (by policy))"},
		{view{first: of(told{code: dns.RcodeNameError, willNot: true})}, fault.NetworkDNSFiltered,
			"the name server 10.0.0.53 filters <host> " +
				"(status: NXDOMAIN without recursion available, the sign of a response policy)"},
		{view{first: of(told{code: dns.RcodeNameError, cannot: true})}, fault.NetworkDNS,
			"the name <host> does not resolve (status: NXDOMAIN from 10.0.0.53)"},
		{view{host: "licenses.corp", first: of(told{code: dns.RcodeNameError, willNot: true})}, fault.NetworkDNSUnknownHost,
			"the name <host> does not resolve (status: NXDOMAIN from 10.0.0.53)"},
		{view{host: "licenses.corp.test", first: of(told{code: dns.RcodeNameError, willNot: true})}, fault.NetworkDNS,
			"the name <host> does not resolve (status: NXDOMAIN from 10.0.0.53)"},
		{view{first: of(gives("0.0.0.0"))}, fault.NetworkDNSFiltered,
			"the name server 10.0.0.53 answers <host> with the blocking address (0.0.0.0)"},
		{view{first: of(gives("54.1.2.3", "::"))}, fault.NetworkDNSFiltered,
			"the name server 10.0.0.53 answers <host> with the blocking address (::)"},
		{view{host: "licenses.corp.test", first: of(gives("0.0.0.0"))}, fault.NetworkDNSFiltered,
			"the name server 10.0.0.53 answers <host> with the blocking address (0.0.0.0)"},
		{view{first: of(gives("127.0.0.1"))}, fault.NetworkDNSFiltered,
			"the name server 10.0.0.53 answers <host> with a loopback address (127.0.0.1)"},
		{view{first: of(gives("10.9.9.9"))}, fault.NetworkDNSFiltered,
			"the name server 10.0.0.53 answers <host> with a private address (10.9.9.9)"},
		{view{first: of(gives("100.64.0.1"))}, fault.NetworkDNSFiltered,
			"the name server 10.0.0.53 answers <host> with a private address (100.64.0.1)"},
		{view{first: of(gives("fd00::1"))}, fault.NetworkDNSFiltered,
			"the name server 10.0.0.53 answers <host> with a private address (fd00::1)"},
		{view{first: of(gives("198.51.100.7"))}, fault.NetworkDNSFiltered,
			"the name server 10.0.0.53 answers <host> with a reserved address (198.51.100.7)"},
		{view{docker: denied, upstream: good}, fault.NetworkDNSDocker,
			"Docker's name server 127.0.0.11 does not resolve <host> (status: NXDOMAIN), " +
				"but 10.0.0.2, which it should ask, does (54.1.2.3, 2600::1)"},
		{view{docker: failed}, fault.NetworkDNSDocker,
			"Docker's name server 127.0.0.11 does not resolve <host> (status: SERVFAIL)"},
		{view{docker: of(silent), upstream: failed}, fault.NetworkDNSDocker,
			"Docker's name server 127.0.0.11 does not resolve <host> (status: timeout); it asks 10.0.0.2, which says SERVFAIL"},
		{view{docker: denied, upstream: denied}, fault.NetworkDNS,
			"the name <host> does not resolve (status: NXDOMAIN from 127.0.0.11)"},
		{view{first: denied, search: of(gives("10.0.0.99"))}, fault.NetworkDNSSearch,
			`the search domain "corp.test" of resolv.conf (options ndots:1) expands <host> to <host>.corp.test, ` +
				"which resolves to 10.0.0.99"},
		{view{first: denied, search: of(gives("10.0.0.99")), dots: 5}, fault.NetworkDNSSearch,
			`the search domain "corp.test" of resolv.conf (options ndots:5) expands <host> to <host>.corp.test, ` +
				"which resolves to 10.0.0.99"},
		{view{host: "licenses.example.test", first: denied, search: of(gives("10.0.0.99"))}, fault.NetworkDNSSearch,
			`the search domain "corp.test" of resolv.conf (options ndots:1) expands <host> to <host>.corp.test, ` +
				"which resolves to 10.0.0.99"},
		{view{first: good, search: of(gives("10.0.0.99")), dots: 5}, fault.NetworkDNSSearch,
			`the search domain "corp.test" of resolv.conf (options ndots:5) expands <host> to <host>.corp.test, ` +
				"which resolves to 10.0.0.99"},
		{view{first: denied, second: good}, fault.NetworkDNSDisagree,
			"the name servers disagree about <host>: NXDOMAIN from 10.0.0.53, but 54.1.2.3, 2600::1 from 10.0.0.54"},
		{view{first: good, second: none}, fault.NetworkDNSDisagree,
			"the name servers disagree about <host>: " +
				"NOERROR without an address from 10.0.0.54, but 54.1.2.3, 2600::1 from 10.0.0.53"},
		{view{first: none, second: of(silent)}, fault.NetworkDNS,
			"the name <host> does not resolve (status: NOERROR without an address from 10.0.0.53; timeout from 10.0.0.54)"},
		{view{first: of(codes(dns.RcodeServerFailure, dns.EDNS0_EDE{InfoCode: 22}))}, fault.NetworkDNSFailed,
			"the name <host> does not resolve (status: SERVFAIL from 10.0.0.53); " +
				"10.0.0.53 says EDE 22 (No Reachable Authority)"},
	} {
		found := c.view.names().finding()
		if found == nil {
			t.Errorf("nothing is found, want %s: %s", c.id, c.detail)
			continue
		}
		testkit.ExpectFault(t, found, c.id, strings.ReplaceAll(c.detail, "<host>", cmp.Or(c.view.host, public)))
	}
}

func TestNamesWithNothingWrong(t *testing.T) {
	t.Parallel()
	denied := of(codes(dns.RcodeNameError))
	good, private := of(gives("54.1.2.3", "2600::1")), of(gives("10.0.0.1"))
	blocked := of(codes(dns.RcodeNameError, dns.EDNS0_EDE{InfoCode: dns.ExtendedErrorCodeBlocked}))
	const own = "licenses.corp.test"
	for why, v := range map[string]view{
		"a public host with public addresses": {first: good, second: good},
		"a public host over IPv4 only":        {first: of(gives("54.1.2.3"))},
		"an own server's private address":     {host: own, first: private},
		"an own server on loopback":           {host: own, first: of(gives("127.0.0.1"))},
		"an own server in the hosts file":     {host: own, hosts: "10.0.0.1", first: blocked},
		"the hosts file wins over what servers say": {host: own, hosts: "10.0.0.1", first: good, second: denied,
			search: private, dots: 5},
		"the machine's own name": {host: "localhost.localstack.cloud",
			first: of(gives("127.0.0.1"))},
		"a service of the machine's own": {host: "api.localhost.localstack.cloud",
			first: of(gives("127.0.0.1"))},
		"no server is named, but the local one knows":        {flaw: "x", first: good},
		"LOCALSTACK_HOST matches, but the address is public": {captor: "localstack.cloud", first: good},
		"LOCALSTACK_HOST matches a server of one's own":      {host: own, captor: "corp.test", first: private},
		"a name that is like a public one":                   {host: "api.localstack.cloud.corp.test", first: private},
		"Docker's server knows, what it asks does not":       {docker: good, upstream: blocked},
		"another server than Docker's knows":                 {docker: of(silent), first: good},
		"one server is silent":                               {first: good, second: of(silent)},
		"one server fails":                                   {first: good, second: of(codes(dns.RcodeServerFailure))},
		"a search domain that is never reached":              {first: good, search: private, dots: 1},
		"a search domain that leads to the same":             {first: good, search: of(gives("54.1.2.3")), dots: 5},
		"a search domain without an answer":                  {first: good, search: denied, dots: 5},
		"a service of the cluster, found by a search domain": {host: "licenses.tools", first: denied, search: private,
			dots: 5},
		"a name without a dot, found by a search domain": {host: "licenses", first: denied, search: private},
		"an extended error that is no filter's, beside success": {first: of(told{addresses: []string{"54.1.2.3"},
			reasons: []dns.EDNS0_EDE{{InfoCode: dns.ExtendedErrorCodeStaleAnswer}}})},
	} {
		if found := v.names().finding(); found != nil {
			t.Errorf("%s: %v", why, found)
		}
	}
}

func TestWhoCapturesAName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ setting, name, want string }{
		{"", public, ""}, {"  ", public, ""}, {"localstack.cloud", public, "localstack.cloud"},
		{"localstack.cloud:4566", public, "localstack.cloud"},
		{" API.LocalStack.Cloud:443 ", public, public}, {"localhost.localstack.cloud:4566", public, ""},
		{"localhost", public, ""}, {"cloud", public, "cloud"},
		{"ls.local", public, ""}, {"[::1]:4566", public, ""},
	} {
		if got := captor(c.setting, c.name); got != c.want {
			t.Errorf("captor(%q, %q) = %q, want %q", c.setting, c.name, got, c.want)
		}
	}
}

func TestEvidenceNamesEverybody(t *testing.T) {
	t.Parallel()
	v := view{docker: of(codes(dns.RcodeNameError)), upstream: of(gives("54.1.2.3")), search: of(silent)}
	got := strings.Join(v.names().evidence(), "\n")
	want := `127.0.0.11: A NXDOMAIN in 0 ms
127.0.0.11: AAAA NXDOMAIN in 0 ms
127.0.0.11, asked for the root zone: NXDOMAIN
10.0.0.2 (asked by Docker's own): A NOERROR in 0 ms: 54.1.2.3 (TTL 60 s)
10.0.0.2 (asked by Docker's own): AAAA NOERROR without an address in 0 ms
10.0.0.53 for api.localstack.cloud.corp.test: A timeout`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSurveyWithoutANameServer(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	resolver := resolve.New(layout.Root(root))
	_, port := testkit.Refuse(t, "127.0.0.1", 0)
	resolver.Config().Servers = []string{"127.0.0.1:" + strconv.Itoa(port)}
	found := askAll(testkit.Limited(t), resolver, public, "").finding()
	testkit.ExpectFault(t, found, fault.NetworkDNSNoServer,
		"there is no name server to resolve "+public+" ("+root+"/etc/resolv.conf: no such file or directory)")
}

func TestSurveyNamesWhatLibcIgnores(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{host: {IP: []string{"127.0.0.1"}}})
	root := t.TempDir()
	testkit.Put(t, root, "etc/resolv.conf", testkit.ResolvConf(server.Addr())+"nameserver 10.0.0.2:53\n")
	_, port := testkit.Refuse(t, "127.0.0.1", 0)
	checks := look(t, testkit.Limited(t), "http://"+host+":"+strconv.Itoa(port), connect.Settings{}, root)
	if fact := checks[0].Fact; !strings.Contains(fact, "resolves to 127.0.0.1") ||
		!strings.Contains(fact, `; ignored in /etc/resolv.conf, as by libc: "10.0.0.2:53" (it has a port`) {
		t.Error(fact)
	}
}
