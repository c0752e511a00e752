package lab

import (
	"strings"

	"localstack-entrypoint/internal/fault"
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
	{name: "a host of one's own is unknown", id: fault.NetworkDNSUnknownHost, says: "check the spelling of licenses.corp.internal",
		official: unresolved,
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
	{name: "resolv.conf that begins with a byte order mark", id: fault.NetworkDNSNoServer, says: "byte order mark (BOM)",
		official: unresolved,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.resolv("\ufeffnameserver " + nameServer)
		}},
	{name: "resolv.conf with the line ends of Windows", id: fault.NetworkDNSNoServer, says: "CR LF", official: unresolved,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.resolv("nameserver " + nameServer + "\r")
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
