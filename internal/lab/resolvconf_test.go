package lab

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/testkit"
)

// unreachedNames are name servers that are not there, and what leads to that.
var unreachedNames = []situation{
	{name: "no network at all", id: fault.NetworkNone, says: "no interface but lo has an address", official: unresolved,
		arrange: func(w *world) {
			w.must(w.T, "addr flush dev lo\naddr add 127.0.0.1/8 dev lo\n", "ip", "-batch", "-")
		}},
	{name: "no network at all, and a server by its address", id: fault.NetworkNone, says: "no route to " + apiHost,
		official: notReached,
		arrange: func(w *world) {
			w.env["API_ENDPOINT"] = "https://" + apiHost + "/v1"
			w.must(w.T, "addr flush dev lo\naddr add 127.0.0.1/8 dev lo\n", "ip", "-batch", "-")
		}},
	{name: "no route to the name server", id: fault.NetworkDNSUnreachable, says: "network is unreachable from 192.168.7.7",
		official: unresolved,
		arrange:  func(w *world) { w.asks("192.168.7.7") }},
	{name: "firewall rejects questions", id: fault.NetworkDNSUnreachable, says: "connection refused from " + nameServer,
		official: unresolved, dig: []string{nameServer},
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.firewall("udp dport 53 reject", "tcp dport 53 reject")
		}},
	{name: "the host's own stub is named", id: fault.NetworkDNSUnreachable,
		says: "127.0.0.53 is the container itself, where no name server listens", official: unresolved,
		arrange: func(w *world) { w.asks("127.0.0.53") }},
	{name: "a silent name server beside one that denies", id: fault.NetworkDNS,
		says: "timeout from " + nameServer + "; NXDOMAIN from " + nameServer2, official: unresolved,
		arrange: func(w *world) {
			w.asks(nameServer, nameServer2)
			w.firewall("ip daddr " + nameServer + " udp dport 53 drop")
			w.dnsmasq(nameServer2, absent)
		}},
	{name: "a host of one's own is unknown", id: fault.NetworkDNSUnknownHost,
		says: "check the spelling of licenses.corp.internal", official: unresolved,
		arrange: func(w *world) {
			w.env["API_ENDPOINT"] = "https://licenses.corp.internal/v1"
			w.dnsmasq(nameServer, absent)
		}},
	{name: "another domain is filtered", id: fault.NetworkDNS, says: "safelist example.org", official: unresolved,
		arrange: func(w *world) {
			w.env["API_ENDPOINT"] = "https://licenses.example.org/v1"
			w.dnsmasq(nameServer, absent)
		}},
	{name: "resolv.conf with entries that are no address", id: fault.NetworkDNSNoServer,
		says: `"` + nameServer + `:53" (it has a port; libc asks port 53, so write ` + nameServer + `)`, official: unresolved,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.resolv("nameserver "+nameServer+":53", "nameserver "+nameServer+","+nameServer2, "nameserver ns.example.com")
		}},
}

// oddNames are files of unusual forms in which libc finds the server.
var oddNames = []situation{
	{name: "byte order mark before the first of two name servers", official: licensed,
		arrange: func(w *world) {
			w.publicDNS(nameServer2)
			w.internet()
			w.resolv("\ufeffnameserver "+nameServer, "nameserver "+nameServer2)
		}},
	{name: "name server in an old form of addresses", official: licensed,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.internet()
			w.resolv("nameserver 10.2 # " + nameServer)
		}},
	// A start warns as well, where the denial comes before the answer that counts.
	{name: "the first name server denies, the second knows", official: licensed, warns: fault.NetworkDNSDisagree,
		arrange: func(w *world) {
			w.asks(nameServer, nameServer2)
			w.dnsmasq(nameServer, absent)
			w.publicDNS(nameServer2)
			w.internet()
		}},
	{name: "hosts file of 2 MiB", official: licensed,
		arrange: func(w *world) {
			w.internet()
			w.asks(nobody)
			testkit.Put(w.T, w.root, "etc/hosts", blockedHosts(2<<20)+apiHost+" "+host+"\n")
		}},
	{name: "nothing but IPv6", official: licensed,
		arrange: func(w *world) {
			w.asks(nameServer6)
			w.dnsmasq(nameServer6, at(apiHost6), absent)
			w.internet()
			w.must(w.T, "", "ip", "-4", "address", "flush", "dev", "lo", "scope", "global")
		}},
	{name: "link-local name server of a network with nothing but IPv6", official: licensed,
		arrange: func(w *world) {
			w.must(w.T, "", "ip", "address", "add", "fe80::53/64", "dev", "lo", "nodad")
			w.farAway("fe80::53%lo", testkit.Zone{host: {IP: []string{apiHost6}}})
			w.internet()
			w.asks("fe80::53%lo")
			w.must(w.T, "", "ip", "-4", "address", "flush", "dev", "lo", "scope", "global")
		}},
}

