package resolve

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/testkit"
)

// asking asks a server with such a zone for host.
func asking(t *testing.T, handler dns.Handler, kind uint16) (Answer, *testkit.DNSServer) {
	t.Helper()
	server := testkit.DNS(t, handler)
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Soon)
	defer cancel()
	return Ask(ctx, server.Addr(), host, kind, false), server
}

func TestAnswerInALine(t *testing.T) {
	t.Parallel()
	blocked := []dns.EDNS0_EDE{{InfoCode: dns.ExtendedErrorCodeBlocked, ExtraText: "by policy"}}
	for want, zone := range map[string]testkit.Zone{
		"A NOERROR in _ ms: 127.0.0.1 (TTL 60 s)": here(),
		"A NOERROR in _ ms: 10.0.0.1 (TTL 7 s, authenticated)": {host: {IP: []string{"10.0.0.1"}, TTL: 7,
			Authenticated: true}},
		"A NOERROR in _ ms: a.test → b.test → 10.0.0.1, 10.0.0.2 (TTL 5 s)": {host: {CNAME: "a.test"},
			"a.test": {CNAME: "b.test", TTL: 5}, "b.test": {IP: []string{"10.0.0.1", "10.0.0.2"}, TTL: 9}},
		"A NOERROR without an address in _ ms":                    {host: {IP: []string{"::1"}}},
		"A NOERROR without an address in _ ms: a.test (TTL 60 s)": {host: {CNAME: "a.test"}},
		"A NXDOMAIN in _ ms":                                      {},
		"A NXDOMAIN, EDE 15 (Blocked): (by policy) in _ ms": {host: {Rcode: dns.RcodeNameError,
			EDE: blocked}},
		"A REFUSED, EDE 18 (Prohibited) in _ ms": {host: {Rcode: dns.RcodeRefused,
			EDE: []dns.EDNS0_EDE{{InfoCode: dns.ExtendedErrorCodeProhibited}}}},
		"A RCODE 12, EDE 4711: (house rule) in _ ms": {host: {Rcode: 12,
			EDE: []dns.EDNS0_EDE{{InfoCode: 4711, ExtraText: "house rule"}}}},
		"A NOERROR in _ ms over TCP, truncated over UDP: 10.0.0.1 (TTL 60 s)": {host: {IP: []string{"10.0.0.1"},
			Truncated: true}},
		"A FORMERR in _ ms": {host: {Rcode: dns.RcodeFormatError}},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			answer, _ := asking(t, zone, dns.TypeA)
			if answer.Took <= 0 {
				t.Errorf("it took %v", answer.Took)
			}
			timed := fmt.Sprintf(" in %d ms", answer.Took.Milliseconds())
			if got := strings.Replace(answer.String(), timed, " in _ ms", 1); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestQuestionIsAskedWithEDNSAndAD(t *testing.T) {
	t.Parallel()
	answer, server := asking(t, here(), dns.TypeA)
	if q := server.Queries(); len(q) != 1 ||
		q[0] != (testkit.DNSQuery{Name: host, Type: "A", Network: "udp", EDNS: "yes"}) {
		t.Errorf("asked %v", q)
	}
	if !answer.Query.AuthenticatedData || answer.Query.IsEdns0().UDPSize() != payload {
		t.Errorf("asked %v", answer.Query)
	}
}

func TestServerWithoutEDNSIsAskedWithout(t *testing.T) {
	t.Parallel()
	for _, code := range []int{dns.RcodeFormatError, dns.RcodeNotImplemented} {
		answer, server := asking(t, testkit.Zone{host: {IP: []string{"10.0.0.1"}, NoEDNS: code}}, dns.TypeA)
		if got := Join(answer.Addresses()); got != "10.0.0.1" {
			t.Errorf("after %s: %s", dns.RcodeToString[code], answer)
		}
		if with, without := server.Count(testkit.DNSQuery{EDNS: "yes"}),
			server.Count(testkit.DNSQuery{EDNS: "no"}); with != 1 || without != 1 {
			t.Errorf("asked %d times with and %d times without", with, without)
		}
	}
}

func TestLostDatagramIsAskedForAgain(t *testing.T) {
	t.Parallel()
	answer, server := asking(t, testkit.Lose(1, here()), dns.TypeA)
	if answer.Err != nil || len(answer.Addresses()) != 1 || server.Count(testkit.DNSQuery{}) < 2 {
		t.Errorf("%s after %v", answer, server.Queries())
	}
}

func TestAnswerThatDoesNotComeEndsWithTheContext(t *testing.T) {
	t.Parallel()
	handler, heard := testkit.Reporting(testkit.Silent{})
	server := testkit.DNS(t, handler)
	for name, overTCP := range map[string]bool{"UDP": false, "TCP": true} {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-heard; cancel() }()
		testkit.Within(t, testkit.Soon, func() {
			if answer := Ask(ctx, server.Addr(), host, dns.TypeA, overTCP); answer.String() != "A timeout" ||
				answer.Reply != nil {
				t.Errorf("%s: %s", name, answer)
			}
		})
	}
}

func TestReasonsForNoAnswer(t *testing.T) {
	t.Parallel()
	_, port := testkit.Refuse(t, "127.0.0.1", 0)
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Soon)
	defer cancel()
	for _, overTCP := range []bool{false, true} {
		answer := Ask(ctx, fmt.Sprintf("127.0.0.1:%d", port), host, dns.TypeAAAA, overTCP)
		if answer.String() != "AAAA connection refused" || answer.OverTCP != overTCP {
			t.Errorf("over TCP %t: %s", overTCP, answer)
		}
	}
	closing := testkit.Speak(t, "")
	if answer := Ask(ctx, closing.String(), host, dns.TypeA, true); answer.String() != "A connection closed" {
		t.Error(answer)
	}
	cut := testkit.DNS(t, overUDP(testkit.Zone{host: {Truncated: true}}))
	if answer := Ask(ctx, cut.Addr(), host, dns.TypeA, false); !answer.CutShort ||
		answer.String() != "A truncated answer, then connection closed over TCP" {
		t.Error(answer)
	}
}

