package resolve

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

// overTCP answers in the one way over UDP and in the other over TCP.
func overTCP(udp, tcp dns.Handler) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		if w.LocalAddr().Network() == "tcp" {
			tcp.ServeDNS(w, question)
		} else {
			udp.ServeDNS(w, question)
		}
	})
}

// altered answers with an address, but not before alter has had the reply.
func altered(alter func(*dns.Msg)) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		reply := new(dns.Msg).SetReply(question)
		if question.Question[0].Qtype == dns.TypeA {
			header := dns.RR_Header{Name: question.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}
			reply.Answer = append(reply.Answer, &dns.A{Hdr: header, A: []byte{127, 0, 0, 1}})
		}
		alter(reply)
		_ = w.WriteMsg(reply)
	})
}

// manyAddresses nearly fill the largest message there is.
func manyAddresses() []string {
	var many []string
	for i := range 1500 {
		many = append(many, fmt.Sprintf("127.1.%d.%d", i/250, i%250))
	}
	return many
}

func TestTruncatedAnswerIsFetchedOverTCP(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{host: {IP: []string{"127.0.0.1"}, Truncated: true}})
	expect(t, resolverOf(t, server), host, "127.0.0.1")
	if server.Count(testkit.DNSQuery{Type: "A", Network: "tcp"}) == 0 {
		t.Errorf("asked %v", server.Queries())
	}
}

func TestAliasesThatFillADatagramAreFetchedOverTCP(t *testing.T) {
	t.Parallel()
	const label = "an-alias-with-a-name-that-is-long-enough-to-fill-a-datagram"
	zone := testkit.Zone{host: {CNAME: label + "1.test"}, label + "9.test": {IP: []string{"127.0.0.1"}}}
	for i := 1; i < 9; i++ {
		zone[fmt.Sprintf("%s%d.test", label, i)] = testkit.DNSAnswer{CNAME: fmt.Sprintf("%s%d.test", label, i+1)}
	}
	server := testkit.DNS(t, zone)
	expect(t, resolverOf(t, server), host, "127.0.0.1")
	if server.Count(testkit.DNSQuery{Network: "tcp"}) == 0 {
		t.Errorf("asked %v", server.Queries())
	}
}

func TestTruncatedAnswerWithAnAddressIsEnough(t *testing.T) {
	t.Parallel()
	many := manyAddresses()
	server := testkit.DNS(t, overTCP(testkit.Zone{host: {IP: many}}, testkit.Silent{}))
	testkit.Within(t, testkit.Soon, func() {
		addresses, err := resolverOf(t, server).Lookup(t.Context(), host)
		if err != nil || len(addresses) < 10 {
			t.Errorf("got %v, %v", addresses, err)
		}
	})
}

func TestHugeAnswerIsReadOverTCP(t *testing.T) {
	t.Parallel()
	many := manyAddresses()
	server := testkit.DNS(t, testkit.Zone{host: {IP: many, Truncated: true}})
	addresses, err := resolverOf(t, server).Lookup(t.Context(), host)
	if err != nil || len(addresses) != len(many) {
		t.Errorf("got %d addresses, %v", len(addresses), err)
	}
}

func TestLargeDatagramIsRead(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, altered(func(reply *dns.Msg) {
		padding := &dns.TXT{Hdr: dns.RR_Header{Name: reply.Question[0].Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET},
			Txt: []string{"padding"}}
		reply.Answer = append(slices.Repeat([]dns.RR{padding}, 100), reply.Answer...)
	}))
	expect(t, resolverOf(t, server), host, "127.0.0.1")
}

func TestTruncatedAnswerWithoutTCPIsNoDenial(t *testing.T) {
	t.Parallel()
	truncated := testkit.Zone{host: {IP: []string{"127.0.0.1", "::1"}, Truncated: true}}
	hangingUp := dns.HandlerFunc(func(w dns.ResponseWriter, _ *dns.Msg) { w.Close() })
	closing := testkit.DNS(t, overTCP(truncated, hangingUp))
	expectFailure(t, resolverOf(t, closing), host, from("truncated answer, then connection closed over TCP", closing),
		false)
	garbage := testkit.DNS(t, overTCP(truncated, testkit.Zone{host: {Raw: []byte("garbage")}}))
	expectFailure(t, resolverOf(t, garbage), host, from("truncated answer, then malformed answer over TCP", garbage),
		false)
}

func TestTruncatedAnswerWithSilenceOverTCPIsNamed(t *testing.T) {
	t.Parallel()
	silence, heard := testkit.Reporting(testkit.Silent{})
	server := testkit.DNS(t, overTCP(testkit.Zone{host: {Truncated: true}}, silence))
	_, err := resolverOf(t, server).Lookup(testkit.OverAfter(t, heard, 2), host) // one for each family
	testkit.ExpectFault(t, err, fault.NetworkDNSFailed,
		"the name "+host+" does not resolve (status: "+from("truncated answer, then timeout over TCP", server)+")")
}

func TestWrongIDIsIgnored(t *testing.T) {
	t.Parallel()
	expect(t, resolverOf(t, testkit.DNS(t, testkit.Zone{host: {IP: []string{"127.0.0.1"}, WrongID: true}})), host,
		"127.0.0.1")
}

func TestMalformedAnswersAreNamed(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]dns.Handler{
		"a short datagram":     testkit.Zone{host: {Raw: []byte{}}},
		"garbage":              testkit.Zone{host: {Raw: []byte("\x81\x80\x00\x01\x00\x09garbage and more of it")}},
		"another name":         altered(func(reply *dns.Msg) { reply.Question[0].Name = "other.test." }),
		"another type":         altered(func(reply *dns.Msg) { reply.Question[0].Qtype = dns.TypeTXT }),
		"another class":        altered(func(reply *dns.Msg) { reply.Question[0].Qclass = dns.ClassCHAOS }),
		"two questions":        altered(func(reply *dns.Msg) { reply.Question = append(reply.Question, reply.Question[0]) }),
		"success unquestioned": altered(func(reply *dns.Msg) { reply.Question = nil }),
		"a question":           altered(func(reply *dns.Msg) { reply.Response = false }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testkit.DNS(t, handler)
			testkit.Within(t, testkit.Soon,
				func() { expectFailure(t, resolverOf(t, server), host, from("malformed answer", server), false) })
		})
	}
}

func TestRefusalMayLeaveTheQuestionOut(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, altered(func(reply *dns.Msg) {
		reply.Question, reply.Answer, reply.Rcode = nil, nil, dns.RcodeRefused
	}))
	expectFailure(t, resolverOf(t, server), host, from("REFUSED", server), false)
}

func TestMalformedAnswerBetweenSilenceIsNamed(t *testing.T) {
	t.Parallel()
	four, heard := testkit.Reporting(testkit.Lose(1, thenSilent(1, testkit.Zone{"*": {Raw: []byte("garbage")}})))
	server := testkit.DNS(t, byFamily(four, testkit.Silent{}))
	r := resolverWith(t, "options attempts:3", server)
	_, err := r.Lookup(testkit.OverAfter(t, heard, 3), host) // the third question follows the garbage
	testkit.ExpectFault(t, err, fault.NetworkDNSFailed,
		"the name "+host+" does not resolve (status: "+from("malformed answer", server)+")")
}

// thenSilent lets handler answer the first n questions.
func thenSilent(n int, handler dns.Handler) dns.Handler {
	var seen atomic.Int64
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		if seen.Add(1) <= int64(n) {
			handler.ServeDNS(w, question)
		}
	})
}
