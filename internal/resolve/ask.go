package resolve

import (
	"context"
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
	question := new(dns.Msg).SetQuestion(dns.Fqdn(name), kind)
	question.AuthenticatedData = true
	question.SetEdns0(payload, false)
	dig := asker{attempts: 3, overTCP: overTCP}
	answer := dig.ask(ctx, server, question)
	if r := answer.Reply; r != nil && (r.Rcode == dns.RcodeFormatError || r.Rcode == dns.RcodeNotImplemented) {
		question.Extra = nil
		answer = dig.ask(ctx, server, question)
	}
	return answer
}

// asker is how a server is asked.
type asker struct {
	attempts int
	overTCP  bool
	// partial takes an answer that was cut short after the first address: one is enough to connect to.
	partial bool
}

// ask sends a question to a server, and again over TCP when the answer is truncated.
func (a asker) ask(ctx context.Context, server string, question *dns.Msg) Answer {
	answer := Answer{Server: server, Query: question, OverTCP: a.overTCP}
	began := time.Now()
	answer.exchange(ctx, a.attempts)
	switch {
	case a.overTCP || answer.Reply == nil || !answer.Reply.Truncated:
	case a.partial && len(answer.Addresses()) > 0:
		answer.Err = nil
	default:
		answer.CutShort, answer.OverTCP = true, true
		answer.Reply, answer.Err = nil, nil
		answer.exchange(ctx, 1)
	}
	answer.Took = time.Since(began)
	if answer.Err != nil {
		answer.Reply = nil
	}
	return answer
}

// exchange sends the question over one network, again when the datagram seems lost, and fills in what
// comes back. A reply beside an error is one whose head alone can be trusted.
func (a *Answer) exchange(ctx context.Context, attempts int) {
	client := dns.Client{Net: a.network(), Timeout: maxPatience}
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