// overUDP hangs up on those who ask over TCP.
func overUDP(handler dns.Handler) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		if w.LocalAddr().Network() == "tcp" {
			w.Close()
			return
		}
		handler.ServeDNS(w, question)
	})
}

func TestAnswerLongerThanAllowedIsRead(t *testing.T) {
	t.Parallel()
	answer, _ := asking(t, replying(many(200)), dns.TypeA)
	if n := len(answer.Addresses()); n != 200 || answer.OverTCP {
		t.Errorf("%d addresses, %s", n, answer)
	}
}

// replying sends what alter makes of an empty reply, without any limit.
func replying(alter func(*dns.Msg)) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		reply := new(dns.Msg).SetReply(question)
		alter(reply)
		_ = w.WriteMsg(reply)
	})
}

// many gives a reply n addresses.
func many(n int) func(*dns.Msg) {
	return func(reply *dns.Msg) {
		reply.Compress = true
		for i := range n {
			header := dns.RR_Header{Name: reply.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}
			reply.Answer = append(reply.Answer, &dns.A{Hdr: header, A: net.IPv4(10, 0, byte(i>>8), byte(i))})
		}
	}
}

func TestHostileAnswersAreShownOnOneShortLine(t *testing.T) {
	t.Parallel()
	evil := "x\x1b[2J\r\n;; ANSWER SECTION:\u202e\xff" + strings.Repeat("long ", 5000)
	for name, alter := range map[string]func(*dns.Msg){
		"text": func(m *dns.Msg) {
			m.SetEdns0(payload, false).IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: 15, ExtraText: evil}}
		},
		"many texts": func(m *dns.Msg) {
			m.SetEdns0(payload, false)
			for range 900 {
				m.IsEdns0().Option = append(m.IsEdns0().Option, &dns.EDNS0_EDE{InfoCode: 15, ExtraText: "a\nb"})
			}
		},
		"names": func(m *dns.Msg) {
			header := dns.RR_Header{Name: m.Question[0].Name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET}
			m.Answer = append(m.Answer, &dns.CNAME{Hdr: header, Target: `a\027[2J\010b.test.`})
		},
		"many addresses": many(3000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testkit.DNS(t, replying(alter))
			answer := Ask(t.Context(), server.Addr(), host, dns.TypeA, true)
			if answer.Err != nil {
				t.Fatal(answer.Err)
			}
			expectHarmless(t, answer)
		})
	}
}

