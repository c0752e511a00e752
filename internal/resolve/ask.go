package resolve

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/task"
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

// ask sends a question to a server, and sends it again when the datagram seems lost.
func (a asker) ask(ctx context.Context, server string, question *dns.Msg) Answer {
	silent := Answer{Server: server, Query: question, OverTCP: a.overTCP}
	answers := slices.Repeat([]Answer{silent}, a.attempts)
	answer, errs := task.Race(ctx, a.attempts, resend, func(ctx context.Context, i int) (Answer, error) {
		answers[i] = a.send(ctx, server, question)
		return answers[i], answers[i].Err
	})
	if errs == nil {
		return answer
	}
	// What came back tells more than what did not.
	heard := slices.IndexFunc(answers, func(got Answer) bool { return got.Status() != statusTimeout })
	return answers[max(heard, 0)]
}

// send sends a question once, and again over TCP when the answer was cut short.
func (a asker) send(ctx context.Context, server string, question *dns.Msg) Answer {
	answer := Answer{Server: server, Query: question, OverTCP: a.overTCP}
	began := time.Now()
	answer.exchange(ctx)
	switch {
	case a.overTCP || answer.Reply == nil || !answer.Reply.Truncated:
	case a.partial && len(answer.Addresses()) > 0:
		answer.Err = nil
	default:
		answer.CutShort, answer.OverTCP = true, true
		answer.exchange(ctx)
	}
	answer.Took = time.Since(began)
	if answer.Err != nil {
		answer.Reply = nil
	}
	return answer
}

// exchange sends the question over one network and fills in what comes back. A reply beside an error is
// one whose head alone can be trusted.
func (a *Answer) exchange(ctx context.Context) {
	client := dns.Client{Net: "udp", Timeout: maxPatience}
	if a.OverTCP {
		client.Net = "tcp"
	}
	a.Reply = nil
	conn, err := client.DialContext(ctx, a.Server)
	if err != nil {
		a.Err = err
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(maxPatience))
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	a.Reply, a.Size, a.Err = roundTrip(conn, a.Query)
	switch {
	case ctx.Err() != nil && a.Err != nil:
		a.Reply, a.Err = nil, ctx.Err()
	case a.Reply != nil && !isReply(a.Reply, a.Query):
		a.Reply, a.Err = nil, statusMalformed
	}
}

// roundTrip sends a question and waits for its answer. The library's own way would lose a datagram that
// is longer than we allow; some forwarders do not care.
func roundTrip(conn *dns.Conn, question *dns.Msg) (reply *dns.Msg, size int, err error) {
	conn.UDPSize = dns.MaxMsgSize
	if err := conn.WriteMsg(question); err != nil {
		return nil, 0, err
	}
	for {
		packed, err := conn.ReadMsgHeader(nil)
		if err != nil {
			return nil, 0, err
		}
		reply := new(dns.Msg)
		if err = reply.Unpack(packed); reply.Id == question.Id {
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
