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

// Zone is a [dns.Handler]. Its keys are names in lower case without the final dot.
// "*" stands for all other names; without it, they do not exist (NXDOMAIN).
//
//	testkit.Zone{
//		"api.localstack.test": {IP: []string{"127.0.0.1", "::1"}},
//		"alias.test":          {CNAME: "api.localstack.test"},
//		"filtered.test":       {Rcode: dns.RcodeRefused},
//	}
type Zone map[string]DNSAnswer

// DNSAnswer is what a name server answers for a name. The zero DNSAnswer is a name
// without an address.
type DNSAnswer struct {
	// IP are the name's addresses of both families.
	IP []string
	// CNAME is another name, in the zone or not.
	CNAME string
	// Rcode is one of the codes of package dns, for a failure.
	Rcode int
	// Delay passes before the answer.
	Delay time.Duration
	// Truncated removes the records from an answer over UDP. Otherwise only an
	// answer over the client's size limit is truncated.
	Truncated bool
	// EDE are the extended errors (RFC 8914), for queries with EDNS.
	EDE []dns.EDNS0_EDE
	// TTL is the records' time to live, in seconds; 60 for 0.
	TTL uint32
	// Authenticated sets the AD bit.
	Authenticated bool
	// NoEDNS is the code with which an old server answers a query with EDNS.
	NoEDNS int
	// WrongID sends an answer with a wrong ID before the right one.
	WrongID bool
	// Raw is sent instead of all this, after the query's ID.
	Raw []byte
}

// extend adds EDNS to the answer to a query with EDNS. It returns the size limit of a
// datagram.
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

// ServeDNS answers one query.
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

// records returns the name's addresses, after the chain of aliases.
func (z Zone) records(asked dns.Question) []dns.RR {
	var records []dns.RR
	owner := asked.Name
	for range len(z) + 1 { // bounds a loop of aliases
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

// Silent is a name server that never answers.
type Silent struct{}

// ServeDNS does nothing.
func (Silent) ServeDNS(dns.ResponseWriter, *dns.Msg) {}

// Lose drops the first n queries to handler.
func Lose(n int, handler dns.Handler) dns.Handler {
	var seen atomic.Int64
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		if seen.Add(1) > int64(n) {
			handler.ServeDNS(w, question)
		}
	})
}