// expectHarmless wants an answer's line to be one, short and Printable, and its
// long form to have no other control character than those of its shape.
func expectHarmless(t *testing.T, answer Answer) {
	t.Helper()
	line := answer.String()
	if len(line) > 20_000 ||
		strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u202e' }) {
		t.Errorf("%d bytes: %.500q", len(line), line)
	}
	long := answer.Dig(time.Unix(0, 0))
	if strings.ContainsFunc(long, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }) {
		t.Errorf("%.500q", long)
	}
	if n := strings.Count(long, "\n;; ANSWER SECTION:\n"); n > 1 {
		t.Errorf("%d answer sections in %.2000s", n, long)
	}
	if answer.Reply != nil {
		expectALineForEachRecord(t, answer.Reply, long)
	}
}

// expectALineForEachRecord wants that only records have lines without a semicolon: none is forged.
func expectALineForEachRecord(t *testing.T, reply *dns.Msg, long string) {
	t.Helper()
	records, lines := 0, 0
	for _, record := range slices.Concat(reply.Answer, reply.Ns, reply.Extra) {
		if record.Header().Rrtype != dns.TypeOPT {
			records++
		}
	}
	for line := range strings.Lines(long) {
		if line != "\n" && line[0] != ';' {
			lines++
		}
	}
	if records != lines {
		t.Errorf("%d records in %d lines: %.2000q", records, lines, long)
	}
}

func TestAnswerToAnotherQuestionIsIgnored(t *testing.T) {
	t.Parallel()
	for name, alter := range map[string]func(*dns.Msg){
		"name":      func(m *dns.Msg) { m.Question[0].Name = "other.test." },
		"type":      func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeTXT },
		"two":       func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) },
		"none":      func(m *dns.Msg) { m.Question = nil },
		"no answer": func(m *dns.Msg) { m.Response = false },
	} {
		if answer, _ := asking(t, replying(alter), dns.TypeA); answer.String() != "A malformed answer" {
			t.Errorf("%s: %s", name, answer)
		}
	}
}

func TestAnswerUnderAnotherNumberIsIgnored(t *testing.T) {
	t.Parallel()
	if answer,
		_ := asking(t, testkit.Zone{host: {IP: []string{"10.0.0.1"}, WrongID: true}},
		dns.TypeA); Join(answer.Addresses()) != "10.0.0.1" {
		t.Error(answer)
	}
}

func TestNoiseIsNoAnswer(t *testing.T) {
	t.Parallel()
	for _, raw := range [][]byte{{}, []byte(strings.Repeat("\xc0", 60_000)),
		[]byte("\x80\x00\x00\x01\xff\xff\xff\xff\xff\xff\x00")} {
		if answer, _ := asking(t, testkit.Zone{host: {Raw: raw}}, dns.TypeA); answer.Reply != nil ||
			answer.String() != "A malformed answer" {
			t.Errorf("%.20q: %s", raw, answer)
		}
	}
	stream := testkit.ServeEach(t, func(conn net.Conn) {
		defer conn.Close()
		_, _ = conn.Read(make([]byte, 512))
		_, _ = io.WriteString(conn, "\xff\xffabc")
	})
	if answer := Ask(t.Context(), stream.String(), host, dns.TypeA, true); answer.String() != "A connection closed" {
		t.Error(answer)
	}
}

func TestManyAddressesAreCounted(t *testing.T) {
	t.Parallel()
	var all []netip.Addr
	for i := range byte(20) {
		all = append(all, netip.AddrFrom4([4]byte{10, 0, 0, i}))
	}
	if got := Join(all); got !=
		"10.0.0.0, 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6, 10.0.0.7 and 12 more" {
		t.Error(got)
	}
}
