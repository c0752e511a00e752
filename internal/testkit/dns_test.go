package testkit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/miekg/dns"
)

// ask sends one question about name to a server.
func ask(t *testing.T, server *DNSServer, network, name string, kind uint16) *dns.Msg {
	t.Helper()
	client := dns.Client{Net: network}
	reply, _, err := client.Exchange(new(dns.Msg).SetQuestion(name, kind), server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func TestZoneAnswersOverBothNetworks(t *testing.T) {
	t.Parallel()
	server := DNS(t, Zone{
		"api.test":   {IP: []string{"127.0.0.1", "::1"}},
		"alias.test": {CNAME: "api.test"},
		"loop.test":  {CNAME: "loop.test"},
		"cut.test":   {IP: []string{"127.0.0.1"}, Truncated: true},
	})
	for _, network := range []string{"udp", "tcp"} {
		for name, want := range map[string]int{"api.test.": 1, "API.test.": 1, "alias.test.": 2} {
			reply := ask(t, server, network, name, dns.TypeAAAA)
			if reply.Rcode != dns.RcodeSuccess || len(reply.Answer) != want {
				t.Errorf("%s over %s: %v", name, network, reply)
			}
		}
		if reply := ask(t, server, network, "absent.test.", dns.TypeA); reply.Rcode != dns.RcodeNameError {
			t.Errorf("absent.test over %s: %v", network, reply)
		}
		if reply := ask(t, server, network, "loop.test.", dns.TypeA); len(reply.Answer) == 0 {
			t.Errorf("loop.test over %s: %v", network, reply)
		}
		if reply := ask(t, server, network, "cut.test.", dns.TypeA); reply.Truncated != (network == "udp") {
			t.Errorf("cut.test over %s: %v", network, reply)
		}
	}
}

func TestServerCountsByNameTypeAndNetwork(t *testing.T) {
	t.Parallel()
	server := DNS(t, Zone{"*": {IP: []string{"127.0.0.1"}}})
	ask(t, server, "udp", "a.test.", dns.TypeA)
	ask(t, server, "tcp", "A.test.", dns.TypeA)
	ask(t, server, "udp", "b.test.", dns.TypeAAAA)
	for like, want := range map[DNSQuery]int{
		{}:               3,
		{Name: "a.test"}: 2,
		{Type: "AAAA"}:   1,
		{Network: "udp"}: 2,
		{Name: "a.test", Type: "A", Network: "tcp"}: 1,
		{Name: "c.test"}: 0,
	} {
		if got := server.Count(like); got != want {
			t.Errorf("%+v: %d, want %d", like, got, want)
		}
	}
}

func TestRootNamesTheServersWithTheirPorts(t *testing.T) {
	t.Parallel()
	server := DNS(t, Lose(1, Silent{}))
	content, err := os.ReadFile(filepath.Join(Root(t, server, server), "etc/resolv.conf"))
	line := ResolvConf(server.Addr())
	if err != nil || string(content) != line+line {
		t.Errorf("got %q, %v", content, err)
	}
	if ResolvConf("127.0.0.1:5353") != "nameserver [127.0.0.1]:5353\n" {
		t.Errorf("got %q", ResolvConf("127.0.0.1:5353"))
	}
}
