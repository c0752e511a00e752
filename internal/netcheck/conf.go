package netcheck

import (
	"bytes"
	"io"
	"net"
	"net/netip"
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

// readConf reads resolv.conf. A file that is not there counts as empty, and
// without a name server the local one is asked, as libc does.
func readConf(path string) *dns.ClientConfig {
	content, _ := file.Read(path)
	return parseConf(bytes.NewReader(content))
}

func parseConf(text io.Reader) *dns.ClientConfig {
	conf, err := dns.ClientConfigFromReader(text)
	if err != nil {
		conf = &dns.ClientConfig{Port: "53", Timeout: 5, Attempts: 2}
	}
	var servers []string
	for _, entry := range conf.Servers {
		if address, ok := serverAddress(entry, conf.Port); ok && len(servers) < maxServers {
			servers = append(servers, address)
		}
	}
	if len(servers) == 0 {
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
