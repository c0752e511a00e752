package lab

import (
	"fmt"
	"net"
	"strings"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/testkit"
)

// dnsmasq starts a name server of small networks. What its options do not
// answer it refuses.
func (w *world) dnsmasq(address string, options ...string) {
	w.Helper()
	w.run(daemon{
		argv: append([]string{
			"dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--pid-file=", "--log-facility=-",
			"--no-resolv", "--no-hosts", "--bind-interfaces", "--listen-address=" + address,
		}, options...),
		ready: naming(address),
	})
}

// absent is dnsmasq's option for names that it does not know: they do not exist.
const absent = "--local=/#/"

// publicDNS starts a name server that knows where the licensing server is.
func (w *world) publicDNS(address string) {
	w.Helper()
	w.dnsmasq(address, at(apiHost), absent)
}

// at is dnsmasq's option that puts the licensing server at an address, and at
// none of the other family.
func at(address string) string { return "--host-record=" + host + "," + address }

// unbound starts a validating resolver. The lines are those of its server
// clause, or begin clauses of their own.
func (w *world) unbound(address string, lines ...string) {
	w.Helper()
	conf := w.put("unbound-"+address+".conf", fmt.Sprintf(`
server:
  interface: %s
  access-control: 0.0.0.0/0 allow
  access-control: ::/0 allow
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  pidfile: ""
  directory: %q
  do-not-query-localhost: no
  module-config: "respip validator iterator"
  ede: yes
%s
remote-control:
  control-enable: no
`, address, w.dir, strings.Join(lines, "\n")))
	w.run(daemon{argv: []string{"unbound", "-d", "-c", conf}, ready: naming(address)})
}

// forward is unbound's clause that has another server asked for everything.
func forward(to string) string { return "forward-zone:\n  name: \".\"\n  forward-addr: " + to }

// policy is a response policy zone that denies the licensing server.
const policy = `$ORIGIN rpz.corp.
$TTL 60
@ SOA ns.rpz.corp. admin.rpz.corp. 1 3600 600 86400 60
@ NS ns.rpz.corp.
api.localstack.cloud CNAME .
`

// recursor starts PowerDNS's resolver with a policy that blocks the licensing
// server, and says so with an extended DNS error (RFC 8914).
func (w *world) recursor(address string, code int, text string) {
	w.Helper()
	zone := w.put("rpz.zone", policy)
	rules := w.put("recursor.lua",
		fmt.Sprintf("rpzFile(%q, {policyName=\"corp\", extendedErrorCode=%d, extendedErrorExtra=%q})\n", zone, code, text))
	w.put("recursor.conf", fmt.Sprintf(`local-address=%s
allow-from=0.0.0.0/0,::/0
daemon=no
disable-syslog=yes
socket-dir=%s
extended-resolution-errors=yes
lua-config-file=%s
forward-zones-recurse=.=%s
hint-file=no
security-poll-suffix=
threads=1
dnssec=off
`, address, w.dir, rules, upstream))
	w.run(daemon{argv: []string{"pdns_recursor", "--config-dir=" + w.dir}, ready: naming(address)})
}

// farAway puts a name server of ours at an address, for what no program of the
// laboratory does: to be slow.
func (w *world) farAway(address string, zone testkit.Zone) {
	w.Helper()
	var packets net.PacketConn
	err := w.Inside(func() (err error) {
		packets, err = net.ListenPacket("udp", net.JoinHostPort(address, "53"))
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	server := &dns.Server{PacketConn: packets, Handler: zone}
	started := make(chan struct{})
	server.NotifyStartedFunc = func() { close(started) }
	go server.ActivateAndServe()
	<-started // a server cannot be shut down before
	w.Cleanup(func() { _ = server.Shutdown() })
}

// resolv writes the container's resolv.conf.
func (w *world) resolv(lines ...string) {
	w.Helper()
	testkit.Put(w.T, w.root, "etc/resolv.conf", strings.Join(lines, "\n")+"\n")
}

// asks makes the servers those that the container asks.
func (w *world) asks(servers ...string) {
	w.Helper()
	w.resolv("nameserver " + strings.Join(servers, "\nnameserver "))
}
