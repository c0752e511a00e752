package netcheck

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/miekg/dns"
)

const (
	// resend is when a question is asked again while the first is still open:
	// a lost datagram must not cost the whole time-out.
	resend = time.Second
	// secondFamily is how long the addresses of one family wait for the other
	// (RFC 8305's resolution delay).
	secondFamily = 50 * time.Millisecond
	// maxChain bounds a chain of CNAMEs.
	maxChain = 16
)

// What a server can do other than answer with an RCODE.
const (
	statusTimeout   = "timeout"
	statusEmpty     = "NOERROR without an address"
	statusLoop      = "CNAME loop"
	statusMalformed = "malformed answer"
	statusRefused   = "connection refused"
	statusFailed    = "network failure"
)

// answerError is one server's useless outcome: an RCODE by name, or one of the statuses above.
type answerError struct {
	server string
	status string
}

func (e *answerError) Error() string {
	if host, port, err := net.SplitHostPort(e.server); err == nil && port == "53" {
		return e.status + " from " + host
	}
	return e.status + " from " + e.server
}

// ask asks one server for both address families at once.
func (r *Resolver) ask(ctx context.Context, server, name string) ([]netip.Addr, error) {
	limit := min(time.Duration(r.conf.Timeout*max(r.conf.Attempts, 1))*time.Second, maxLookup)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	type result struct {
		addresses []netip.Addr
		err       error
	}
	ask := func(kind uint16) <-chan result {
		out := make(chan result, 1)
		go func() {
			addresses, err := r.askKind(ctx, server, name, kind)
			out <- result{addresses, err}
		}()
		return out
	}
	v6, v4 := ask(dns.TypeAAAA), ask(dns.TypeA)
	four := <-v4
	if four.err != nil {
		if six := <-v6; six.err == nil {
			return six.addresses, nil
		}
		return nil, four.err
	}
	select {
	case six := <-v6:
		return append(six.addresses, four.addresses...), nil
	case <-time.After(secondFamily):
		return four.addresses, nil
	}
}

// askKind asks one server one question, again when the first datagram seems lost.
func (r *Resolver) askKind(ctx context.Context, server, name string, kind uint16) ([]netip.Addr, error) {
	question := new(dns.Msg).SetQuestion(name, kind)
	reply, errs := race(ctx, max(r.conf.Attempts, 1), resend, func(ctx context.Context, _ int) (*dns.Msg, error) {
		message := question.Copy()
		message.Id = dns.Id()
		return exchange(ctx, server, message)
	})
	if errs != nil {
		return nil, &answerError{server, statusOf(ctx, errs)}
	}
	if reply.Rcode != dns.RcodeSuccess {
		name, known := dns.RcodeToString[reply.Rcode]
		if !known {
			name = fmt.Sprintf("RCODE %d", reply.Rcode)
		}
		return nil, &answerError{server, name}
	}
	addresses, looped := follow(reply, name, kind)
	switch {
	case looped:
		return nil, &answerError{server, statusLoop}
	case len(addresses) == 0:
		return nil, &answerError{server, statusEmpty}
	}
	return addresses, nil
}

var errMalformed = errors.New("the answer is to another question")

// exchange sends one question, over TCP as well when the answer was cut short.
func exchange(ctx context.Context, server string, question *dns.Msg) (*dns.Msg, error) {
	reply, err := exchangeOver(ctx, "udp", server, question)
	if err != nil || !reply.Truncated {
		return reply, err
	}
	whole, err := exchangeOver(ctx, "tcp", server, question)
	if err != nil {
		// What came over UDP is better than nothing.
		return reply, nil
	}
	return whole, nil
}

func exchangeOver(ctx context.Context, network, server string, question *dns.Msg) (*dns.Msg, error) {
	client := dns.Client{Net: network, Timeout: maxLookup}
	reply, _, err := client.ExchangeContext(ctx, question, server)
	if err != nil {
		return nil, err
	}
	if len(reply.Question) != 1 || !strings.EqualFold(reply.Question[0].Name, question.Question[0].Name) || !reply.Response {
		return nil, errMalformed
	}
	return reply, nil
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

func appendAddress(addresses []netip.Addr, ip net.IP, wanted bool) []netip.Addr {
	if address, ok := netip.AddrFromSlice(ip); ok && wanted {
		return append(addresses, address.Unmap())
	}
	return addresses
}

func statusOf(ctx context.Context, errs []error) string {
	err := errs[len(errs)-1]
	var dnsError *dns.Error
	switch {
	case ctx.Err() != nil, errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return statusTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return statusRefused
	case errors.Is(err, errMalformed), errors.As(err, &dnsError):
		return statusMalformed
	}
	return statusFailed
}
