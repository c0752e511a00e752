package resolve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/miekg/dns"
)

const (
	// maxChain bounds a chain of CNAMEs.
	maxChain = 16
	// maxShown bounds what is shown of a long list.
	maxShown = 8
)

// Answer is all that one name server made of one question.
type Answer struct {
	// Server is its host:port.
	Server string
	Query  *dns.Msg
	// Reply is nil when there is none; Err then says why, nil for silence.
	Reply *dns.Msg
	Err   error
	// OverTCP is over which network the reply came, CutShort whether a reply over UDP did not fit.
	OverTCP, CutShort bool
	// Size is the reply's length in bytes.
	Size int
	// Took is the time from the question to the reply.
	Took time.Duration
	// tries are those that it took.
	tries int
}

// Name is the name that was asked for.
func (a Answer) Name() string { return strings.TrimSuffix(a.Query.Question[0].Name, ".") }

func (a Answer) network() string {
	if a.OverTCP {
		return "tcp"
	}
	return "udp"
}

// Addresses are those behind the name that was asked for.
func (a Answer) Addresses() []netip.Addr {
	addresses, _ := a.follow()
	return addresses
}

// follow collects the addresses behind the name that was asked for, through the reply's CNAMEs.
func (a Answer) follow() (addresses []netip.Addr, looped bool) {
	if a.Reply == nil {
		return nil, false
	}
	name, kind := a.Query.Question[0].Name, a.Query.Question[0].Qtype
	for range maxChain {
		alias := ""
		for _, record := range a.Reply.Answer {
			if !strings.EqualFold(record.Header().Name, name) {
				continue
			}
			alias = cmp.Or(aliasOf(record), alias)
			if address := addressOf(record); address.IsValid() && record.Header().Rrtype == kind {
				addresses = append(addresses, address)
			}
		}
		if len(addresses) > 0 || alias == "" {
			return addresses, false
		}
		name = alias
	}
	return nil, true
}

// aliasOf is the name that a record leads to; "" when it is no CNAME.
func aliasOf(record dns.RR) string {
	if alias, ok := record.(*dns.CNAME); ok {
		return alias.Target
	}
	return ""
}

// addressOf is the address in a record; not valid when it holds none.
func addressOf(record dns.RR) (address netip.Addr) {
	switch record := record.(type) {
	case *dns.A:
		address, _ = netip.AddrFromSlice(record.A)
	case *dns.AAAA:
		address, _ = netip.AddrFromSlice(record.AAAA)
	}
	return address.Unmap()
}

// Status is the RCODE or why there is none, or why there is no address where one was asked for.
func (a Answer) Status() Status {
	switch {
	case a.Reply == nil && a.CutShort:
		return "truncated answer, then " + StatusOf(a.Err, statusMalformed) + " over TCP"
	case a.Reply == nil:
		return StatusOf(a.Err, statusMalformed)
	case a.Reply.Rcode != dns.RcodeSuccess:
		return Status(rcodeName(a.Reply.Rcode, "RCODE "))
	}
	addresses, looped := a.follow()
	kind := a.Query.Question[0].Qtype
	asksForAddress := kind == dns.TypeA || kind == dns.TypeAAAA
	switch {
	case looped:
		return statusLoop
	case len(a.Reply.Answer) == 0, asksForAddress && len(addresses) == 0:
		return statusEmpty
	case asksForAddress && !slices.ContainsFunc(addresses, func(a netip.Addr) bool { return !a.IsUnspecified() }):
		return statusBlocked
	}
	return statusFound
}

// rcodeName is the name of a response code; one without a name is its number behind prefix.
func rcodeName(code int, prefix string) string {
	if code == dns.RcodeBadVers { // which is BADSIG only of a signature
		return "BADVERS"
	}
	return cmp.Or(dns.RcodeToString[code], prefix+fmt.Sprint(code))
}

// ExtendedError is a server's own explanation of an answer (RFC 8914).
type ExtendedError struct{ *dns.EDNS0_EDE }

