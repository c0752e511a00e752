package lab

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

// working are networks in which the start works.
var working = []situation{
	{name: "all is well", dig: []string{nameServer}, tls: true, official: licensed,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.internet()
		}},
	{name: "IPv6 only", dig: []string{nameServer6}, official: licensed,
		arrange: func(w *world) {
			w.asks(nameServer6)
			w.dnsmasq(nameServer6, at(apiHost6), absent)
			w.internet()
			w.wayOut("ip daddr " + apiHost + " reject")
		}},
	{name: "through squid", tls: true, official: licensed,
		arrange: func(w *world) {
			w.internet()
			w.squid(plainPort)
			w.through("http", "", "")
			w.onlyTheProxyGetsOut()
		}},
	{name: "through squid with a password", official: licensed,
		arrange: func(w *world) {
			w.internet()
			w.squid(plainPort, w.password(proxyPassword))
			w.through("http", proxyUser, proxyPassword)
			w.onlyTheProxyGetsOut()
		}},
	{name: "through an https proxy", official: licensed,
		arrange: func(w *world) { w.encryptedProxy() }},
	{name: "through a SOCKS5 proxy", official: licensed,
		python: noSOCKS,
		arrange: func(w *world) {
			w.internet()
			w.socks()
			w.through("socks5", "", "")
		}},
	{name: "inspecting proxy whose authority is trusted", tls: true, official: licensed,
		arrange: func(w *world) {
			w.inspected()
			w.env["REQUESTS_CA_BUNDLE"] = w.put("corporate.pem", string(shared.corporate.root.pem()))
		}},
	{name: "authority that the emulator's Python will refuse", warns: fault.NetworkStrict, tls: true,
		official: brokenLater,
		arrange: func(w *world) {
			careless, err := issue(nil, &x509.Certificate{
				Subject: pkix.Name{CommonName: "Careless Corp Root CA"}, IsCA: true, BasicConstraintsValid: true,
				NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(1, 0, 0),
			})
			if err != nil {
				w.Fatal(err)
			}
			w.env["REQUESTS_CA_BUNDLE"] = w.put("careless.pem", string(careless.pem()))
			presents(func() *authority { return &authority{careless, careless} }, nil)(w)
		}},
	{name: "name leads to a private address, and the right server", official: licensed,
		arrange: func(w *world) {
			w.dnsmasq(nameServer, at(blockHost), absent)
			w.licenseServer()
			api := w.api("", toAuthority)
			api.listen = []string{blockHost + ":443"}
			w.nginx(api)
		}},
	{name: "hosts file leads to the right server", official: licensed,
		arrange: func(w *world) {
			testkit.Put(w.T, w.root, "etc/hosts", apiHost+" "+host+"\n")
			w.internet()
		}},
	{name: "Kubernetes' search domains", official: licensed,
		arrange: func(w *world) {
			w.resolv("search ns.svc.cluster.local svc.cluster.local cluster.local", "nameserver "+nameServer, "options ndots:5")
			w.publicDNS(nameServer)
			w.internet()
		}},
	{name: "LOCALSTACK_HOST=localstack captures nothing", official: licensed,
		arrange: func(w *world) {
			w.env["LOCALSTACK_HOST"] = "localstack"
			w.publicDNS(nameServer)
			w.internet()
		}},
	{name: "name server validates", dig: []string{nameServer}, official: licensed,
		arrange: func(w *world) {
			w.signed(time.Hour)
			w.internet()
		}},
	{name: "one name server denies, the other knows", warns: fault.NetworkDNSDisagree, official: licensed,
		arrange: func(w *world) {
			w.asks(nameServer, nameServer2)
			w.dnsmasq(nameServer, absent)
			w.publicDNS(nameServer2)
			w.internet()
		}},
	{name: "one name server is dead, the other knows", official: licensed,
		arrange: func(w *world) {
			w.asks(nameServer, nameServer2)
			w.publicDNS(nameServer2)
			w.internet()
		}},
	{name: "IPv6 addresses, and no way there", official: licensed,
		arrange: func(w *world) {
			w.dnsmasq(nameServer, at(apiHost+","+nobody6), absent)
			w.internet()
		}},
	{name: "IPv6 addresses, and a way that swallows", warns: fault.NetworkAddressFamily, official: licensed,
		arrange: func(w *world) {
			w.dnsmasq(nameServer, at(apiHost+","+nobody6), absent)
			w.must(w.T, "", "ip", "address", "add", nobody6+"/128", "dev", "lo")
			w.firewall("meta nfproto ipv6 tcp dport 443 drop")
			w.internet()
		}},
	{name: "name server takes three seconds", official: licensed,
		arrange: func(w *world) {
			slowNames(w, 3*time.Second)
			w.internet()
		}},
	{name: "three packets of ten are lost", official: licensed, chance: true,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.internet()
			w.firewall("udp dport 53 numgen inc mod 10 { 0, 3, 6 } drop", "tcp dport 443 numgen inc mod 10 { 0, 3, 6 } drop")
		}},
	{name: "server's clock is a day ahead", warns: fault.ClockSkew, says: "clock", official: licensed,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.licenseServer()
			api := w.api("", toAuthority)
			api.env = clock(24 * time.Hour)
			w.nginx(api)
		}},
}