// blockedHosts is a hosts file of at least so many bytes.
func blockedHosts(size int) string {
	const line = "0.0.0.0 advertisement.example.com\n"
	return strings.Repeat(line, size/len(line)+1)
}

// resolvers are the name servers that glibc has read, an address a line.
const resolvers = `
import ctypes, ipaddress
libc = ctypes.CDLL(None)
libc.__res_init()
libc.__res_state.restype = ctypes.c_void_p
state = ctypes.string_at(libc.__res_state(), 568)
count = int.from_bytes(state[16:20], "little")
for i in range(count):
    four = state[20 + 16 * i:36 + 16 * i]
    six = int.from_bytes(state[536 + 8 * i:544 + 8 * i], "little")
    if int.from_bytes(four[:2], "little") == 2:
        print(ipaddress.IPv4Address(four[4:8]))
    elif six:
        print(ipaddress.IPv6Address(ctypes.string_at(six + 8, 16)))
`

func TestResolvConfIsReadAsLibcReadsIt(t *testing.T) {
	need(t)
	for _, conf := range []string{
		"nameserver 10.0.0.2\n", "nameserver\t10.0.0.2", "nameserver  10.0.0.2 10.0.0.3\n", " nameserver 10.0.0.2\n",
		"nameserver 10.0.0.2\r\nnameserver 10.0.0.3\n", "\ufeffnameserver 10.0.0.2\nnameserver 10.0.0.3\n",
		"nameserver 10.0.0.2:53\nnameserver [10.0.0.2]\nnameserver 10.0.0.4\n",
		"nameserver a,b\nnameserver 10.0.0.2,10.0.0.3\nnameserver 10.0.0.2, 10.0.0.3\nnameserver 10.0.0.4\n",
		"nameserver ns.example.com\nnameserver https://10.0.0.2\nnameserver 10.0.0.2/24\nnameserver 10.0.0.4\n",
		"nameserver 10.1\nnameserver 010.0.0.2\nnameserver 0x0a000003\n", "nameserver 1\nnameserver 08.0.0.1\n",
		"nameserver 10.0.0.2.\nnameserver 10.0.0.256\nnameserver 10.0.0.0.2\nnameserver -1\nnameserver 0x\n",
		"nameserver 10.0.0.2#53\nnameserver 10.0.0.3;\nnameserver 10.0.0.4 # fine\n", "Nameserver 10.0.0.2\n",
		"nameserver=10.0.0.2\nnameserver: 10.0.0.2\nnameservers 10.0.0.2\nnameserver\u00a010.0.0.2\n",
		"nameserver fd00::2\nnameserver fe80::2%lo\nnameserver ::ffff:10.0.0.2\n", "nameserver fd00::2%eth9\n",
		"nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nnameserver 10.0.0.4\n",
		"", "nameserver", "nameserver \n",
		"#nameserver 10.0.0.2\n;nameserver 10.0.0.3\nnameserver 0.0.0.0\n", "options\x00\nnameserver 10.0.0.2\x00 x\n",
	} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			testkit.Put(t, w.root, "etc/resolv.conf", conf)
			out := w.must(t, "", "unshare", "--mount", "sh", "-c", inContainer, w.root, debianPython, "-I", "-c", resolvers)
			var theirs []string
			for _, address := range strings.Fields(out) {
				theirs = append(theirs, netip.MustParseAddr(address).String())
			}
			if ours := serversOf(layout.Root(w.root)); !slices.Equal(ours, theirs) {
				t.Errorf("%q: we read %q, libc %q", conf, ours, theirs)
			}
		})
	}
}

// serversOf are the addresses of the name servers of a container.
func serversOf(root layout.Root) (servers []string) {
	for _, server := range resolve.New(root).Config().Servers {
		host, _, _ := net.SplitHostPort(server)
		address := netip.MustParseAddr(host)
		servers = append(servers, address.WithZone("").String())
	}
	return servers
}
