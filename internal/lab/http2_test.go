package lab

import (
	"net"

	"localstack-entrypoint/internal/fault"
)

// onlyHTTP2 are servers that do not speak HTTP/1.1.
var onlyHTTP2 = []situation{
	{name: "server hangs up on HTTP/1.1", id: fault.NetworkHTTPVersion, says: "offers HTTP/2", official: notReached,
		python: "it only knows that the connection has ended",
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			certificate, key := shared.public.issueFor(w, host, nil)
			w.nghttpd("443", key, certificate)
		}},
	{name: "server refuses HTTP/1.1 in the handshake", id: fault.NetworkHTTPVersion, says: "no application protocol",
		official: notReached, python: "its error is one of the handshake",
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			certificate, key := shared.public.issueFor(w, host, nil)
			address := net.JoinHostPort(apiHost, "443")
			w.run(daemon{argv: []string{"openssl", "s_server", "-accept", address, "-cert", certificate, "-cert_chain",
				certificate, "-key", key, "-alpn", "h2", "-quiet"}, ready: listening(address)})
		}},
	{name: "server answers in HTTP/2", id: fault.NetworkHTTPVersion, says: "answers in HTTP/2", official: notReached,
		python: "it only knows that the answer is none",
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.nghttpd("80", "--no-tls")
			w.env["API_ENDPOINT"] = "http://" + host + "/v1"
		}},
}

// nghttpd starts a server that speaks HTTP/2 only.
func (w *world) nghttpd(port string, args ...string) {
	w.Helper()
	argv := []string{"nghttpd", "--address=" + apiHost, "--htdocs=" + w.dir}
	var files []string
	for _, arg := range args {
		if arg[0] == '-' {
			argv = append(argv, arg)
		} else {
			files = append(files, arg)
		}
	}
	w.run(daemon{argv: append(append(argv, port), files...), ready: listening(net.JoinHostPort(apiHost, port))})
}
