package resolve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Query is a question in the words of dig's command line.
type Query struct {
	Name        string
	Kind, Class uint16
	Servers     []string // host:port
	Manner
	Show
}

// Manner is how a server is asked.
type Manner struct {
	OverTCP bool
	// Timeout is how long each try may take, Tries how many there are. With zero the question is sent again
	// each second within [DigTimeout].
	Timeout time.Duration
	Tries   int
	// Recurse, AuthenticData and CheckingDisabled are the bits of the same names.
	Recurse, AuthenticData, CheckingDisabled bool
	// EDNS is whether the question has EDNS, Version and Size its version and payload in bytes, DNSSEC the bit DO.
	EDNS, DNSSEC  bool
	Version, Size int
	// Ignore leaves an answer truncated.
	Ignore bool
	// Family is 4 or 6 where only those servers are asked, Source where to ask from.
	Family int
	Source netip.AddrPort
}

// Show is what is printed of an answer.
type Show struct {
	// Command is the line about the program, Sent the question as it was sent.
	Command, Sent, Comments, Question, Answer, Authority, Additional, Stats bool
	// Short is for what the answers say alone.
	Short bool
	// TTL and Class are the columns of these names, Multiline breaks long records, Unknown prints all data in
	// hexadecimal.
	TTL, Class, Multiline, Unknown bool
}

// DigTimeout is how long one server is waited for, as dig waits for one datagram.
const DigTimeout = 5 * time.Second

// newQuery is dig's question without options.
func newQuery(name string, kind uint16, overTCP bool) Query {
	return Query{
		Name: name, Kind: kind, Class: dns.ClassINET,
		Manner: Manner{OverTCP: overTCP, Recurse: true, AuthenticData: true, EDNS: true, Size: payload},
		Show: Show{
			Command: true, Comments: true, Question: true, Answer: true, Authority: true, Additional: true, Stats: true,
			TTL: true, Class: true,
		},
	}
}

// ParseQueries reads dig's command line: [@SERVER] [-OPTION…] [NAME] [TYPE] [CLASS] [+OPTION…], in any order
// and for several names. What stands before the first name is for all of them. Where there is none, the
// question is the given one; without a server, those of resolv.conf are asked.
func (r *Resolver) ParseQueries(ctx context.Context, args []string, name string, kind uint16) ([]Query, error) {
	line := commandLine{all: question{Query: newQuery("", dns.TypeA, r.conf.OverTCP)}}
	for len(args) > 0 {
		used, err := line.take(args)
		if err != nil {
			return nil, err
		}
		args = args[used:]
	}
	if len(line.questions) == 0 {
		line.begin(name)
		if !line.all.hasKind {
			line.last().Kind = kind
		}
	}
	// To dig, this one is for all names, wherever it stands.
	isShort := slices.ContainsFunc(line.questions, func(q *question) bool { return q.Short })
	var queries []Query
	for _, q := range line.questions {
		if isShort {
			q.Show = Show{Short: true, Answer: true, Unknown: q.Unknown}
		}
		query, err := r.complete(ctx, q)
		if err != nil {
			return nil, err
		}
		queries = append(queries, query)
	}
	return queries, nil
}

// commandLine is what is known of a command line so far.
type commandLine struct {
	all       question // for all names
	questions []*question
}

// question is a query with what it takes to complete it.
type question struct {
	Query
	server, port   string
	hasKind, isTCP bool // as the user wants it
}

// last is the question that options are for.
func (l *commandLine) last() *question {
	if len(l.questions) == 0 {
		return &l.all
	}
	return l.questions[len(l.questions)-1]
}

func (l *commandLine) begin(name string) {
	next := l.all
	next.Name = name
	l.questions = append(l.questions, &next)
}

// take reads the first arguments. It returns how many they are.
func (l *commandLine) take(args []string) (used int, err error) {
	arg := args[0]
	kind, isKind := kindOf(arg)
	class, isClass := classOf(arg)
	switch {
	case strings.HasPrefix(arg, "@"):
		l.last().server = arg[1:]
	case strings.HasPrefix(arg, "+"):
		return 1, l.last().setPlus(arg)
	case len(arg) > 1 && strings.HasPrefix(arg, "-"):
		return l.takeDash(args)
	case isKind:
		return 1, l.last().setKind(kind)
	case isClass:
		l.last().Class = class
	default:
		l.begin(arg)
	}
	return 1, nil
}

// kindOf is the type of a name such as MX or TYPE15.
func kindOf(text string) (kind uint16, known bool) {
	text = strings.ToUpper(text)
	if kind, known = dns.StringToType[text]; known {
		return kind, true
	}
	return numbered(text, "TYPE")
}

// classOf is the class of a name such as CH or CLASS3.
func classOf(text string) (class uint16, known bool) {
	text = strings.ToUpper(text)
	if class, known = dns.StringToClass[text]; known {
		return class, true
	}
	return numbered(text, "CLASS")
}

// numbered is the number of RFC 3597's names.
func numbered(text, prefix string) (uint16, bool) {
	digits, found := strings.CutPrefix(text, prefix)
	number, err := strconv.ParseUint(digits, 10, 16)
	return uint16(number), found && err == nil
}

func (q *question) setKind(kind uint16) error {
	switch kind {
	case dns.TypeAXFR, dns.TypeIXFR:
		return errors.New("zone transfers (AXFR, IXFR) are not supported")
	case dns.TypeANY:
		q.OverTCP = q.OverTCP || !q.isTCP // dig's way: the answer is long
	}
	q.Kind, q.hasKind = kind, true
	return nil
}

// complete checks a question and finds out which servers to ask.
func (r *Resolver) complete(ctx context.Context, q *question) (Query, error) {
	_, ok := dns.IsDomainName(q.Name)
	_, err := q.message().Pack()
	if !ok || err != nil || q.Name == "" {
		return Query{}, fmt.Errorf("%.100q is not a name", q.Name)
	}
	q.Servers, err = r.serversAt(ctx, q)
	return q.Query, err
}

// serversAt are the given server, a name or an address, maybe with a port, or else those of resolv.conf;
// at the given port, if there is one, and of the given family.
func (r *Resolver) serversAt(ctx context.Context, q *question) (servers []string, err error) {
	all, port := r.conf.Servers, q.port
	if q.server != "" {
		host, own, err := net.SplitHostPort(q.server)
		if err != nil {
			host, own = strings.Trim(q.server, "[]"), cmp.Or(q.port, "53")
		}
		addresses, err := r.Lookup(ctx, host)
		if err != nil {
			return nil, fmt.Errorf("cannot resolve the server %.100q: %w", host, err)
		}
		all, port = nil, own
		for _, address := range addresses {
			all = append(all, net.JoinHostPort(address.String(), own))
		}
	}
	if port != "" && !isPort(port) {
		return nil, fmt.Errorf("%.40q is not a port", port)
	}
	for _, server := range all {
		host, own, _ := net.SplitHostPort(server)
		address, _ := netip.ParseAddr(host)
		if q.Family == 4 && !address.Is4() || q.Family == 6 && !address.Is6() {
			continue
		}
		servers = append(servers, net.JoinHostPort(host, cmp.Or(port, own)))
	}
	if len(servers) == 0 {
		return nil, fmt.Errorf("no name server has an IPv%d address", q.Family)
	}
	if q.server != "" {
		servers = slices.Clip(servers[:1])
	}
	return servers, nil
}
