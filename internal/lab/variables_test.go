package lab

import "localstack-entrypoint/internal/fault"

// dead is where no proxy is.
const dead = "http://" + proxyHost + ":1"

// noSOCKS is why Python gets no further with such a proxy. A start warns of it where it finds LocalStack's own Python.
const noSOCKS = "requests needs another package for SOCKS, which LocalStack does not install"

// guarded is an internet that only a proxy without a password reaches.
func (w *world) guarded() {
	w.Helper()
	w.internet()
	w.squid(plainPort)
	w.onlyTheProxyGetsOut()
}

// direct is an internet without a proxy, which dead would keep us from.
func (w *world) direct() {
	w.Helper()
	w.publicDNS(nameServer)
	w.internet()
	w.env["HTTPS_PROXY"] = dead
}

// proxyVariables are proxies that a program finds, or misses, by its way of reading the variables.
var proxyVariables = []situation{
	{name: "only ALL_PROXY is set", official: licensed,
		arrange: func(w *world) {
			w.guarded()
			w.env["ALL_PROXY"] = "http://" + proxyAddress
		}},
	{name: "https_proxy and HTTPS_PROXY differ", says: "https_proxy and HTTPS_PROXY are set to different values",
		official: licensed,
		arrange: func(w *world) {
			w.guarded()
			w.env["HTTPS_PROXY"], w.env["https_proxy"] = dead, "http://"+proxyAddress
		}},
	{name: "https_proxy is empty", official: licensed,
		says: "https_proxy is set to an empty value, which switches HTTPS_PROXY off",
		arrange: func(w *world) {
			w.direct()
			w.env["https_proxy"] = ""
		}},
	{name: "through squid with an odd password", official: licensed,
		arrange: func(w *world) {
			w.internet()
			w.squid(plainPort, w.password(oddPassword))
			w.env["HTTPS_PROXY"] = "http://" + proxyUser + ":" + oddPassword + "@" + proxyAddress
			w.onlyTheProxyGetsOut()
		}},
	{name: "through a SOCKS5 proxy with a password", official: licensed, python: noSOCKS,
		arrange: func(w *world) {
			w.internet()
			w.socks("-u", proxyUser, "-P", proxyPassword)
			w.through("socks5h", proxyUser, proxyPassword)
		}},
	{name: "NO_PROXY has a leading dot", official: licensed,
		arrange: func(w *world) {
			w.direct()
			w.env["NO_PROXY"] = "other.example, ." + host
		}},
	{name: "NO_PROXY has the server's network", official: licensed,
		arrange: func(w *world) {
			w.guarded()
			w.through("http", "", "")
			w.env["NO_PROXY"] = apiHost + "/8," + apiHost
		}},
	{name: "NO_PROXY has the server with a port", official: licensed,
		arrange: func(w *world) {
			w.guarded()
			w.through("http", "", "")
			w.env["NO_PROXY"] = host + ":443"
		}},
	{name: "proxy offers only Digest", id: fault.NetworkProxyMethod, says: "offers only Digest authentication",
		official: notReached,
		arrange: func(w *world) {
			w.internet()
			w.squid(plainPort, w.digest())
			w.through("http", proxyUser, proxyPassword)
			w.onlyTheProxyGetsOut()
		}},
	{name: "https proxy that does not speak TLS", id: fault.NetworkProxyTLS, says: "answers in plain HTTP, not in TLS",
		official: notReached,
		arrange: func(w *world) {
			w.guarded()
			w.through("https", "", "")
		}},
	{name: "https proxy with a certificate that is not trusted", id: fault.NetworkProxyTLS, says: "Example Corp",
		official: notReached,
		arrange: func(w *world) {
			w.dnsmasq(nameServer, absent, "--address=/"+proxyName+"/"+proxyHost)
			certificate, key := shared.corporate.issueFor(w, proxyName, nil)
			w.squid("https_port " + proxyAddress + " tls-cert=" + certificate + " tls-key=" + key)
			w.env["HTTPS_PROXY"] = "https://" + proxyUser + ":" + proxyPassword + "@" + proxyName + ":3128"
		}},
	{name: "SOCKS5 proxy has another password", id: fault.NetworkProxyAuthentication,
		says: "rejects the user name or password", official: notReached, python: noSOCKS,
		arrange: func(w *world) {
			w.socks("-u", proxyUser, "-P", proxyPassword)
			w.through("socks5h", proxyUser, "not"+proxyPassword)
		}},
	{name: "SOCKS5 proxy requires a password", id: fault.NetworkProxyAuthentication, says: "requires authentication",
		official: notReached, python: noSOCKS,
		arrange: func(w *world) {
			w.socks("-u", proxyUser, "-P", proxyPassword)
			w.through("socks5h", "", "")
		}},
	{name: "proxy's name server is dead", id: fault.NetworkProxyDNS, official: notReached,
		says:    proxyName + " does not resolve (status: connection refused from " + nameServer + ")",
		arrange: func(w *world) { w.env["https_proxy"] = "http://" + proxyName + ":3128" }},
	{name: "proxy's name server is silent", id: fault.NetworkProxyDNS, official: notReached,
		says: proxyName + " does not resolve (status: timeout from " + nameServer + ")",
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.firewall("udp dport 53 drop", "tcp dport 53 drop")
			w.env["all_proxy"] = "http://" + proxyName + ":3128"
		}},
}
