package resolve

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	// resend is when a question is asked again while the first is still open: a lost datagram must not
	// cost the whole time-out.
	resend = time.Second
	// maxPatience bounds the wait for one name server whatever resolv.conf says.
	maxPatience = 10 * time.Second
	// payload is the size of an answer over UDP, in bytes, that passes everywhere (DNS flag day 2020).
	payload = 1232
)

// Ask puts one question to one server as dig does: with EDNS (RFC 6891) and the AD bit (RFC 6840), over
// TCP when the reply over UDP does not fit. A server that does not know EDNS is asked without. The
// question is sent up to three times, a second apart, until ctx ends.
func Ask(ctx context.Context, server, name string, kind uint16, overTCP bool) Answer {
	return newQuery(name, kind, overTCP).Ask(ctx, server)
}

// Ask puts the question to one server until ctx ends. An answer that says nothing has its tries counted.
func (q Query) Ask(ctx context.Context, server string) (answer Answer) {
	dig := asker{attempts: 3, overTCP: q.OverTCP, ignore: q.Ignore, source: q.Source}
	question, tries := q.message(), 1
	if q.Tries > 0 || q.Timeout > 0 {
		dig.attempts, tries = 1, cmp.Or(q.Tries, 3)
	}
	for try := range tries {
		answer = dig.askWithin(ctx, cmp.Or(q.Timeout, DigTimeout), server, question)
		r := answer.Reply
		if r != nil && question.IsEdns0() != nil &&
			(r.Rcode == dns.RcodeFormatError || r.Rcode == dns.RcodeNotImplemented) {
			question.Extra = nil
			answer = dig.askWithin(ctx, cmp.Or(q.Timeout, DigTimeout), server, question)
		}
		answer.tries = try + 1
		if answer.isReached() || ctx.Err() != nil {
			break
		}
	}
	return answer
}

// message is the question as it is sent.
func (q Query) message() *dns.Msg {
	message := new(dns.Msg).SetQuestion(dns.Fqdn(q.Name), q.Kind)
	message.Question[0].Qclass = q.Class
	message.RecursionDesired, message.AuthenticatedData = q.Recurse, q.AuthenticData
	message.CheckingDisabled = q.CheckingDisabled
	if q.EDNS {
		message.SetEdns0(uint16(q.Size), q.DNSSEC)
		message.IsEdns0().SetVersion(uint8(q.Version))
	}
	return message
}

// asker is how a server is asked.
type asker struct {
	attempts int
	overTCP  bool
	// partial takes an answer that was cut short after the first address: one is enough to connect to. ignore
	// takes any that was cut short.
	partial, ignore bool
	// source is where to ask from, if that is given.
	source netip.AddrPort
}

func (a asker) askWithin(ctx context.Context, limit time.Duration, server string, question *dns.Msg) Answer {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return a.ask(ctx, server, question)
}

// ask sends a question to a server, and again over TCP when the answer is truncated.
func (a asker) ask(ctx context.Context, server string, question *dns.Msg) Answer {
	answer := Answer{Server: server, Query: question, OverTCP: a.overTCP}
	began := time.Now()
	answer.exchange(ctx, a.attempts, a.source)
	switch {
	case a.overTCP || answer.Reply == nil || !answer.Reply.Truncated:
	case a.ignore, a.partial && len(answer.Addresses()) > 0:
		answer.Err = nil
	default:
		answer.CutShort, answer.OverTCP = true, true
		answer.Reply, answer.Err = nil, nil
		answer.exchange(ctx, 1, a.source)
	}
	answer.Took = time.Since(began)
	if answer.Err != nil {
		answer.Reply = nil
	}
	return answer
}

// exchange sends the question over one network, again when the datagram seems lost, and fills in what
// comes back. A reply beside an error is one whose head alone can be trusted.
func (a *Answer) exchange(ctx context.Context, attempts int, source netip.AddrPort) {
	client := dns.Client{Net: a.network(), Timeout: maxPatience}
	if source.IsValid() {
		var local net.Addr = net.UDPAddrFromAddrPort(source)
		if a.OverTCP {
			local = net.TCPAddrFromAddrPort(source)
		}
		client.Dialer = &net.Dialer{Timeout: maxPatience, LocalAddr: local}
	}
	conn, err := client.DialContext(ctx, a.Server)
	if err != nil {
		a.Err = err
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	for i := range attempts {
		patience := maxPatience
		if i+1 < attempts {
			patience = resend
		}
		reply, size, err := roundTrip(conn, a.Query, patience)
		if ctx.Err() != nil && err != nil {
			err = ctx.Err()
		}
		// What came back tells more than what did not.
		if err == nil || StatusOf(a.Err, statusMalformed) == statusTimeout {
			a.Reply, a.Size, a.Err = reply, size, err
		}
		if err == nil || ctx.Err() != nil || reply != nil && reply.Truncated {
			return
		}
	}
}

// roundTrip sends a question and waits for its answer. The library's own way would lose a datagram that
// is longer than we allow; some forwarders do not care.
func roundTrip(conn *dns.Conn, question *dns.Msg, patience time.Duration) (reply *dns.Msg, size int, err error) {
	conn.UDPSize = dns.MaxMsgSize
	_ = conn.SetDeadline(time.Now().Add(patience))
	if err := conn.WriteMsg(question); err != nil {
		return nil, 0, err
	}
	for {
		packed, err := conn.ReadMsgHeader(nil)
		if err != nil {
			return nil, 0, err
		}
		reply := new(dns.Msg)
		switch err = reply.Unpack(packed); {
		case reply.Id != question.Id:
		case !isReply(reply, question):
			return nil, 0, statusMalformed
		default:
			return reply, len(packed), err
		}
	}
}

// isReply reports whether reply belongs to question. A server that will not answer may leave the
// question out.
func isReply(reply, question *dns.Msg) bool {
	if len(reply.Question) == 0 {
		return reply.Response && reply.Rcode != dns.RcodeSuccess
	}
	asked, echoed := question.Question[0], reply.Question[0]
	return reply.Response && len(reply.Question) == 1 && strings.EqualFold(echoed.Name, asked.Name) &&
		echoed.Qtype == asked.Qtype && echoed.Qclass == asked.Qclass
}
