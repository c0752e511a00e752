package resolve

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/file"
)

const (
	// maxServers is how many name servers libc asks; what the emulator cannot use later must not help
	// us now.
	maxServers = 3
	// maxTimeout and maxAttempts are libc's bounds of the options of the same names: beyond them stand
	// typing mistakes.
	maxTimeout  = 30
	maxAttempts = 5
)

// Config is what resolv.conf says. The option rotate changes nothing here: all servers are asked side by
// side.
type Config struct {
	*dns.ClientConfig
	// Flaw is why no server is named; "" when one is.
	Flaw string
	// Dots is ndots as written: what libc goes by, and we do not.
	Dots int
	// OverTCP is use-vc.
	OverTCP  bool
	extended bool // edns0
	// Upstream are the servers that Docker's own passes questions on to, as Docker notes them in a
	// comment.
	Upstream []string
}

// readConf reads resolv.conf. A file that is not there counts as empty, and without a name server the
// local one is asked, as libc does.
func readConf(path string) *Config {
	content, err := file.Read(path)
	conf := parseConf(string(content))
	if err != nil {
		conf.Flaw = path + ": " + err.Error()
	}
	return conf
}

func parseConf(text string) *Config {
	known, err := dns.ClientConfigFromReader(strings.NewReader(text))
	if err != nil {
		known = &dns.ClientConfig{Port: "53", Timeout: 5, Attempts: 2}
	}
	conf := &Config{ClientConfig: known, Dots: known.Ndots}
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 0 && words[0] == "options" {
			conf.OverTCP = conf.OverTCP || slices.Contains(words, "use-vc")
			conf.extended = conf.extended || slices.Contains(words, "edns0")
		}
	}
	conf.Servers = serverAddresses(known.Servers, known.Port)
	if len(conf.Servers) == 0 {
		conf.Flaw = "/etc/resolv.conf has no name server"
		conf.Servers = []string{net.JoinHostPort("127.0.0.1", known.Port)}
	}
	// Docker writes "# ExtServers: [10.0.0.2 host(10.0.0.3)]" above its own name server.
	_, noted, _ := strings.Cut(text, "ExtServers: [")
	if noted, _, closed := strings.Cut(noted, "]"); closed {
		noted = strings.NewReplacer("host(", "", ")", "").Replace(noted)
		conf.Upstream = serverAddresses(strings.Fields(noted), "53")
	}
	for i, domain := range conf.Search {
		conf.Search[i] = strings.Trim(domain, ".")
	}
	conf.Search = slices.DeleteFunc(conf.Search, func(domain string) bool { return domain == "" })
	conf.Timeout = min(max(conf.Timeout, 1), maxTimeout)
	conf.Attempts = min(max(conf.Attempts, 1), maxAttempts)
	// One dot makes a name worth asking as it is: with Kubernetes' ndots:5 a public name would first be
	// looked for in every search domain.
	conf.Ndots = 1
	return conf
}

// serverAddresses are the first servers of a list, each a host:port.
func serverAddresses(entries []string, port string) []string {
	var servers []string
	for _, entry := range entries {
		if address, ok := serverAddress(entry, port); ok && len(servers) < maxServers {
			servers = append(servers, address)
		}
	}
	return servers
}

// serverAddress reads a nameserver entry: an address, or [address]:port as OpenBSD writes it.
func serverAddress(entry, port string) (string, bool) {
	if strings.HasPrefix(entry, "[") {
		host, ownPort, err := net.SplitHostPort(entry)
		if number, bad := strconv.ParseUint(ownPort, 10, 16); err != nil || bad != nil || number == 0 {
			return "", false
		}
		entry, port = host, ownPort
	}
	address, err := netip.ParseAddr(entry)
	if err != nil {
		return "", false
	}
	return net.JoinHostPort(address.String(), port), true
}

// String is resolv.conf in a line.
func (c *Config) String() string {
	var servers []string
	for _, server := range c.Servers {
		servers = append(servers, shortServer(server))
	}
	text := "resolv.conf: nameserver " + strings.Join(servers, ", ")
	if len(c.Search) > 0 {
		text += fmt.Sprintf("; search %.200s", strings.Join(c.Search, " "))
	}
	text += fmt.Sprintf("; options ndots:%d timeout:%d attempts:%d", c.Dots, c.Timeout, c.Attempts)
	if c.OverTCP {
		text += " use-vc"
	}
	if c.extended {
		text += " edns0"
	}
	return text
}

// shortServer is a server's address without the port that all have.
func shortServer(server string) string {
	if host, port, err := net.SplitHostPort(server); err == nil && port == "53" {
		return host
	}
	return server
}

// addressesIn finds the addresses that the hosts file gives to name.
func addressesIn(hosts, name string) (addresses []netip.Addr) {
	isName := func(alias string) bool { return strings.EqualFold(strings.TrimSuffix(alias, "."), name) }
	for line := range strings.Lines(hosts) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 || !slices.ContainsFunc(fields[1:], isName) {
			continue
		}
		if address, err := netip.ParseAddr(fields[0]); err == nil {
			addresses = append(addresses, address.Unmap())
		}
	}
	return addresses
}
