package resolve

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/miekg/dns"
)

// Query is a question in the words of dig's command line.
type Query struct {
	Name    string
	Kind    uint16
	Servers []string // host:port
	OverTCP bool
	// Short asks for the records alone.
	Short bool
}

// ParseQuery reads [NAME] [TYPE] [@SERVER] [-p PORT] [+tcp] [+short], in any order. The defaults are the
// given name, A, and the servers of resolv.conf. A server may be given by name.
func (r *Resolver) ParseQuery(ctx context.Context, args []string, name string) (Query, error) {
	query := Query{Name: name, Kind: dns.TypeA, OverTCP: r.conf.OverTCP}
	server, port, hasName := "", "", false
	for i := 0; i < len(args); i++ {
		arg := args[i]
		kind, isKind := dns.StringToType[strings.ToUpper(arg)]
		switch {
		case strings.HasPrefix(arg, "@"):
			server = arg[1:]
		case arg == "-p" && i+1 < len(args):
			i++
			port = args[i]
		case arg == "+tcp" || arg == "+vc":
			query.OverTCP = true
		case arg == "+short":
			query.Short = true
		case strings.HasPrefix(arg, "+"), strings.HasPrefix(arg, "-"):
			return query, fmt.Errorf("unknown option %.40q", arg)
		case isKind && !strings.Contains(arg, "."):
			query.Kind = kind
		case hasName:
			return query, fmt.Errorf("more than one name: %.40q", arg)
		default:
			query.Name, hasName = arg, true
		}
	}
	if _, ok := dns.IsDomainName(query.Name); !ok || query.Name == "" {
		return query, fmt.Errorf("%.100q is not a name", query.Name)
	}
	var err error
	query.Servers, err = r.serversAt(ctx, server, port)
	return query, err
}

// serversAt are the given server, a name or an address, maybe with a port, or else those of resolv.conf;
// at the given port, if there is one.
func (r *Resolver) serversAt(ctx context.Context, server, port string) (moved []string, err error) {
	servers := r.conf.Servers
	if server != "" {
		host, own, err := net.SplitHostPort(server)
		if err != nil {
			host, own = strings.Trim(server, "[]"), cmp.Or(port, "53")
		}
		addresses, err := r.Lookup(ctx, host)
		if err != nil {
			return nil, fmt.Errorf("cannot resolve the server %.100q: %w", host, err)
		}
		servers, port = []string{net.JoinHostPort(addresses[0].String(), own)}, own
	}
	if port == "" {
		return servers, nil
	}
	for _, server := range servers {
		host, _, _ := net.SplitHostPort(server)
		if !isPort(port) {
			return nil, fmt.Errorf("%.40q is not a port", port)
		}
		moved = append(moved, net.JoinHostPort(host, port))
	}
	return moved, nil
}
