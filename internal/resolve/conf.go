package resolve

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
)

const (
	// maxServers is how many name servers libc asks; what the emulator cannot use later must not help
	// us now.
	maxServers = 3
	// maxDots, maxTimeout and maxAttempts are libc's bounds of the options ndots, timeout and attempts.
	maxDots     = 15
	maxTimeout  = 30
	maxAttempts = 5
	// maxFile bounds what is read of resolv.conf and the hosts file, in bytes: the largest lists of blocked
	// hosts have 30 MB.
	maxFile = 64 << 20
)

// Config is what resolv.conf says to glibc, which the emulator uses. The option rotate changes nothing
// here: all servers are asked side by side.
type Config struct {
	*dns.ClientConfig
	// Flaw is why no server is named; "" when one is.
	Flaw string
	// Ignored are the entries that look like name servers, but that libc passes over, with the reasons.
	Ignored []string
	// Dots is ndots as written: what libc goes by, and we do not.
	Dots int
	// OverTCP is use-vc.
	OverTCP  bool
	extended bool // edns0
	// surplus are the servers that libc does not ask because they are too many.
	surplus int
	// Upstream are the servers that Docker's own passes questions on to, as Docker notes them in a
	// comment.
	Upstream []string
}

// readConf reads resolv.conf. A file that is not there counts as empty, and without a name server the
// local one is asked, as libc does. Below another root than the container's own, which only tests use,
// servers may have ports.
func readConf(root layout.Root) *Config {
	path := root.ResolvConf()
	content, err := file.ReadHead(path, maxFile)
	conf := parseConf(string(content), path != layout.Root("").ResolvConf())
	switch {
	case err != nil && len(content) == 0:
		conf.Flaw = path + ": " + err.Error()
	case err != nil:
		conf.Ignored = append(conf.Ignored, err.Error())
	}
	return conf
}

func parseConf(text string, withPorts bool) *Config {
	conf := &Config{ClientConfig: &dns.ClientConfig{Port: "53", Ndots: 1, Timeout: 5, Attempts: 2}}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.TrimSuffix(line, "\n"), "\x00") // where C ends a line
		if value, is := directive(line, "nameserver"); is {
			conf.addServer(value, withPorts)
		} else if value, is := directive(line, "options"); is {
			conf.setOptions(strings.Fields(value))
		} else if value, is := directive(line, "search"); is {
			conf.Search = domains(value)
		} else if value, is := directive(line, "domain"); is {
			value, _, _ = strings.Cut(value, " ")
			conf.Search = domains(value)
		} else if flaw := misspelled(line); flaw != "" {
			conf.Ignored = append(conf.Ignored, flaw)
		}
	}
	if len(conf.Servers) == 0 {
		conf.Flaw = strings.Join(append([]string{"/etc/resolv.conf has no name server"}, conf.ignored()...), "; ")
		conf.Servers = []string{net.JoinHostPort("127.0.0.1", conf.Port)}
	}
	// Docker writes "# ExtServers: [10.0.0.2 host(10.0.0.3)]" above its own name server.
	_, noted, _ := strings.Cut(text, "ExtServers: [")
	if noted, _, closed := strings.Cut(noted, "]"); closed {
		noted = strings.NewReplacer("host(", "", ")", "").Replace(noted)
		for _, entry := range strings.Fields(noted) {
			if address, ok := serverAddress(entry, withPorts); ok && len(conf.Upstream) < maxServers {
				conf.Upstream = append(conf.Upstream, address)
			}
		}
	}
	conf.Dots = conf.Ndots
	// One dot makes a name worth asking as it is: with Kubernetes' ndots:5 a public name would first be
	// looked for in every search domain.
	conf.Ndots = 1
	return conf
}

// blanks are the characters that separate words for libc. A CR is not one of them.
const blanks = " \t"

// directive is the rest of a line that begins with a keyword. For libc a blank must follow it, and nothing
// may precede it (glibc's resolv/res_init.c).
func directive(line, keyword string) (value string, is bool) {
	value, is = strings.CutPrefix(line, keyword)
	is = is && value != "" && strings.Contains(blanks, value[:1])
	return strings.Trim(value, blanks), is
}