// encryptedProxy is an internet behind a proxy that speaks TLS itself.
func (w *world) encryptedProxy() {
	w.Helper()
	w.internet()
	w.dnsmasq(nameServer, absent, "--address=/"+proxyName+"/"+proxyHost)
	certificate, key := shared.public.issueFor(w, proxyName, nil)
	w.squid("https_port " + proxyAddress + " tls-cert=" + certificate + " tls-key=" + key)
	w.env["HTTPS_PROXY"] = "https://" + proxyName + ":3128"
	w.onlyTheProxyGetsOut()
}

// inspected is an internet behind a proxy that opens TLS.
func (w *world) inspected() {
	w.Helper()
	w.internet()
	port, rules := w.inspection()
	w.squid(port, rules)
	w.through("http", "", "")
	w.onlyTheProxyGetsOut()
}

// closedWays are addresses to which no connection can be made.
var closedWays = []situation{
	{name: "connection is refused", id: fault.NetworkRefused, says: apiHost, official: notReached,
		arrange: func(w *world) { w.publicDNS(nameServer) }},
	{name: "firewall drops the connection", id: fault.NetworkTimeout, says: apiHost, official: notReached,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.internet()
			w.firewall("ip daddr " + apiHost + " tcp dport 443 drop")
		}},
	{name: "firewall prohibits the connection", id: fault.NetworkUnreachable, says: apiHost, official: notReached,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.internet()
			w.wayOut("ip daddr " + apiHost + " tcp dport 443 reject with icmp admin-prohibited")
		}},
	{name: "route prohibits the connection", id: fault.NetworkUnreachable, says: nobody, official: notReached,
		arrange: func(w *world) {
			w.dnsmasq(nameServer, at(nobody), absent)
			w.must(w.T, "", "ip", "route", "add", "prohibit", nobody+"/32")
		}},
	{name: "no route", id: fault.NetworkUnreachable, says: nobody, official: notReached,
		arrange: func(w *world) { w.dnsmasq(nameServer, at(nobody), absent) }},
	{name: "reset after the first bytes", id: fault.NetworkReset, says: host, official: notReached,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.internet()
			// 22: what TLS begins a handshake with.
			w.firewall("tcp dport 443 @ih,0,8 22 reject with tcp reset")
		}},
	{name: "silence after the first bytes", id: fault.NetworkTimeout, says: host, official: notReached,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.internet()
			w.firewall("tcp dport 443 @ih,0,8 22 drop")
		}},
}

// proxies are networks whose proxy does not help.
var proxies = []situation{
	{name: "proxy is dead", id: fault.NetworkProxyUnreachable, says: proxyAddress, official: notReached,
		arrange: func(w *world) { w.through("http", "", "") }},
	{name: "proxy's name does not resolve", id: fault.NetworkProxyUnreachable, says: proxyName, official: notReached,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.env["HTTPS_PROXY"] = "http://" + proxyName + ":3128"
		}},
	{name: "proxy is behind a firewall", id: fault.NetworkProxyUnreachable, says: proxyAddress, official: notReached,
		arrange: func(w *world) {
			w.squid(plainPort)
			w.firewall("tcp dport 3128 drop")
			w.through("http", "", "")
		}},
	{name: "proxy requires authentication", id: fault.NetworkProxyAuthentication, says: "Basic", official: notReached,
		arrange: func(w *world) {
			w.squid(plainPort, w.password(proxyPassword))
			w.through("http", "", "")
		}},
	{name: "proxy has another password", id: fault.NetworkProxyAuthentication, says: "rejects the user name or password",
		official: notReached,
		arrange: func(w *world) {
			w.squid(plainPort, w.password(proxyPassword))
			w.through("http", proxyUser, "not"+proxyPassword)
		}},
	{name: "proxy's rules refuse the server", id: fault.NetworkProxy, says: "403", official: notReached,
		arrange: func(w *world) {
			w.squid(plainPort, "acl licensing dstdomain "+host+"\nhttp_access deny licensing")
			w.through("http", "", "")
		}},
	{name: "small proxy refuses the port", id: fault.NetworkProxy, says: "403", official: notReached,
		arrange: func(w *world) {
			w.tinyproxy("563")
			w.through("http", "", "")
		}},
	{name: "proxy cannot resolve the server", id: fault.NetworkProxy, says: "500", official: notReached,
		arrange: func(w *world) {
			w.dnsmasq(upstream, absent)
			w.squid(plainPort)
			w.through("http", "", "")
		}},
	{name: "NO_PROXY leads around the only way out", id: fault.NetworkProxyBypassed, says: "NO_PROXY",
		official: notReached,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.internet()
			w.squid(plainPort)
			w.through("http", "", "")
			w.env["NO_PROXY"] = "localhost,.localstack.cloud"
			w.onlyTheProxyGetsOut()
		}},
	{name: "inspecting proxy whose authority is not trusted", id: fault.NetworkIntercepted, says: "Example Corp",
		official: notReached, tls: true,
		arrange: func(w *world) { w.inspected() }},
}
