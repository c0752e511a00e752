package resolve

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Dig is the answer in the shape in which dig prints one, without the first line; now is when it came.
func (a Answer) Dig(now time.Time) string {
	var out strings.Builder
	host, port, _ := net.SplitHostPort(a.Server)
	if a.CutShort {
		out.WriteString(";; Truncated, retrying in TCP mode.\n")
	}
	if a.Reply == nil {
		status := StatusOf(a.Err, statusMalformed)
		inDig := map[Status]Status{statusTimeout: "timed out", statusClosed: "end of file"}
		fmt.Fprintf(&out, ";; communications error to %s#%s: %s\n;; no servers could be reached\n",
			host, port, string(cmp.Or(inDig[status], status)))
		return out.String()
	}
	out.WriteString(";; Got answer:\n")
	a.digHead(&out)
	a.digOptions(&out)
	digSection(&out, "ANSWER", a.Reply.Answer)
	digSection(&out, "AUTHORITY", a.Reply.Ns)
	digSection(&out, "ADDITIONAL", a.Reply.Extra)
	fmt.Fprintf(&out, "\n;; Query time: %d msec\n;; SERVER: %s#%s(%s) (%s)\n;; WHEN: %s\n;; MSG SIZE  rcvd: %d\n",
		a.Took.Milliseconds(), host, port, host, strings.ToUpper(a.network()),
		now.Format("Mon Jan 02 15:04:05 MST 2006"), a.Size)
	return out.String()
}

// Short is what dig's +short prints: what the records say, a line each.
func (a Answer) Short() string {
	if a.Reply == nil {
		return a.Dig(time.Time{})
	}
	var out strings.Builder
	for _, record := range a.Reply.Answer {
		out.WriteString(recordText(record) + "\n")
	}
	return out.String()
}

// digHead writes the header, which the library prints nearly as dig does.
func (a Answer) digHead(out *strings.Builder) {
	reply := a.Reply
	head := strings.Replace(reply.MsgHdr.String(), ";; ", ";; ->>HEADER<<- ", 1)
	head = strings.Replace(head, "status: ,", "status: "+rcodeName(reply.Rcode, "RESERVED")+",", 1)
	fmt.Fprintf(out, "%s QUERY: %d, ANSWER: %d, AUTHORITY: %d, ADDITIONAL: %d\n", head,
		len(reply.Question), len(reply.Answer), len(reply.Ns), len(reply.Extra))
	if reply.RecursionDesired && !reply.RecursionAvailable {
		out.WriteString(";; WARNING: recursion requested but not available\n")
	}
}

// digOptions writes the EDNS section, with the extended errors, and the question.
func (a Answer) digOptions(out *strings.Builder) {
	out.WriteString("\n")
	if opt := a.Reply.IsEdns0(); opt != nil {
		flags := map[bool]string{true: " do"}[opt.Do()]
		fmt.Fprintf(out, ";; OPT PSEUDOSECTION:\n; EDNS: version: %d, flags:%s; udp: %d\n",
			opt.Version(), flags, opt.UDPSize())
		for _, e := range a.ExtendedErrors() {
			fmt.Fprintf(out, "; EDE: %s\n", e)
		}
	}
	if len(a.Reply.Question) > 0 {
		out.WriteString(";; QUESTION SECTION:\n")
	}
	for _, q := range a.Reply.Question {
		fmt.Fprintf(out, ";%s\t\t%s\t%s\n", q.Name, dns.Class(q.Qclass), dns.Type(q.Qtype))
	}
}

func digSection(out *strings.Builder, name string, records []dns.RR) {
	isOption := func(record dns.RR) bool { return record.Header().Rrtype == dns.TypeOPT }
	if records = slices.DeleteFunc(slices.Clone(records), isOption); len(records) == 0 {
		return
	}
	fmt.Fprintf(out, "\n;; %s SECTION:\n", name)
	for _, record := range records {
		out.WriteString(recordLine(record) + "\n")
	}
}
