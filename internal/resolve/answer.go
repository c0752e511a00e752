package resolve

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/task"
)

// Answer is all that one name server made of one question.
type Answer struct {
	// Server is its host:port.
	Server string
	Query  *dns.Msg
	// Reply is nil when there is none; Err then says why, in a word.
	Reply *dns.Msg
	Err   error
	// OverTCP tells over which network the reply came, CutShort that a reply
	// over UDP did not fit.
	OverTCP, CutShort bool
	// Size is the reply's length in bytes.
	Size int
	// Took is the time from the question to the reply.
	Took time.Duration
}

// Ask puts one question to one server as dig does: with EDNS (RFC 6891) and
// the AD bit (RFC 6840), over TCP when the reply over UDP does not fit. A
// server that does not know EDNS is asked without. The question is sent up to
// three times, a second apart, until ctx ends.
func Ask(ctx context.Context, server, name string, kind uint16, overTCP bool) Answer {
	question := new(dns.Msg).SetQuestion(dns.Fqdn(name), kind)
	question.AuthenticatedData = true
	question.SetEdns0(payload, false)
	answer := ask(ctx, server, question, overTCP)
	if r := answer.Reply; r != nil && (r.Rcode == dns.RcodeFormatError || r.Rcode == dns.RcodeNotImplemented) {
		question.Extra = nil
		answer = ask(ctx, server, question, overTCP)
	}
	return answer
}

func ask(ctx context.Context, server string, question *dns.Msg, overTCP bool) Answer {
	const tries = 3
	var made [tries]Answer
	answer, errs := task.Race(ctx, tries, resend, func(ctx context.Context, i int) (Answer, error) {
		answer := Answer{Server: server, Query: question.Copy(), OverTCP: overTCP}
		began := time.Now()
		network := "udp"
		if overTCP {
			network = "tcp"
		}
		reply, size, err := exchangeOver(ctx, network, server, answer.Query)
		if reply != nil && reply.Truncated && !overTCP {
			answer.CutShort, answer.OverTCP = true, true
			reply, size, err = exchangeOver(ctx, "tcp", server, answer.Query)
		}
		answer.Reply, answer.Size, answer.Took = reply, size, time.Since(began)
		if err != nil {
			answer.Reply, answer.Err = nil, statusOf(err)
		}
		made[i] = answer
		return answer, answer.Err
	})
	if errs == nil {
		return answer
	}
	if heard := slices.IndexFunc(errs, func(err error) bool { return statusOf(err) != StatusTimeout }); heard >= 0 {
		return made[heard]
	}
	return Answer{Server: server, Query: question, OverTCP: overTCP, Err: StatusTimeout}
}

// Addresses are those behind the name that was asked for.
func (a Answer) Addresses() []netip.Addr {
	if a.Reply == nil {
		return nil
	}
	asked := a.Query.Question[0]
	addresses, _ := follow(a.Reply, asked.Name, asked.Qtype)
	return addresses
}

// status is the RCODE, or why there is none, and "NOERROR" for an answer.
func (a Answer) Status() Status {
	switch {
	case a.Err != nil && a.CutShort:
		return cutShort(a.Err)
	case a.Err != nil:
		return statusOf(a.Err)
	case a.Reply.Rcode == dns.RcodeSuccess && (len(a.Reply.Answer) == 0 || a.asksForAddress() && len(a.Addresses()) == 0):
		return StatusEmpty
	}
	if code, known := dns.RcodeToString[a.Reply.Rcode]; known {
		return Status(code)
	}
	return Status(fmt.Sprintf("RCODE %d", a.Reply.Rcode))
}

func (a Answer) asksForAddress() bool {
	kind := a.Query.Question[0].Qtype
	return kind == dns.TypeA || kind == dns.TypeAAAA
}

// extended are the reply's extended errors (RFC 8914).
func (a Answer) Extended() []*dns.EDNS0_EDE {
	var errors []*dns.EDNS0_EDE
	if a.Reply == nil {
		return nil
	}
	if opt := a.Reply.IsEdns0(); opt != nil {
		for _, option := range opt.Option {
			if e, ok := option.(*dns.EDNS0_EDE); ok {
				errors = append(errors, e)
			}
		}
	}
	return errors
}

// maxShown bounds what is shown of a long list.
const maxShown = 8

func FirstOf[T any](all []T) []T { return all[:min(len(all), maxShown)] }

// ExtendedText is as in "15 (Blocked): (by policy)", dig's form: on one line,
// whatever the server writes.
func ExtendedText(e *dns.EDNS0_EDE) string {
	text := fmt.Sprint(e.InfoCode)
	if name, known := dns.ExtendedErrorCodeToString[e.InfoCode]; known {
		text += " (" + name + ")"
	}
	if e.ExtraText != "" {
		text += fmt.Sprintf(": (%.200s)", strings.Map(Printable, e.ExtraText))
	}
	return text
}

func Printable(r rune) rune {
	if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
		return '.'
	}
	return r
}

// String is the answer in a line: "NOERROR in 3 ms: a.example → b.example →
// 192.0.2.1 (TTL 60 s, authenticated)".
func (a Answer) String() string {
	kind := dns.Type(a.Query.Question[0].Qtype).String()
	text := kind + " " + string(a.Status())
	for _, e := range FirstOf(a.Extended()) {
		text += ", EDE " + ExtendedText(e)
	}
	if a.Reply == nil {
		return text
	}
	text += fmt.Sprintf(" in %d ms", a.Took.Milliseconds())
	if a.CutShort {
		text += " over TCP, for it was cut short over UDP"
	}
	if chain := a.chain(); chain != "" {
		text += ": " + chain
	}
	return text
}

// chain is the way from the name over its aliases to the addresses.
func (a Answer) chain() string {
	var names, notes []string
	var addresses []netip.Addr
	ttl := uint32(0)
	for i, record := range a.Reply.Answer {
		if ttl = min(ttl, record.Header().Ttl); i == 0 {
			ttl = record.Header().Ttl
		}
		switch record := record.(type) {
		case *dns.CNAME:
			names = append(names, strings.TrimSuffix(record.Target, "."))
		case *dns.A:
			addresses = appendAddress(addresses, record.A, true)
		case *dns.AAAA:
			addresses = appendAddress(addresses, record.AAAA, true)
		}
	}
	names = FirstOf(names)
	if len(addresses) > 0 {
		names = append(names, Join(addresses))
	}
	if len(names) == 0 {
		return ""
	}
	notes = append(notes, fmt.Sprintf("TTL %d s", ttl))
	if a.Reply.AuthenticatedData {
		notes = append(notes, "authenticated")
	}
	return strings.Join(names, " → ") + " (" + strings.Join(notes, ", ") + ")"
}

// Join lists addresses, the first few when there are many.
func Join(addresses []netip.Addr) string {
	var texts []string
	for _, address := range FirstOf(addresses) {
		texts = append(texts, address.String())
	}
	text := strings.Join(texts, ", ")
	if more := len(addresses) - maxShown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
