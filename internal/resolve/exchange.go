package resolve

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/miekg/dns"
)

const (
	// maxChain bounds a chain of CNAMEs.
	maxChain = 16
	// payload is the size of an answer over UDP, in bytes, that passes
	// everywhere (DNS flag day 2020).
	payload = 1232
)

// Status is what became of a question that brought no address: the name of an
// RCODE, the operating system's word for a failure, or one of those below.
type Status string

const (
	StatusNone      Status = "NXDOMAIN"
	StatusEmpty     Status = "NOERROR without an address"
	statusBlocked   Status = "the blocking address 0.0.0.0"
	statusLoop      Status = "CNAME loop"
	statusMalformed Status = "malformed answer"
	statusClosed    Status = "connection closed"
	StatusTimeout   Status = "timeout"
)

// Error makes a status an error.
func (s Status) Error() string { return string(s) }

// IsDenial tells whether err is a server's word that the name leads nowhere.
func IsDenial(err error) bool {
	return errors.Is(err, StatusNone) || errors.Is(err, StatusEmpty) || errors.Is(err, statusBlocked)
}

// statusOf is the status that err is, or amounts to.
func statusOf(err error) Status {
	var known Status
	var errno syscall.Errno
	switch {
	case errors.As(err, &known):
		return known
	case IsTimeout(err), errors.Is(err, context.Canceled):
		return StatusTimeout
	case errors.As(err, &errno):
		return Status(errno.Error())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return statusClosed
	}
	return statusMalformed
}

// exchange sends one question, and sends it again over TCP when the answer was
// cut short before the first address: one is enough to connect to.
func exchange(ctx context.Context, server string, question *dns.Msg, overTCP bool) (*dns.Msg, error) {
	if overTCP {
		reply, _, err := exchangeOver(ctx, "tcp", server, question)
		return reply, err
	}
	reply, _, err := exchangeOver(ctx, "udp", server, question)
	if reply == nil || !reply.Truncated {
		return reply, err
	}
	asked := question.Question[0]
	if addresses, _ := follow(reply, asked.Name, asked.Qtype); len(addresses) > 0 {
		return reply, nil
	}
	reply, _, err = exchangeOver(ctx, "tcp", server, question)
	if err != nil {
		return nil, cutShort(err)
	}
	return reply, nil
}

// cutShort is what became of a question whose answer did not fit a datagram.
func cutShort(err error) Status {
	return Status("answer cut short, then " + string(statusOf(err)) + " over TCP")
}

// exchangeOver sends one question over one network. A reply beside an error is
// one whose head alone can be trusted. size is its length in bytes.
func exchangeOver(ctx context.Context, network, server string, question *dns.Msg) (reply *dns.Msg, size int, err error) {
	client := dns.Client{Net: network, Timeout: maxPatience}
	conn, err := client.DialContext(ctx, server)
	if err != nil {
		return nil, 0, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(maxPatience))
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	reply, size, err = converse(conn, question)
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, 0, ctx.Err()
	case reply != nil && !isReply(reply, question):
		return nil, 0, statusMalformed
	}
	return reply, size, err
}

// converse sends a question and waits for its answer. The library's own way
// would lose a datagram that is longer than we allow; some forwarders do not
// care.
func converse(conn *dns.Conn, question *dns.Msg) (reply *dns.Msg, size int, err error) {
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

// isReply tells whether reply belongs to question. A server that will not
// answer may leave the question out.
func isReply(reply, question *dns.Msg) bool {
	if len(reply.Question) == 0 {
		return reply.Response && reply.Rcode != dns.RcodeSuccess
	}
	asked, echoed := question.Question[0], reply.Question[0]
	return reply.Response && len(reply.Question) == 1 && strings.EqualFold(echoed.Name, asked.Name) &&
		echoed.Qtype == asked.Qtype && echoed.Qclass == asked.Qclass
}

// follow collects the addresses behind name, through the reply's CNAMEs.
func follow(reply *dns.Msg, name string, kind uint16) (addresses []netip.Addr, looped bool) {
	aliases := map[string]string{}
	found := map[string][]netip.Addr{}
	for _, record := range reply.Answer {
		owner := strings.ToLower(record.Header().Name)
		switch record := record.(type) {
		case *dns.CNAME:
			aliases[owner] = strings.ToLower(record.Target)
		case *dns.A:
			found[owner] = appendAddress(found[owner], record.A, kind == dns.TypeA)
		case *dns.AAAA:
			found[owner] = appendAddress(found[owner], record.AAAA, kind == dns.TypeAAAA)
		}
	}
	owner := strings.ToLower(name)
	for range maxChain {
		if len(found[owner]) > 0 || aliases[owner] == "" {
			return found[owner], false
		}
		owner = aliases[owner]
	}
	return nil, true
}

func appendAddress(addresses []netip.Addr, ip []byte, wanted bool) []netip.Addr {
	if address, ok := netip.AddrFromSlice(ip); ok && wanted {
		return append(addresses, address.Unmap())
	}
	return addresses
}

// IsTimeout reports whether time ran out for err, a single error.
func IsTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
