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
	text := a.Print(newQuery("", 0, false).Show, now)
	if a.Reply == nil {
		text += NoReply
	}
	return text
}

// Print is Dig with a part of what there is, or in another form.
func (a Answer) Print(show Show, now time.Time) string {
	out := digPage{Show: show}
	host, port, _ := net.SplitHostPort(a.Server)
	if show.Sent {
		out.message(a.Query, "Sending", a.Query)
		fmt.Fprintf(&out, "\n;; QUERY SIZE: %d\n\n", a.Query.Len())
	}
	if a.CutShort {
		out.WriteString(";; Truncated, retrying in TCP mode.\n")
	}
	if a.Reply == nil {
		status := StatusOf(a.Err, statusMalformed)
		inDig := map[Status]Status{statusTimeout: "timed out", statusClosed: "end of file"}
		for range max(a.tries, 1) {
			fmt.Fprintf(&out, ";; communications error to %s#%s: %s\n", host, port, string(cmp.Or(inDig[status], status)))
		}
		return out.String()
	}
	out.message(a.Reply, "Got answer", a.Query)
	if show.Stats {
		fmt.Fprintf(&out, "\n;; Query time: %d msec\n;; SERVER: %s#%s(%s) (%s)\n;; WHEN: %s\n;; MSG SIZE  rcvd: %d\n",
			a.Took.Milliseconds(), host, port, host, strings.ToUpper(a.network()),
			now.Format("Mon Jan 02 15:04:05 MST 2006"), a.Size)
	}
	return out.String()
}

// NoReply is what dig prints when no server has answered.
const NoReply = ";; no servers could be reached\n"

// digPage is what dig prints of an answer.
type digPage struct {
	Show
	strings.Builder
}

// message writes a question or an answer.
func (p *digPage) message(message *dns.Msg, title string, question *dns.Msg) {
	if p.Short {
		for _, record := range message.Answer {
			p.WriteString(p.text(record) + "\n")
		}
		return
	}
	if p.Comments {
		p.WriteString(";; " + title + ":\n")
		p.head(message, question)
		p.options(message)
	}
	if p.Question && len(message.Question) > 0 {
		p.title("QUESTION", false)
		for _, q := range message.Question {
			fmt.Fprintf(p, ";%s\t\t%s\t%s\n", q.Name, p.class(q.Qclass), p.kind(q.Qtype))
		}
	}
	for _, section := range []struct {
		shown   bool
		name    string
		records []dns.RR
	}{
		{p.Answer, "ANSWER", message.Answer},
		{p.Authority, "AUTHORITY", message.Ns},
		{p.Additional, "ADDITIONAL", message.Extra},
	} {
		if section.shown {
			p.section(section.name, section.records)
		}
	}
}

// title begins a section.
func (p *digPage) title(name string, apart bool) {
	if !p.Comments {
		return
	}
	if apart {
		p.WriteString("\n")
	}
	fmt.Fprintf(p, ";; %s SECTION:\n", name)
}

// head writes the header, which the library prints nearly as dig does.
func (p *digPage) head(message, question *dns.Msg) {
	if inDomain := strings.TrimSuffix(question.Question[0].Name, "."); InDomain(Normal(inDomain), "local") {
		p.WriteString(";; WARNING: .local is reserved for Multicast DNS\n" +
			";; You are currently testing what happens when an mDNS query is leaked to DNS\n")
	}
	head := strings.Replace(message.MsgHdr.String(), ";; ", ";; ->>HEADER<<- ", 1)
	head = strings.Replace(head, "status: ,", "status: "+rcodeName(message.Rcode, "RESERVED")+",", 1)
	fmt.Fprintf(p, "%s QUERY: %d, ANSWER: %d, AUTHORITY: %d, ADDITIONAL: %d\n", head,
		len(message.Question), len(message.Answer), len(message.Ns), len(message.Extra))
	if message.Response && message.RecursionDesired && !message.RecursionAvailable {
		p.WriteString(";; WARNING: recursion requested but not available\n")
	}
}

// options writes the EDNS section, with the extended errors.
func (p *digPage) options(message *dns.Msg) {
	p.WriteString("\n")
	opt := message.IsEdns0()
	if opt == nil {
		return
	}
	flags := map[bool]string{true: " do"}[opt.Do()]
	fmt.Fprintf(p, ";; OPT PSEUDOSECTION:\n; EDNS: version: %d, flags:%s; udp: %d\n", opt.Version(), flags, opt.UDPSize())
	for _, option := range opt.Option {
		if e, ok := option.(*dns.EDNS0_EDE); ok {
			fmt.Fprintf(p, "; EDE: %s\n", ExtendedError{e})
		}
	}
}

func (p *digPage) section(name string, records []dns.RR) {
	isOption := func(record dns.RR) bool { return record.Header().Rrtype == dns.TypeOPT }
	if records = slices.DeleteFunc(slices.Clone(records), isOption); len(records) == 0 {
		return
	}
	p.title(name, true)
	for _, record := range records {
		p.WriteString(p.record(record) + "\n")
	}
}

// record is a record in its columns.
func (p *digPage) record(record dns.RR) string {
	// The library's form of a header: name, TTL, class and type, each with a tab behind.
	columns := strings.Split(record.Header().String(), "\t")
	if record.Header().Rrtype == dns.TypeOPT || len(columns) != 5 {
		return record.Header().String() + p.text(record)
	}
	columns[2], columns[3] = p.class(record.Header().Class), p.kind(record.Header().Rrtype)
	if !p.Class {
		columns = slices.Delete(columns, 2, 3)
	}
	if !p.TTL {
		columns = slices.Delete(columns, 1, 2)
	}
	return strings.Join(columns, "\t") + p.text(record)
}

// class and kind are the names of a class and a type, or their numbers (RFC 3597).
func (p *digPage) class(class uint16) string {
	if p.Unknown {
		return fmt.Sprintf("CLASS%d", class)
	}
	return dns.Class(class).String()
}

func (p *digPage) kind(kind uint16) string {
	if p.Unknown {
		return fmt.Sprintf("TYPE%d", kind)
	}
	return dns.Type(kind).String()
}

// text is what a record says.
func (p *digPage) text(record dns.RR) string {
	soa, isSOA := record.(*dns.SOA)
	switch {
	case p.Unknown:
		return unknownText(record)
	case p.Multiline && isSOA && !p.Short:
		return multilineSOA(soa)
	}
	return recordText(record)
}

// multilineSOA explains the numbers of a zone's first record.
func multilineSOA(soa *dns.SOA) string {
	const indent = "\t\t\t\t"
	text := fmt.Sprintf("%s %s (\n%s%-10d ; serial\n", soa.Ns, soa.Mbox, indent, soa.Serial)
	for _, number := range []struct {
		seconds uint32
		name    string
	}{{soa.Refresh, "refresh"}, {soa.Retry, "retry"}, {soa.Expire, "expire"}, {soa.Minttl, "minimum"}} {
		text += fmt.Sprintf("%s%-10d ; %s (%s)\n", indent, number.seconds, number.name, inUnits(number.seconds))
	}
	return text + indent + ")"
}

// inUnits is a time as in "1 week 2 days".
func inUnits(seconds uint32) string {
	var parts []string
	for _, unit := range []struct {
		seconds uint32
		name    string
	}{{7 * 24 * 3600, "week"}, {24 * 3600, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}} {
		n := seconds / unit.seconds
		seconds %= unit.seconds
		if n > 1 {
			unit.name += "s"
		}
		if n > 0 || len(parts) == 0 && unit.seconds == 1 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit.name))
		}
	}
	return strings.Join(parts, " ")
}
