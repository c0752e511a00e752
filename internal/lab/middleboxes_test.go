package lab

import (
	"io"
	"net"

	"localstack-entrypoint/internal/fault"
)

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
	{name: "middlebox before an https proxy resets after a large ClientHello", warns: fault.NetworkLargeHello,
		says: "TLS with " + proxyName + " works only with", official: licensed,
		arrange: func(w *world) {
			w.encryptedProxy()
			w.firewall("tcp dport 3128 " + largeHello + " reject with tcp reset")
		}},
	{name: "middlebox before a SOCKS5 proxy drops a large ClientHello", warns: fault.NetworkLargeHello,
		says: "got no answer", official: licensed,
		arrange: func(w *world) {
			w.internet()
			w.socks()
			w.through("socks5", "", "")
			w.firewall("tcp dport 3128 " + largeHello + " drop") // microsocks passes on at most 1024 bytes
		}},
	{name: "tunnel loses packets of more than 1400 bytes", warns: fault.NetworkLargeHello, says: "got no answer",
		official: licensed,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.internet()
			// Packets as on a cable: loopback's would hold a ClientHello of any size.
			w.must(w.T, "", "ip", "link", "set", "lo", "mtu", "1500", "gso_max_segs", "1")
			w.firewall("tcp dport 443 meta length > 1400 drop")
		}},
	{name: "relay reads one segment of a ClientHello", warns: fault.NetworkLargeHello, says: "got no answer",
		official: licensed,
		arrange: func(w *world) {
			w.dnsmasq(nameServer, at(blockHost), absent)
			w.internet()
			w.relay(net.JoinHostPort(blockHost, "443"), net.JoinHostPort(apiHost, "443"))
		}},
}

// relay passes on connections to address, but of what it reads first only 1200 bytes.
func (w *world) relay(address, to string) {
	w.Helper()
	var listener net.Listener
	err := w.Inside(func() (err error) {
		listener, err = net.Listen("tcp", address)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go w.passOn(client, to)
		}
	}()
}

func (w *world) passOn(client net.Conn, to string) {
	defer client.Close()
	var server net.Conn
	if w.Inside(func() (err error) { server, err = net.Dial("tcp", to); return err }) != nil {
		return
	}
	defer server.Close()
	first := make([]byte, 64<<10)
	n, _ := client.Read(first)
	_, _ = server.Write(first[:min(n, 1200)])
	go func() { _, _ = io.Copy(server, client); server.Close() }()
	_, _ = io.Copy(client, server)
}
