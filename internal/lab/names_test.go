package lab

import (
	"fmt"
	"strings"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

// deniedNames are name servers that will not tell where the server is.
var deniedNames = []situation{
	{name: "name does not exist", id: fault.NetworkDNS, says: "NXDOMAIN from " + nameServer, official: unresolved,
		dig:     []string{nameServer},
		arrange: func(w *world) { w.dnsmasq(nameServer, absent) }},
	{name: "two name servers deny the name", id: fault.NetworkDNS, says: "NXDOMAIN from " + nameServer2,
		official: unresolved, dig: []string{nameServer, nameServer2},
		arrange: func(w *world) {
			w.asks(nameServer, nameServer2)
			w.dnsmasq(nameServer, absent)
			w.unbound(nameServer2, `  local-zone: "localstack.cloud." always_nxdomain`)
		}},
	{name: "unbound's policy zone denies the name", id: fault.NetworkDNS, says: "NXDOMAIN from " + nameServer,
		official: unresolved, dig: []string{nameServer},
		arrange: func(w *world) {
			w.publicDNS(upstream)
			w.unbound(nameServer, fmt.Sprintf("rpz:\n  name: rpz.corp\n  zonefile: %q", w.put("rpz.zone", policy)),
				forward(upstream))
		}},
	{name: "policy zone that signals itself, without RA", id: fault.NetworkDNSFiltered,
		says: "NXDOMAIN without recursion available", official: unresolved, dig: []string{nameServer},
		arrange: func(w *world) {
			w.publicDNS(upstream)
			w.unbound(nameServer, fmt.Sprintf("rpz:\n  name: rpz.corp\n  rpz-signal-nxdomain-ra: yes\n  zonefile: %q",
				w.put("rpz.zone", policy)), forward(upstream))
		}},
	{name: "policy zone that says Blocked", id: fault.NetworkDNSFiltered, says: "blocked by Example Corp",
		official: unresolved, dig: []string{nameServer},
		arrange: func(w *world) {
			w.publicDNS(upstream)
			w.recursor(nameServer, 15, "blocked by Example Corp")
		}},
	{name: "policy zone that says Censored", id: fault.NetworkDNSFiltered, says: "Censored", official: unresolved,
		dig: []string{nameServer},
		arrange: func(w *world) {
			w.publicDNS(upstream)
			w.recursor(nameServer, 16, "")
		}},
	{name: "name server prohibits our network", id: fault.NetworkDNSFiltered, says: "18 (Prohibited)",
		official: unresolved, dig: []string{nameServer},
		arrange: func(w *world) { w.unbound(nameServer, "  access-control: 10.0.0.0/8 refuse") }},
	{name: "name server refuses", id: fault.NetworkDNS, says: nameServer + " says EDE 14 (Not Ready)",
		official: unresolved, dig: []string{nameServer},
		arrange: func(w *world) { w.dnsmasq(nameServer) }},
	{name: "blocked with 0.0.0.0", id: fault.NetworkDNSFiltered, says: "0.0.0.0", official: notReached,
		dig:     []string{nameServer},
		arrange: func(w *world) { w.dnsmasq(nameServer, "--address=/"+host+"/#") }},
	{name: "blocked with 127.0.0.1", id: fault.NetworkDNSFiltered, says: "127.0.0.1", official: notReached,
		dig:     []string{nameServer},
		arrange: func(w *world) { w.dnsmasq(nameServer, at("127.0.0.1"), absent) }},
	{name: "blocked with an address for documentation", id: fault.NetworkDNSFiltered, says: "192.0.2.1",
		official: notReached, dig: []string{nameServer},
		arrange: func(w *world) { w.dnsmasq(nameServer, at("192.0.2.1"), absent) }},
	{name: "blocked with a private address where nobody is", id: fault.NetworkDNSFiltered, says: blockHost,
		official: notReached, dig: []string{nameServer},
		arrange: func(w *world) { w.dnsmasq(nameServer, at(blockHost), absent) }},
	{name: "blocked with a private address and a block page", id: fault.NetworkDNSFiltered, says: blockHost,
		official: notReached, dig: []string{nameServer}, tls: true,
		arrange: func(w *world) {
			w.dnsmasq(nameServer, at(blockHost), absent)
			page := w.apiWith(shared.corporate, nil, "", says(403, "<html><title>Blocked by Example Corp</title></html>"))
			page.listen = []string{blockHost + ":443"}
			w.nginx(page)
		}},
}

// brokenNames are name servers that cannot tell.
var brokenNames = []situation{
	{name: "DNSSEC has a key that is not there", id: fault.NetworkDNSFailed, says: nameServer + " says EDE ",
		official: unresolved, dig: []string{nameServer},
		arrange: func(w *world) {
			w.publicDNS(upstream)
			w.unbound(nameServer, `  trust-anchor: "localstack.cloud. DS 12345 8 2 `+strings.Repeat("AA", 32)+`"`,
				forward(upstream))
		}},
	{name: "DNSSEC signature has expired", id: fault.NetworkDNSFailed, says: nameServer + " says EDE ",
		official: unresolved, dig: []string{nameServer},
		arrange: func(w *world) { w.signed(-72 * time.Hour) }},
	{name: "name server is dead", id: fault.NetworkDNSUnreachable, says: "connection refused from " + nameServer,
		official: unresolved, dig: []string{nameServer},
		arrange: func(*world) {}},
	{name: "name server is behind a firewall", id: fault.NetworkDNSUnreachable, says: "timeout from " + nameServer,
		official: unresolved,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.firewall("udp dport 53 drop", "tcp dport 53 drop")
		}},
	{name: "long answer, and a firewall against TCP", id: fault.NetworkDNSFailed, says: "over TCP from " + nameServer,
		official: unresolved,
		arrange: func(w *world) {
			w.unbound(nameServer, manyAddresses()...)
			w.firewall("tcp dport 53 reject with tcp reset")
		}},
	{name: "no resolv.conf", id: fault.NetworkDNSNoServer, says: "resolv.conf", official: unresolved,
		arrange: func(w *world) { w.remove("etc/resolv.conf") }},
	{name: "Docker's name server, and a dead one behind it", id: fault.NetworkDNSDocker, says: dockerDNS,
		official: unresolved, dig: []string{dockerDNS},
		arrange: func(w *world) {
			w.resolv("# Generated by Docker Engine.", "nameserver "+dockerDNS, "options ndots:0",
				"# ExtServers: ["+nameServer+"]")
			w.unbound(dockerDNS, "  outbound-msg-retry: 1", forward(nameServer))
		}},
	{name: "Docker's name server, and a silent one behind it", id: fault.NetworkDNSDocker, says: dockerDNS,
		official: unresolved,
		arrange: func(w *world) {
			w.resolv("# Generated by Docker Engine.", "nameserver "+dockerDNS, "options ndots:0",
				"# ExtServers: ["+nameServer+"]")
			w.dnsmasq(dockerDNS, "--server="+nameServer)
		}},
}

