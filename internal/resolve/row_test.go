package resolve

import (
	"maps"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/testkit"
)

// words are what a server says of both families, as in "REFUSED" or "timeout".
func words(server string, words string) Both {
	answer := Answer{Server: server, Query: new(dns.Msg).SetQuestion(host+".", dns.TypeA)}
	code, isCode := dns.StringToRcode[words]
	switch {
	case words == "timeout":
	case isCode:
		answer.Reply = new(dns.Msg).SetRcode(answer.Query, code)
	case words == "malformed":
		answer.Err = statusMalformed
	default:
		for errno := syscall.Errno(1); errno < 200; errno++ {
			if errno.Error() == words {
				answer.Err = &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", errno)}
			}
		}
	}
	return Both{answer, answer}
}

func TestRowIsThatOfWhatTheServersSaid(t *testing.T) {
	t.Parallel()
	const others, own = "licenses.example.org", "licenses.internal"
	for _, c := range []struct {
		host, said string
		want       fault.ID
	}{
		{others, "NXDOMAIN", fault.NetworkDNS},
		{others, "NOERROR", fault.NetworkDNS},
		{others, "REFUSED", fault.NetworkDNS},
		{others, "NXDOMAIN,timeout", fault.NetworkDNS},
		{others, "connection refused,NXDOMAIN", fault.NetworkDNS},
		{others, "SERVFAIL,REFUSED", fault.NetworkDNS},
		{own, "NXDOMAIN", fault.NetworkDNSUnknownHost},
		{own, "NOERROR", fault.NetworkDNSUnknownHost},
		{own, "REFUSED,timeout", fault.NetworkDNSUnknownHost},
		{others, "SERVFAIL", fault.NetworkDNSFailed},
		{others, "SERVFAIL,timeout", fault.NetworkDNSFailed},
		{others, "malformed", fault.NetworkDNSFailed},
		{own, "NOTIMP", fault.NetworkDNSFailed},
		{others, "timeout", fault.NetworkDNSUnreachable},
		{own, "timeout,timeout", fault.NetworkDNSUnreachable},
		{others, "connection refused", fault.NetworkDNSUnreachable},
		{others, "network is unreachable,no route to host", fault.NetworkDNSUnreachable},
		{others, "operation not permitted", fault.NetworkDNSUnreachable},
	} {
		var said []Both
		for word := range strings.SplitSeq(c.said, ",") {
			said = append(said, words("127.0.0.2:53", word))
		}
		failed := parseConf("", false).Unresolved(nil, c.host, said)
		if failed.ID != c.want || !strings.Contains(failed.Detail, c.host) {
			t.Errorf("%s for %s: %s, want %s", c.said, c.host, failed, c.want)
		}
	}
}

func TestHostsOfOnesOwn(t *testing.T) {
	t.Parallel()
	conf := parseConf("search Team.Example.com svc.cluster.local\n", false)
	for _, host := range []string{
		"licenses", "licenses.local", "a.b.internal", "licenses.tools.svc", "licenses.tools.svc.cluster.local",
		"licenses.team.example.com", "nas.lan", "nas.home.arpa", "licenses.corp", "host.docker.internal",
	} {
		if !conf.isOwn(host) {
			t.Errorf("%s", host)
		}
	}
	for _, host := range []string{public, "licenses.example.com", "example.com", "internal.example.com", "notlocal.net"} {
		if conf.isOwn(host) {
			t.Errorf("%s", host)
		}
	}
}

func TestHintsOfServersThatAreNotReached(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ server, says, want string }{
		{"127.0.0.53:53", "connection refused", "127.0.0.53 is the container itself, where no name server listens"},
		{"127.0.0.53:53", "timeout", ""},
		{"127.0.0.11:53", "connection refused", "127.0.0.11 is Docker's own name server"},
		{"[fe80::1]:53", "invalid argument", "a link-local address needs its interface, as in fe80::1%eth0"},
		{"[fe80::1%eth9]:53", "invalid argument", "there is no interface eth9"},
		{"10.0.0.2:53", "operation not permitted", "a firewall of this machine rejects it"},
		{"10.0.0.2:53", "timeout", ""},
		{"127.0.0.53:53", "SERVFAIL", ""},
	} {
		failed := parseConf("nameserver 10.0.0.2\n", false).Unresolved(nil, public, []Both{words(c.server, c.says)})
		if got := strings.Join(failed.Remarks, "|"); got != c.want {
			t.Errorf("%s from %s: %s, want %s", c.says, c.server, got, c.want)
		}
	}
}

func TestEntriesThatLibcIgnoresAreNamedInTheFailure(t *testing.T) {
	t.Parallel()
	silent := testkit.DNS(t, testkit.Silent{})
	r := resolverWith(t, "nameserver 10.0.0.2:53\noptions timeout:1 attempts:1\n", silent)
	_, err := r.Lookup(t.Context(), host)
	testkit.ExpectFault(t, err, fault.NetworkDNSUnreachable, "the name "+host+" does not resolve (status: "+
		from("timeout", silent)+`); ignored in /etc/resolv.conf, as by libc: "10.0.0.2:53" `+
		"(it has a port; libc asks port 53, so write 10.0.0.2)")
	if text := r.conf.String(); !strings.Contains(text, `"10.0.0.2:53"`) {
		t.Error(text)
	}
}