// addServer takes the value of a nameserver line, or notes why libc does not.
func (c *Config) addServer(value string, withPorts bool) {
	entry, rest, _ := strings.Cut(strings.ReplaceAll(value, "\t", " "), " ")
	address, ok := serverAddress(entry, withPorts)
	switch {
	case !ok:
		c.Ignored = append(c.Ignored, fmt.Sprintf("%.60q (%s)", entry, notAnAddress(entry)))
	case len(c.Servers) == maxServers:
		c.surplus++
	default:
		c.Servers = append(c.Servers, address)
	}
	for _, more := range strings.Fields(rest) {
		if _, isServer := serverAddress(more, false); !isServer {
			return // a comment
		}
		c.Ignored = append(c.Ignored, fmt.Sprintf("%.60q (a line names one address)", more))
	}
}

func (c *Config) setOptions(words []string) {
	for _, word := range words {
		name, value, _ := strings.Cut(word, ":")
		number, _ := strconv.Atoi(strings.TrimRight(value, "\r"))
		switch strings.TrimRight(name, "\r") {
		case "ndots":
			c.Ndots = min(max(number, 0), maxDots)
		case "timeout":
			c.Timeout = min(max(number, 1), maxTimeout)
		case "attempts":
			c.Attempts = min(max(number, 1), maxAttempts)
		case "use-vc":
			c.OverTCP = true
		case "edns0":
			c.extended = true
		}
	}
}

// domains are those of a search list that can be the end of a name.
func domains(list string) (domains []string) {
	for _, domain := range strings.Fields(list) {
		// At the end of a line CR is part of the domain for libc, and of none that there is.
		if domain = strings.Trim(domain, "."); domain != "" && !strings.HasSuffix(list, domain+"\r") {
			domains = append(domains, domain)
		}
	}
	return domains
}

// serverAddress reads a nameserver entry: an address, or for tests [address]:port, as OpenBSD writes it.
func serverAddress(entry string, withPorts bool) (string, bool) {
	port := "53"
	if withPorts && strings.HasPrefix(entry, "[") {
		host, ownPort, err := net.SplitHostPort(entry)
		if err != nil || !isPort(ownPort) {
			return "", false
		}
		entry, port = host, ownPort
	}
	address, ok := libcAddress(entry)
	return net.JoinHostPort(address.String(), port), ok
}

func isPort(text string) bool {
	number, err := strconv.ParseUint(text, 10, 16)
	return err == nil && number > 0
}

// String is resolv.conf in a line.
func (c *Config) String() string {
	var servers []string
	for _, server := range c.Servers {
		servers = append(servers, shortServer(server))
	}
	text := "resolv.conf: nameserver " + strings.Join(servers, ", ")
	if c.surplus > 0 {
		text += fmt.Sprintf(" (and %d more, which are not used)", c.surplus)
	}
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
	return strings.Join(append([]string{text}, c.ignored()...), "; ")
}

// ignored says in a phrase which entries libc ignores; it is empty when there are none.
func (c *Config) ignored() []string {
	if len(c.Ignored) == 0 {
		return nil
	}
	text := strings.Join(firstOf(c.Ignored), ", ")
	if more := len(c.Ignored) - maxShown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return []string{"ignored in /etc/resolv.conf, as by libc: " + text}
}

// shortServer is a server's address without the port that all have.
func shortServer(server string) string {
	if host, port, err := net.SplitHostPort(server); err == nil && port == "53" {
		return host
	}
	return server
}

// readHosts reads the hosts file. A flaw is why it was not read as a whole; there is none when it is absent.
func readHosts(path string) (hosts, flaw string) {
	content, err := file.ReadHead(path, maxFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		flaw = path + ": " + err.Error()
	}
	if flaw != "" && len(content) > 0 {
		flaw += "; what follows is not read"
	}
	return string(content), flaw
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