// misleadingNames are addresses that lead elsewhere.
var misleadingNames = []situation{
	// Repairing the name servers would not repair the start.
	{name: "one name server denies, what the other says is dead", id: fault.NetworkRefused, says: apiHost,
		warns: fault.NetworkDNSDisagree, official: unresolved, dig: []string{nameServer, nameServer2},
		arrange: func(w *world) {
			w.asks(nameServer, nameServer2)
			w.dnsmasq(nameServer, absent)
			w.publicDNS(nameServer2)
		}},
	{name: "hosts file leads elsewhere", id: fault.NetworkDNSHosts, says: "/etc/hosts", official: notReached,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			testkit.Put(w.T, w.root, "etc/hosts", "127.0.0.1 localhost\n"+blockHost+" "+host+"\n")
		}},
	{name: "LOCALSTACK_HOST=localstack captures the name", id: fault.NetworkDNSCaptured, says: "LOCALSTACK_HOST",
		official: captured, dig: []string{"127.0.0.1"},
		arrange: func(w *world) {
			w.asks("127.0.0.1")
			w.env["LOCALSTACK_HOST"] = "localstack"
			w.dnsmasq("127.0.0.1", at(container), absent)
		}},
	{name: "search domain with a wildcard", id: fault.NetworkDNSSearch, says: "corp.example", official: notReached,
		dig: []string{nameServer},
		arrange: func(w *world) {
			w.resolv("search ns.svc.cluster.local svc.cluster.local corp.example", "nameserver "+nameServer, "options ndots:5")
			w.dnsmasq(nameServer, absent, "--address=/corp.example/"+blockHost)
		}},
	{name: "only IPv6 addresses, and no way there", id: fault.NetworkAddressFamily, says: "IPv6", official: notReached,
		dig: []string{nameServer},
		arrange: func(w *world) {
			w.dnsmasq(nameServer, at(nobody6), absent)
			w.must(w.T, "", "ip", "route", "add", "default", "dev", "lo") // for IPv4 alone
		}},
}

// manyAddresses are unbound's lines for a name whose answer fits no datagram.
func manyAddresses() []string {
	lines := []string{`  local-zone: "localstack.cloud." static`}
	for i := range 200 {
		lines = append(lines, fmt.Sprintf(`  local-data: "%s. 60 A 18.66.1.%d"`, host, i))
	}
	return lines
}

// slowNames is a name server whose answers take their time.
func slowNames(w *world, delay time.Duration) {
	w.dnsmasq(nameServer, "--server="+upstream)
	w.farAway(upstream, testkit.Zone{host: {IP: []string{apiHost}, Delay: delay}})
}
