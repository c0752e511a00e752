package resolve

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Dig is the answer in the shape in which dig prints one, without the first
// line; now is when it came.
func (a Answer) Dig(now time.Time) string {
	var out strings.Builder
	host, port, _ := net.SplitHostPort(a.Server)
	if a.CutShort {
		out.WriteString(";; Truncated, retrying in TCP mode.\n")
	}
	if a.Reply == nil {
		fmt.Fprintf(&out, ";; communications error to %s#%s: %s\n;; no servers could be reached\n", host, port, digWord(a.Err))
		return out.String()
	}
	out.WriteString(";; Got answer:\n")
	a.digHead(&out)
	a.digOptions(&out)
	digSection(&out, "ANSWER", a.Reply.Answer)
	digSection(&out, "AUTHORITY", a.Reply.Ns)
	digSection(&out, "ADDITIONAL", a.Reply.Extra)
	network := "UDP"
	if a.OverTCP {
		network = "TCP"
	}
	fmt.Fprintf(&out, "\n;; Query time: %d msec\n;; SERVER: %s#%s(%s) (%s)\n;; WHEN: %s\n;; MSG SIZE  rcvd: %d\n",
		a.Took.Milliseconds(), host, port, host, network, now.Format("Mon Jan 02 15:04:05 MST 2006"), a.Size)
	return out.String()
}

// Short is what dig's +short prints: what the records say, a line each.
func (a Answer) Short() string {
	if a.Reply == nil {
		return a.Dig(time.Time{})
	}
	var out strings.Builder
	for _, record := range a.Reply.Answer {
		out.WriteString(strings.TrimPrefix(record.String(), record.Header().String()) + "\n")
	}
	return out.String()
}

// digWord is a failure in dig's words.
func digWord(err error) string {
	switch statusOf(err) {
	case StatusTimeout:
		return "timed out"
	case statusClosed:
		return "end of file"
	}
	return err.Error()
}

func (a Answer) digHead(out *strings.Builder) {
	reply := a.Reply
	var flags []string
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"qr", reply.Response}, {"aa", reply.Authoritative}, {"tc", reply.Truncated}, {"rd", reply.RecursionDesired},
		{"ra", reply.RecursionAvailable}, {"ad", reply.AuthenticatedData}, {"cd", reply.CheckingDisabled},
	} {
		if flag.set {
			flags = append(flags, flag.name)
		}
	}
	code, known := dns.RcodeToString[reply.Rcode]
	if !known {
		code = fmt.Sprintf("RESERVED%d", reply.Rcode)
	}
	operation, known := dns.OpcodeToString[reply.Opcode]
	if !known {
		operation = fmt.Sprintf("RESERVED%d", reply.Opcode)
	}
	fmt.Fprintf(out, ";; ->>HEADER<<- opcode: %s, status: %s, id: %d\n", operation, code, reply.Id)
	fmt.Fprintf(out, ";; flags: %s; QUERY: %d, ANSWER: %d, AUTHORITY: %d, ADDITIONAL: %d\n", strings.Join(flags, " "),
		len(reply.Question), len(reply.Answer), len(reply.Ns), len(reply.Extra))
	if reply.RecursionDesired && !reply.RecursionAvailable {
		out.WriteString(";; WARNING: recursion requested but not available\n")
	}
}

// digOptions writes the EDNS section, with the extended errors, and the question.
func (a Answer) digOptions(out *strings.Builder) {
	if opt := a.Reply.IsEdns0(); opt != nil {
		flags := ""
		if opt.Do() {
			flags = " do"
		}
		fmt.Fprintf(out, "\n;; OPT PSEUDOSECTION:\n; EDNS: version: %d, flags:%s; udp: %d\n", opt.Version(), flags, opt.UDPSize())
		for _, e := range a.Extended() {
			fmt.Fprintf(out, "; EDE: %s\n", ExtendedText(e))
		}
	} else {
		out.WriteString("\n")
	}
	if len(a.Reply.Question) > 0 {
		out.WriteString(";; QUESTION SECTION:\n")
	}
	for _, q := range a.Reply.Question {
		fmt.Fprintf(out, ";%s\t\t%s\t%s\n", q.Name, dns.Class(q.Qclass), dns.Type(q.Qtype))
	}
}

func digSection(out *strings.Builder, name string, records []dns.RR) {
	if records = slices.DeleteFunc(slices.Clone(records), isOption); len(records) == 0 {
		return
	}
	fmt.Fprintf(out, "\n;; %s SECTION:\n", name)
	for _, record := range records {
		out.WriteString(record.String() + "\n")
	}
}

func isOption(record dns.RR) bool { return record.Header().Rrtype == dns.TypeOPT }
