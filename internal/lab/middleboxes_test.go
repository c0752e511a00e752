package lab

import "localstack-entrypoint/internal/fault"

// largeHello is what nft knows packets by that begin with a TLS handshake (22) and are larger than a
// ClientHello without post-quantum key exchange.
const largeHello = "@ih,0,8 22 meta length > 1200"

// middleboxes are devices on the way that mishandle a large ClientHello.
var middleboxes = []situation{
	{name: "middlebox drops a large ClientHello", warns: fault.NetworkLargeHello, says: "got no answer",
		official: licensed,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.internet()
			w.firewall("tcp dport 443 " + largeHello + " drop")
		}},
	{name: "middlebox resets after a large ClientHello", warns: fault.NetworkLargeHello,
		says: "was followed by the end of the connection", official: licensed,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.internet()
			w.firewall("tcp dport 443 " + largeHello + " reject with tcp reset")
		}},
	{name: "middlebox behind the proxy drops a large ClientHello", warns: fault.NetworkLargeHello,
		says: "got no answer", official: licensed,
		arrange: func(w *world) {
			w.internet()
			w.squid(plainPort)
			w.through("http", "", "")
			w.onlyTheProxyGetsOut()
			w.firewall("tcp dport 443 " + largeHello + " drop")
		}},
}