func TestLookupTellsWhoKnewTheAddress(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{
		host: {IP: []string{"127.0.0.1"}}, "short.corp.test": {IP: []string{"127.0.0.2"}},
	})
	root := testkit.Root(t, server)
	testkit.Put(t, root, "etc/resolv.conf", testkit.ResolvConf(server.Addr())+"search corp.test\n")
	testkit.Put(t, root, "etc/hosts", "10.0.0.9 noted.test\n")
	r := New(layout.Root(root))
	var told []Found
	r.Found = func(found Found) { told = append(told, found) }
	for _, name := range []string{host, host, "short", "noted.test", "absent.test", "localhost", "10.0.0.1"} {
		_, _ = r.Lookup(t.Context(), name)
	}
	want := []struct{ host, address, from, domain string }{
		{host, "127.0.0.1", server.Addr(), ""},
		{"short", "127.0.0.2", server.Addr(), "corp.test"},
		{"noted.test", "10.0.0.9", "/etc/hosts", ""},
	}
	if len(told) != len(want) {
		t.Fatalf("told %v", told)
	}
	for i, w := range want {
		got := told[i]
		if got.Host != w.host || Join(got.Addresses) != w.address || got.From != w.from || got.Domain != w.domain {
			t.Errorf("told %v, want %v", got, w)
		}
	}
}

func TestLookupTellsThatAnEarlierServerDenies(t *testing.T) {
	t.Parallel()
	denying, answered := testkit.Reporting(testkit.Zone{})
	first, second := testkit.DNS(t, denying), testkit.DNS(t, after(2, answered, here()))
	for _, c := range []struct {
		servers []*testkit.DNSServer
		want    string
	}{{[]*testkit.DNSServer{first, second}, from("NXDOMAIN", first)}, {[]*testkit.DNSServer{second, first}, ""}} {
		r := resolverOf(t, c.servers...)
		told := "nothing"
		r.Found = func(found Found) { told = found.Denied }
		expect(t, r, host, "127.0.0.1")
		if told != c.want {
			t.Errorf("told %q, want %q", told, c.want)
		}
	}
}

func TestLargeHostsFileIsRead(t *testing.T) {
	t.Parallel()
	root := testkit.Root(t)
	const line = "0.0.0.0 advertisement.example.com\n"
	testkit.Put(t, root, "etc/hosts", strings.Repeat(line, 8<<20/len(line))+"10.0.0.9 "+host+"\n")
	r := New(layout.Root(root))
	expect(t, r, host, "10.0.0.9")
	if warnings := r.Warnings(); len(warnings) > 0 {
		t.Errorf("%q", warnings)
	}
}

func TestHostsFileThatIsCutOrCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	cut := testkit.Root(t)
	testkit.Put(t, cut, "etc/hosts", "10.0.0.9 "+host+"\n")
	if err := os.Truncate(cut+"/etc/hosts", maxFile+1); err != nil { // a hole, which costs nothing
		t.Fatal(err)
	}
	folder := testkit.Root(t)
	if err := os.MkdirAll(folder+"/etc/hosts", 0o755); err != nil {
		t.Fatal(err)
	}
	for root, want := range map[string]string{
		cut:    cut + "/etc/hosts: the file is larger than 64 MiB; what follows is not read",
		folder: folder + "/etc/hosts: " + file.ErrEmptyDirectory.Error(),
	} {
		r := New(layout.Root(root))
		if warnings := r.Warnings(); len(warnings) != 1 || warnings[0] != want {
			t.Errorf("%q, want %q", warnings, want)
		}
		r.conf.Servers = []string{"127.0.0.1:1"}
		if _, err := r.Lookup(t.Context(), "absent.test"); !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
	expect(t, New(layout.Root(cut)), host, "10.0.0.9")
}

func TestSearchDomainsWaitForASilentServerOnce(t *testing.T) {
	t.Parallel()
	denying, silent := testkit.DNS(t, testkit.Zone{}), testkit.DNS(t, testkit.Silent{})
	r := resolverWith(t, "search a.test b.test c.test d.test e.test", denying, silent)
	began := time.Now()
	expectFailure(t, r, host, from("NXDOMAIN", denying)+"; "+from("timeout", silent), true)
	if took := time.Since(began); took < denialWait || took > denialWait+testkit.Soon {
		t.Errorf("took %v", took)
	}
}

func TestSlowDenialsDoNotShortenTheWaitInSearchDomains(t *testing.T) {
	t.Parallel()
	after := func(delay time.Duration, answer testkit.DNSAnswer) testkit.DNSAnswer {
		answer.Delay = delay
		return answer
	}
	denied := testkit.DNSAnswer{Rcode: dns.RcodeNameError}
	zone := testkit.Zone{"licenses.dev": after(denialWait, denied), "licenses.dev.a.test": after(denialWait/5, denied)}
	known := maps.Clone(zone) // knows more after denialWait, but soon after the first denial
	known["licenses.dev.b.test"] = after(denialWait/5, testkit.DNSAnswer{IP: []string{"127.0.0.1"}})
	r := resolverWith(t, "search a.test b.test", testkit.DNS(t, zone), testkit.DNS(t, known))
	expect(t, r, "licenses.dev", "127.0.0.1")
}

func TestIPv6ThatHasNoAddressDoesNotShortenTheWaitForIPv4(t *testing.T) {
	t.Parallel()
	late := testkit.Zone{host: {IP: []string{"127.0.0.1"}, Delay: denialWait + denialWait/4}}
	server := testkit.DNS(t, byFamily(late, testkit.Zone{host: {}}))
	expect(t, resolverWith(t, sendOnce, server), host, "127.0.0.1")
}
