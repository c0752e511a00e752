package resolve

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/task"
)

const (
	// resend is when a question is asked again while the first is still open:
	// a lost datagram must not cost the whole time-out.
	resend = time.Second
	// secondFamily is how long IPv4 addresses wait for IPv6 ones (RFC 8305's
	// resolution delay). The other way round it is doubt: few containers have
	// a way out over IPv6.
	secondFamily = 50 * time.Millisecond
	// doubt is how long a denial waits to be contradicted. libc does not
	// doubt; but where one server filters a name, the next may know it.
	doubt = 2 * time.Second
)

// askBoth asks one server for both address families at once. The error is a [status].
func (r *Resolver) askBoth(ctx context.Context, server, name string) ([]netip.Addr, error) {
	patience := min(time.Duration(r.conf.Timeout*r.conf.Attempts)*time.Second, maxPatience)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type answer struct {
		kind      uint16
		addresses []netip.Addr
		err       error
	}
	answers := make(chan answer, 2)
	for _, kind := range []uint16{dns.TypeAAAA, dns.TypeA} {
		task.Go(ctx, func() {
			addresses, err := r.askKind(ctx, server, name, kind)
			answers <- answer{kind, addresses, err}
		})
	}
	first := <-answers
	switch {
	case first.err == nil && first.kind == dns.TypeA:
		time.AfterFunc(secondFamily, cancel)
	case first.err == nil, IsDenial(first.err):
		time.AfterFunc(doubt, cancel)
	}
	second := <-answers
	if first.err == nil || second.err == nil {
		return append(first.addresses, second.addresses...), nil
	}
	four, six := first, second
	if four.kind != dns.TypeA {
		four, six = six, four
	}
	if errors.Is(four.err, StatusEmpty) {
		return nil, six.err // the name has no IPv4 address, so the other answer tells more
	}
	return nil, four.err
}

// askKind asks one server for one family, again when the first datagram seems lost.
func (r *Resolver) askKind(ctx context.Context, server, name string, kind uint16) ([]netip.Addr, error) {
	reply, errs := task.Race(ctx, r.conf.Attempts, resend, func(ctx context.Context, _ int) (*dns.Msg, error) {
		question := new(dns.Msg).SetQuestion(name, kind)
		if r.conf.extended {
			question.SetEdns0(payload, false)
		}
		return exchange(ctx, server, question, r.conf.OverTCP)
	})
	if errs == nil {
		return judge(reply, name, kind)
	}
	// What came back tells more than what did not.
	heard := slices.IndexFunc(errs, func(err error) bool { return statusOf(err) != StatusTimeout })
	return nil, statusOf(errs[max(heard, 0)])
}

// judge reads the addresses of a reply, or why there are none.
func judge(reply *dns.Msg, name string, kind uint16) ([]netip.Addr, error) {
	if reply.Rcode != dns.RcodeSuccess {
		if code, known := dns.RcodeToString[reply.Rcode]; known {
			return nil, Status(code)
		}
		return nil, Status(fmt.Sprintf("RCODE %d", reply.Rcode))
	}
	addresses, looped := follow(reply, name, kind)
	usable := slices.DeleteFunc(slices.Clone(addresses), netip.Addr.IsUnspecified)
	switch {
	case looped:
		return nil, statusLoop
	case len(usable) > 0:
		return usable, nil
	case len(addresses) > 0:
		return nil, statusBlocked
	}
	return nil, StatusEmpty
}

// outcome is what each server made of a question.
type outcome []verdict

// verdict is one server's useless word, or its silence.
type verdict struct {
	server string
	status Status
}

// silence is the outcome when no server has answered.
func silence(servers []string) outcome {
	var told outcome
	for _, server := range servers {
		told = append(told, verdict{server, StatusTimeout})
	}
	return told
}

// denied tells whether every server denied the name.
func (o outcome) denied() bool {
	return !slices.ContainsFunc(o, func(v verdict) bool { return !IsDenial(v.status) })
}

// doubted tells whether some server denied the name.
func (o outcome) doubted() bool {
	return slices.ContainsFunc(o, func(v verdict) bool { return IsDenial(v.status) })
}

// String is as in "NXDOMAIN from 10.0.0.2; timeout from 127.0.0.1:5353".
func (o outcome) String() string {
	var parts []string
	for _, v := range o {
		parts = append(parts, string(v.status)+" from "+ShortServer(v.server))
	}
	return strings.Join(parts, "; ")
}