// ExtendedErrors are those of the reply.
func (a Answer) ExtendedErrors() (found []ExtendedError) {
	if a.Reply == nil || a.Reply.IsEdns0() == nil {
		return nil
	}
	for _, option := range a.Reply.IsEdns0().Option {
		if e, ok := option.(*dns.EDNS0_EDE); ok {
			found = append(found, ExtendedError{e})
		}
	}
	return found
}

// String is as in "15 (Blocked): (by policy)", dig's form: on one line, whatever the server writes.
func (e ExtendedError) String() string {
	text := fmt.Sprint(e.InfoCode)
	if name, known := dns.ExtendedErrorCodeToString[e.InfoCode]; known {
		text += " (" + name + ")"
	}
	if e.ExtraText != "" {
		text += fmt.Sprintf(": (%.200s)", strings.Map(printable, e.ExtraText))
	}
	return text
}

// Remarks are the first extended errors, as in "EDE 15 (Blocked)".
func (a Answer) Remarks() (remarks []string) {
	for _, e := range firstOf(a.ExtendedErrors()) {
		remarks = append(remarks, "EDE "+e.String())
	}
	return remarks
}

func printable(r rune) rune {
	if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
		return '.'
	}
	return r
}

// String is the answer in a line: "A NOERROR in 3 ms: a.example → b.example → 192.0.2.1 (TTL 60 s,
// authenticated)".
func (a Answer) String() string {
	words := append([]string{string(a.Status())}, a.Remarks()...)
	text := dns.Type(a.Query.Question[0].Qtype).String() + " " + strings.Join(words, ", ")
	if a.Reply == nil {
		return text
	}
	text += fmt.Sprintf(" in %d ms", a.Took.Milliseconds())
	if a.CutShort {
		text += " over TCP, truncated over UDP"
	}
	return text + a.chain()
}

// chain is the way from the name over its aliases to the addresses.
func (a Answer) chain() string {
	var names []string
	var addresses []netip.Addr
	var ttls []uint32
	for _, record := range a.Reply.Answer {
		ttls = append(ttls, record.Header().Ttl)
		if alias := aliasOf(record); alias != "" {
			names = append(names, strings.TrimSuffix(alias, "."))
		}
		if address := addressOf(record); address.IsValid() {
			addresses = append(addresses, address)
		}
	}
	if names = firstOf(names); len(addresses) > 0 {
		names = append(names, Join(addresses))
	}
	if len(names) == 0 {
		return ""
	}
	authenticated := map[bool]string{true: ", authenticated"}[a.Reply.AuthenticatedData]
	return fmt.Sprintf(": %s (TTL %d s%s)", strings.Join(names, " → "), slices.Min(ttls), authenticated)
}

func firstOf[T any](all []T) []T { return all[:min(len(all), maxShown)] }

// Join lists addresses, the first few when there are many.
func Join(addresses []netip.Addr) string {
	var texts []string
	for _, address := range firstOf(addresses) {
		texts = append(texts, address.String())
	}
	text := strings.Join(texts, ", ")
	if more := len(addresses) - maxShown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Status is what became of a question: the name of an RCODE, the operating system's word for a failure,
// or one of those below.
type Status string

const (
	statusFound     Status = "NOERROR"
	statusNone      Status = "NXDOMAIN"
	statusRefused   Status = "REFUSED"
	statusEmpty     Status = "NOERROR without an address"
	statusBlocked   Status = "NOERROR with a blocking address"
	statusLoop      Status = "CNAME loop"
	statusMalformed Status = "malformed answer"
	statusClosed    Status = "connection closed"
	statusTimeout   Status = "timeout"
)

// Error makes a status an error.
func (s Status) Error() string { return string(s) }

// Denies reports whether a server says that the name leads nowhere.
func (s Status) Denies() bool { return s == statusNone || s == statusEmpty || s == statusBlocked }

// StatusOf is the status of an exchange that failed with err, or of one that did not end; other where
// nothing is known of err.
func StatusOf(err error, other Status) Status {
	var known Status
	var errno syscall.Errno
	switch {
	case errors.As(err, &known):
		return known
	case err == nil, IsTimeout(err), errors.Is(err, context.Canceled):
		return statusTimeout
	case errors.As(err, &errno):
		return Status(errno.Error())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return statusClosed
	}
	return other
}

// IsTimeout reports whether time ran out for err, a single error.
func IsTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
