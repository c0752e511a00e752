package resolve

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/testkit"
)

func FuzzResolvConf(f *testing.F) {
	for _, text := range []string{
		"", "nameserver 10.0.0.2\nsearch corp.test\noptions ndots:5 timeout:1 attempts:3\n",
		"nameserver [::1]:5353\nnameserver fe80::1%eth0\n",
		"nameserver [127.0.0.1]:99999\nnameserver [::1]\nnameserver [\n",
		"options timeout:99999999999999999999 attempts:-1 ndots:x\n", "options attempts:99999999\n",
		"search . .. a..b\ndomain\n",
		testkit.ResolvConf("127.0.0.1:53", "127.0.0.1:5353"), strings.Repeat("nameserver 10.0.0.1\n", 100), "\x00\xff\r\n;#",
		"nameserver 127.0.0.11\n# ExtServers: [host(10.0.0.2) 10.0.0.3]\noptions use-vc edns0\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		conf := parseConf(text, true)
		if n := len(conf.Servers); n < 1 || n > maxServers {
			t.Errorf("%d servers", n)
		}
		if len(conf.Upstream) > maxServers {
			t.Errorf("%d servers behind Docker's", len(conf.Upstream))
		}
		for _, server := range slices.Concat(conf.Servers, conf.Upstream) {
			at := strings.LastIndex(server, ":")
			address, err := netip.ParseAddr(strings.Trim(server[:at], "[]"))
			if err != nil || !address.IsValid() || server[at:] == ":0" {
				t.Errorf("server %q: %v", server, err)
			}
		}
		if conf.Timeout < 1 || conf.Timeout > maxTimeout || conf.Attempts < 1 || conf.Attempts > maxAttempts {
			t.Errorf("timeout %d, attempts %d", conf.Timeout, conf.Attempts)
		}
		for _, domain := range conf.Search {
			if domain == "" || domain[0] == '.' {
				t.Errorf("search domain %q", domain)
			}
		}
	})
}

func FuzzHosts(f *testing.F) {
	for _, text := range []string{
		"127.0.0.1 localhost\n::1 localhost ip6-localhost\n", "10.0.0.1\t" + host + " # ours\r\n", "# 10.0.0.1 " + host,
		"10.0.0.1", host + " 10.0.0.1",
		"::ffff:10.0.0.1 " + host + " " + host, "fe80::1%eth0 " + strings.ToUpper(host) + ".", "\x00\xff \xff\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		addresses := addressesIn(text, host)
		for _, address := range addresses {
			if !address.IsValid() || address.Is4In6() {
				t.Errorf("address %v", address)
			}
		}
		if len(addresses) > 0 && !strings.Contains(strings.ToLower(text), host) {
			t.Errorf("%v for a name that is not there", addresses)
		}
	})
}

func FuzzFollow(f *testing.F) {
	question := new(dns.Msg).SetQuestion(host+".", dns.TypeA)
	for _, text := range []string{
		host + ". A 127.0.0.1", host + ". CNAME a.test.\na.test. A 10.0.0.1\na.test. AAAA ::1", host + ". CNAME " + host +
			".",
		host + ". AAAA ::ffff:10.0.0.1", host + ". TXT text", "other.test. A 10.0.0.1", host + ". A 0.0.0.0",
	} {
		reply := new(dns.Msg).SetReply(question)
		for line := range strings.Lines(text) {
			record, err := dns.NewRR(line)
			if err != nil {
				f.Fatal(err)
			}
			reply.Answer = append(reply.Answer, record)
		}
		packed, err := reply.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
		f.Add(packed[:len(packed)-3])
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		reply := new(dns.Msg)
		_ = reply.Unpack(packed) // what a broken message leaves is looked at, too
		isReply(reply, question)
		for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
			answer := Answer{Query: new(dns.Msg).SetQuestion(host+".", kind), Reply: reply}
			addresses, looped := answer.follow()
			for _, address := range addresses {
				if !address.IsValid() || address.Is4In6() || kind == dns.TypeA && !address.Is4() {
					t.Errorf("address %v", address)
				}
			}
			if looped && len(addresses) > 0 {
				t.Error("a loop with an end")
			}
			if usable := (Both{Four: answer}).Usable(); (len(usable) > 0) != (answer.Status() == statusFound) {
				t.Errorf("%v and %s", usable, answer.Status())
			}
		}
	})
}

func FuzzAnswer(f *testing.F) {
	question := new(dns.Msg).SetQuestion(host+".", dns.TypeA)
	for _, alter := range []func(*dns.Msg){many(0), many(3), func(m *dns.Msg) {
		m.SetEdns0(payload, false).IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: 15, ExtraText: "\x1b[2J\n"}}
		m.Answer, m.Extra = m.Extra, nil // where none should be
	}, func(m *dns.Msg) {
		m.Rcode = 11
		m.SetEdns0(payload, true).IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: 15, ExtraText: "a\x1b\n"},
			&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "0011223344556677"}}
	}} {
		reply := new(dns.Msg).SetReply(question)
		alter(reply)
		packed, err := reply.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
		f.Add(packed[:len(packed)-2])
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		reply := new(dns.Msg)
		_ = reply.Unpack(packed) // what a broken message leaves is looked at, too
		answer := Answer{Server: "127.0.0.1:53", Query: question, Reply: reply}
		expectHarmless(t, answer)
		if n := len(answer.Dig(time.Unix(0, 0))); n > 2000+2000*len(packed) {
			t.Errorf("%d bytes of %d", n, len(packed))
		}
	})
}
