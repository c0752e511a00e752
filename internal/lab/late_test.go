package lab

import (
	"fmt"

	"localstack-entrypoint/internal/fault"
)

// lateSeconds is how long after the container a late network comes.
const lateSeconds = 3

// later has what arrange starts begin late.
func (w *world) later(arrange func()) {
	w.isLate = true
	arrange()
	w.isLate = false
}

// does runs a program in the network, to its end.
func (w *world) does(argv ...string) {
	w.Helper()
	w.run(daemon{argv: argv, ready: func() error { return nil }})
}

// delayed is a program that begins late.
func delayed(argv []string) []string {
	return append([]string{"sh", "-c", fmt.Sprintf(`sleep %d; exec "$@"`, lateSeconds), "late"}, argv...)
}

// opensLate is a firewall that lets everything through after a while.
func (w *world) opensLate(rules ...string) {
	w.Helper()
	w.firewall(rules...)
	w.later(func() { w.does("nft", "delete", "table", "inet", "lab") })
}

// patiently has a start wait as long as it does by default.
func patiently(arrange func(*world)) func(*world) {
	return func(w *world) {
		delete(w.env, "ACTIVATION_ATTEMPTS")
		arrange(w)
	}
}

// lateNetworks come seconds after the container, as that of a mesh's sidecar does.
var lateNetworks = []situation{
	{name: "server comes late", official: notReached, arrange: patiently(func(w *world) {
		w.publicDNS(nameServer)
		w.later(w.internet)
	})},
	{name: "server behind the web server comes late", official: notReached, arrange: patiently(func(w *world) {
		w.publicDNS(nameServer)
		w.nginx(w.api("", toAuthority))
		w.later(w.licenseServer)
	})},
	{name: "name server comes late", official: unresolved, arrange: patiently(func(w *world) {
		w.internet()
		w.later(func() { w.publicDNS(nameServer) })
	})},
	{name: "name server is silent at first", official: unresolved, arrange: patiently(func(w *world) {
		w.internet()
		w.publicDNS(nameServer)
		w.opensLate("udp dport 53 drop")
	})},
	{name: "name server has no upstream at first", official: unresolved, arrange: patiently(func(w *world) {
		w.internet()
		w.dnsmasq(nameServer, "--server="+upstream)
		w.later(func() { w.publicDNS(upstream) })
	})},
	{name: "route comes late", official: notReached, arrange: patiently(func(w *world) {
		w.publicDNS(nameServer)
		w.internet()
		w.must(w.T, "", "ip", "address", "delete", apiHost+"/32", "dev", "lo")
		w.later(func() { w.does("ip", "address", "add", apiHost+"/32", "dev", "lo") })
	})},
	{name: "firewall opens late", official: notReached, arrange: patiently(func(w *world) {
		w.publicDNS(nameServer)
		w.internet()
		w.opensLate("ip daddr " + apiHost + " tcp dport 443 drop")
	})},
	{name: "TLS is reset at first", official: notReached, arrange: patiently(func(w *world) {
		w.publicDNS(nameServer)
		w.internet()
		w.opensLate("tcp dport 443 @ih,0,8 22 reject with tcp reset")
	})},
	{name: "proxy comes late", official: notReached, arrange: patiently(func(w *world) {
		w.internet()
		w.through("http", "", "")
		w.onlyTheProxyGetsOut()
		w.later(func() { w.squid(plainPort) })
	})},
	{name: "proxy's way out comes late", official: notReached, arrange: patiently(func(w *world) {
		w.squid(plainPort)
		w.through("http", "", "")
		w.onlyTheProxyGetsOut()
		w.later(w.internet)
	})},
	// What is said must be true at the end, not of the beginning.
	{name: "name server comes late, and leads to an inspected connection", id: fault.NetworkIntercepted,
		says: "not a public authority. There is no stored license", official: notReached, arrange: patiently(func(w *world) {
			w.licenseServer()
			w.nginx(w.apiWith(corporate(), nil, "", toAuthority))
			w.publicDNS(nameServer)
			w.opensLate("udp dport 53 drop")
		})},
	{name: "firewall opens late, and nobody listens", id: fault.NetworkRefused, says: "attempts)",
		official: notReached, arrange: patiently(func(w *world) {
			w.env["ACTIVATION_TIMEOUT"] = "8"
			w.publicDNS(nameServer)
			w.opensLate("ip daddr " + apiHost + " tcp dport 443 drop")
		})},
	{name: "server never comes", id: fault.NetworkRefused, says: "attempts)", official: notReached,
		arrange: patiently(func(w *world) { w.publicDNS(nameServer) })},
}
