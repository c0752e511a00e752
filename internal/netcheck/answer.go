package netcheck

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
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
	answer, errs := race(ctx, tries, resend, func(ctx context.Context, _ int) (Answer, error) {
		answer := Answer{Server: server, Query: question.Copy(), OverTCP: overTCP}
		began := time.Now()
		network := "udp"
		if overTCP {
			network = "tcp"
		}
		reply, err := exchangeOver(ctx, network, server, answer.Query)
		if reply != nil && reply.Truncated && !overTCP {
			answer.CutShort, answer.OverTCP = true, true
			reply, err = exchangeOver(ctx, "tcp", server, answer.Query)
		}
		answer.Reply, answer.Took = reply, time.Since(began)
		if err != nil {
			answer.Reply, answer.Err = nil, statusOf(err)
		}
		if err != nil && answer.CutShort {
			answer.Err = cutShort(err)
		}
		return answer, answer.Err
	})
	if errs == nil {
		return answer
	}
	heard := slices.IndexFunc(errs, func(err error) bool { return statusOf(err) != statusTimeout })
	return Answer{Server: server, Query: question, OverTCP: overTCP, Err: statusOf(errs[max(heard, 0)])}
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
func (a Answer) status() status {
	switch {
	case a.Err != nil:
		return statusOf(a.Err)
	case a.Reply.Rcode == dns.RcodeSuccess && len(a.Reply.Answer) == 0:
		return statusEmpty
	}
	if code, known := dns.RcodeToString[a.Reply.Rcode]; known {
		return status(code)
	}
	return status(fmt.Sprintf("RCODE %d", a.Reply.Rcode))
}

// extended are the reply's extended errors (RFC 8914).
func (a Answer) extended() []*dns.EDNS0_EDE {
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

// extendedText is as in "15 (Blocked): (by policy)", dig's form.
func extendedText(e *dns.EDNS0_EDE) string {
	text := fmt.Sprint(e.InfoCode)
	if name, known := dns.ExtendedErrorCodeToString[e.InfoCode]; known {
		text += " (" + name + ")"
	}
	if e.ExtraText != "" {
		text += fmt.Sprintf(": (%.200s)", e.ExtraText)
	}
	return text
}

// String is the answer in a line: "NOERROR in 3 ms: a.example → b.example →
// 192.0.2.1 (TTL 60 s, authenticated)".
func (a Answer) String() string {
	kind := dns.TypeToString[a.Query.Question[0].Qtype]
	text := kind + " " + string(a.status())
	for _, e := range a.extended() {
		text += ", EDE " + extendedText(e)
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
	var names, addresses, notes []string
	ttl := uint32(0)
	for i, record := range a.Reply.Answer {
		if ttl = min(ttl, record.Header().Ttl); i == 0 {
			ttl = record.Header().Ttl
		}
		switch record := record.(type) {
		case *dns.CNAME:
			names = append(names, strings.TrimSuffix(record.Target, "."))
		case *dns.A:
			addresses = append(addresses, record.A.String())
		case *dns.AAAA:
			addresses = append(addresses, record.AAAA.String())
		}
	}
	if len(addresses) > 0 {
		names = append(names, strings.Join(addresses, ", "))
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
