package resolve

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/file"
)

const (
	// maxServers is how many name servers libc asks; what the emulator cannot
	// use later must not help us now.
	maxServers = 3
	// maxTimeout and maxAttempts are libc's bounds of the options of the same
	// names: beyond them stand typing mistakes.
	maxTimeout  = 30
	maxAttempts = 5
	// maxPatience bounds the wait for one name server whatever resolv.conf says.
	maxPatience = 10 * time.Second
)

// Config are what resolv.conf says. The option rotate changes nothing here:
// all servers are asked side by side.
type Config struct {
	*dns.ClientConfig
	// Flaw is why no server is named; "" when one is.
	Flaw string
	// Dots is ndots as written: what libc goes by, and we do not.
	Dots int
	// OverTCP is use-vc.
	OverTCP  bool
	extended bool // edns0
	// Upstream are the servers that Docker's own passes questions on to, as
	// Docker notes them in a comment.
	Upstream []string
}

// readConf reads resolv.conf. A file that is not there counts as empty, and
// without a name server the local one is asked, as libc does.
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
	conf := &Config{ClientConfig: known, Dots: known.Ndots, Upstream: upstreamIn(text)}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		conf.OverTCP = conf.OverTCP || hasOption(words, "use-vc")
		conf.extended = conf.extended || hasOption(words, "edns0")
	}
	var servers []string
	for _, entry := range conf.Servers {
		if address, ok := serverAddress(entry, conf.Port); ok && len(servers) < maxServers {
			servers = append(servers, address)
		}
	}
	if len(servers) == 0 {
		conf.Flaw = "/etc/resolv.conf names no name server"
		servers = []string{net.JoinHostPort("127.0.0.1", conf.Port)}
	}
	var search []string
	for _, domain := range conf.Search {
		if domain = strings.Trim(domain, "."); domain != "" {
			search = append(search, domain)
		}
	}
	conf.Servers, conf.Search = servers, search
	conf.Timeout = min(max(conf.Timeout, 1), maxTimeout)
	conf.Attempts = min(max(conf.Attempts, 1), maxAttempts)
	// One dot makes a name worth asking as it is: with Kubernetes' ndots:5 a
	// public name would first be looked for in every search domain.
	conf.Ndots = 1
	return conf
}

func hasOption(words []string, option string) bool {
	return len(words) > 1 && words[0] == "options" && slices.Contains(words[1:], option)
}

// upstreamIn finds the comment "# ExtServers: [10.0.0.2 host(10.0.0.3)]" that
// Docker writes above its own name server.
func upstreamIn(text string) []string {
	_, list, found := strings.Cut(text, "ExtServers: [")
	list, _, closed := strings.Cut(list, "]")
	if !found || !closed {
		return nil
	}
	var servers []string
	for entry := range strings.FieldsSeq(list) {
		entry = strings.TrimSuffix(strings.TrimPrefix(entry, "host("), ")")
		if address, ok := serverAddress(entry, "53"); ok && len(servers) < maxServers {
			servers = append(servers, address)
		}
	}
	return servers
}

// String is resolv.conf in a line.
func (c *Config) String() string {
	var servers []string
	for _, server := range c.Servers {
		servers = append(servers, ShortServer(server))
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

// serverAddress reads a nameserver entry: an address, or [address]:port as
// OpenBSD writes it.
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

// ShortServer is a server's address without the port that all have.
func ShortServer(server string) string {
	if host, port, err := net.SplitHostPort(server); err == nil && port == "53" {
		return host
	}
	return server
}

// readHosts is the text of a hosts file; one that cannot be read counts as empty.
func readHosts(path string) string {
	content, _ := file.Read(path)
	return string(content)
}

// addressesIn finds the addresses that the hosts file gives to name.
func addressesIn(hosts, name string) []netip.Addr {
	var addresses []netip.Addr
	for line := range strings.Lines(hosts) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		for _, alias := range fields[1:] {
			if !strings.EqualFold(strings.TrimSuffix(alias, "."), name) {
				continue
			}
			if address, err := netip.ParseAddr(fields[0]); err == nil {
				addresses = append(addresses, address.Unmap())
			}
			break
		}
	}
	return addresses
}
