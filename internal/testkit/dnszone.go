package testkit

import (
	"cmp"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// Zone is a [dns.Handler] that answers by name, in lower case and without the
// final dot. The name "*" stands for all that are not listed; without it they
// do not exist (NXDOMAIN).
//
//	testkit.Zone{
//		"api.localstack.test": {IP: []string{"127.0.0.1", "::1"}},
//		"alias.test":          {CNAME: "api.localstack.test"},
//		"filtered.test":       {Rcode: dns.RcodeRefused},
//	}
type Zone map[string]DNSAnswer

// DNSAnswer is what a name server says of a name, and how well it says it. The
// zero DNSAnswer is a name without an address.
type DNSAnswer struct {
	// IP are the name's addresses of both families.
	IP []string
	// CNAME is another name of the zone, or of nobody.
	CNAME string
	// Rcode is one of the codes of package dns, for a failure.
	Rcode int
	// Delay passes before the answer.
	Delay time.Duration
	// Truncated cuts the answer over UDP down to its head. Without it, only
	// what does not fit the asker's limit is cut off.
	Truncated bool
	// EDE are the extended errors (RFC 8914) behind the answer, for who asks with EDNS.
	EDE []dns.EDNS0_EDE
	// TTL is the records' time to live, in seconds; 60 for 0.
	TTL uint32
	// Authenticated sets the AD bit.
	Authenticated bool
	// NoEDNS is the code with which a server of old answers a question with EDNS.
	NoEDNS int
	// WrongID sends an answer to somebody else's question before the right one.
	WrongID bool
	// Raw is sent instead of all this, behind the question's ID.
	Raw []byte
}

// extend gives a question with EDNS its answer with EDNS, and returns the limit
// of a datagram.
func extend(reply, question *dns.Msg, answer DNSAnswer) (size int) {
	asked := question.IsEdns0()
	if asked == nil {
		return dns.MinMsgSize
	}
	if answer.NoEDNS != 0 {
		reply.Rcode, reply.Answer = answer.NoEDNS, nil
		return dns.MinMsgSize
	}
	reply.SetEdns0(dns.DefaultMsgSize, false)
	for _, e := range answer.EDE {
		reply.IsEdns0().Option = append(reply.IsEdns0().Option, &e)
	}
	return max(int(asked.UDPSize()), dns.MinMsgSize)
}

// ServeDNS answers one question.
func (z Zone) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	query := queryOf(w, question)
	reply := new(dns.Msg).SetReply(question)
	answer, listed := z.find(query.Name)
	time.Sleep(answer.Delay)
	if answer.Raw != nil {
		_, _ = w.Write(append([]byte{byte(question.Id >> 8), byte(question.Id)}, answer.Raw...))
		return
	}
	if answer.WrongID {
		wrong := new(dns.Msg).SetRcode(question, dns.RcodeServerFailure)
		wrong.Id++
		_ = w.WriteMsg(wrong)
	}
	reply.Rcode = answer.Rcode
	if !listed {
		reply.Rcode = dns.RcodeNameError
	}
	reply.AuthenticatedData = answer.Authenticated
	reply.Answer = z.records(question.Question[0])
	size := extend(reply, question, answer)
	if query.Network == "udp" {
		reply.Truncate(size)
		if answer.Truncated {
			reply.Truncated, reply.Answer = true, nil
		}
	}
	_ = w.WriteMsg(reply)
}

func (z Zone) find(name string) (DNSAnswer, bool) {
	answer, listed := z[strings.ToLower(strings.TrimSuffix(name, "."))]
	if !listed {
		answer, listed = z["*"]
	}
	return answer, listed
}

// records are the name's addresses, behind the chain of aliases that leads to them.
func (z Zone) records(asked dns.Question) []dns.RR {
	var records []dns.RR
	owner := asked.Name
	for range len(z) + 1 { // a loop ends where it began
		answer, _ := z.find(owner)
		header := dns.RR_Header{Name: owner, Class: dns.ClassINET, Ttl: cmp.Or(answer.TTL, 60)}
		if answer.CNAME == "" {
			return append(records, addresses(header, asked.Qtype, answer.IP)...)
		}
		header.Rrtype = dns.TypeCNAME
		owner = dns.Fqdn(answer.CNAME)
		records = append(records, &dns.CNAME{Hdr: header, Target: owner})
	}
	return records
}

func addresses(header dns.RR_Header, kind uint16, all []string) []dns.RR {
	var records []dns.RR
	header.Rrtype = kind
	for _, text := range all {
		address := netip.MustParseAddr(text)
		switch {
		case kind == dns.TypeA && address.Is4():
			records = append(records, &dns.A{Hdr: header, A: net.IP(address.AsSlice())})
		case kind == dns.TypeAAAA && address.Is6():
			records = append(records, &dns.AAAA{Hdr: header, AAAA: net.IP(address.AsSlice())})
		}
	}
	return records
}

// Silent is a name server that hears everything and says nothing.
type Silent struct{}

// ServeDNS does nothing.
func (Silent) ServeDNS(dns.ResponseWriter, *dns.Msg) {}

// Lose loses the first n questions on their way to handler.
func Lose(n int, handler dns.Handler) dns.Handler {
	var seen atomic.Int64
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		if seen.Add(1) > int64(n) {
			handler.ServeDNS(w, question)
		}
	})
}
