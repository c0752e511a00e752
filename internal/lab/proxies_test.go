package lab

import (
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"strings"
)

// proxyAddress is where proxies listen.
var proxyAddress = net.JoinHostPort(proxyHost, "3128")

// proxyName is the proxy's, where a name server knows it.
const proxyName = "proxy.corp.example"

// The user that the password proxy knows. The odd password has much of what must be written as %XX by the book,
// and what Python sends all the same when it is not.
const (
	proxyUser, proxyPassword = "mallory", "s3cret!pass"
	oddPassword              = "s3cret %zz 100% ^{}|@:ü"
)

// squid starts the proxy with a port line and its access rules, which come
// first. It resolves names through upstream.
func (w *world) squid(port string, lines ...string) {
	w.Helper()
	conf := w.put("squid.conf", fmt.Sprintf(`%s
%s
http_access allow all
dns_nameservers %s
hosts_file none
pid_filename none
access_log none
cache_log /dev/null
cache deny all
cache_mem 1 MB
memory_cache_shared off
shutdown_lifetime 0 seconds
sslproxy_session_cache_size 0
coredump_dir none
netdb_filename none
pinger_enable off
max_filedescriptors 1024
workers 1
cache_effective_user proxy
`, port, strings.Join(lines, "\n"), upstream))
	w.run(daemon{argv: []string{"squid", "-N", "-d", "1", "-n", w.unique("squid"), "-f", conf},
		ready: listening(proxyAddress)})
}

// plainPort is squid's line for a proxy without TLS of its own.
var plainPort = "http_port " + proxyAddress

// password are squid's lines that ask for a password, which is sent in Latin-1.
func (w *world) password(password string) string {
	w.Helper()
	var sent []byte
	for _, r := range password {
		sent = append(sent, byte(r))
	}
	hash, err := exec.Command("openssl", "passwd", "-apr1", string(sent)).Output()
	if err != nil {
		w.Fatal(err)
	}
	users := w.put("users", proxyUser+":"+string(hash))
	return fmt.Sprintf(`auth_param basic program /usr/lib/squid/basic_ncsa_auth %s
auth_param basic children 1 startup=1 idle=1
auth_param basic realm corporate proxy
acl known proxy_auth REQUIRED
http_access deny !known`, users)
}

// digest are squid's lines that ask for a password by Digest only.
func (w *world) digest() string {
	w.Helper()
	return fmt.Sprintf(`auth_param digest program /usr/lib/squid/digest_file_auth %s
auth_param digest children 1 startup=1 idle=1
auth_param digest realm corporate proxy
acl known proxy_auth REQUIRED
http_access deny !known`, w.put("users", proxyUser+":"+proxyPassword+"\n"))
}

// inspection is squid's port line for a proxy that opens every TLS connection
// and signs what is inside anew, and the rules for that.
func (w *world) inspection() (port, rules string) {
	w.Helper()
	certificate, key := shared.corporate.root.save(w, "inspection", shared.corporate.root.pem())
	port = fmt.Sprintf("http_port %s ssl-bump tls-cert=%s tls-key=%s", proxyAddress, certificate, key) +
		" generate-host-certificates=on dynamic_cert_mem_cache_size=1MB"
	rules = fmt.Sprintf(`sslcrtd_program /usr/lib/squid/security_file_certgen
sslcrtd_children 1 startup=1 idle=1
tls_outgoing_options cafile=%s
acl hello at_step SslBump1
ssl_bump peek hello
ssl_bump bump all`, w.put("outside.pem", string(shared.public.root.pem())))
	return port, rules
}

// tinyproxy starts the small proxy, which lets connections through to the
// given ports only.
func (w *world) tinyproxy(ports ...string) {
	w.Helper()
	conf := fmt.Sprintf("User proxy\nGroup proxy\nPort 3128\nListen %s\nTimeout 30\nMaxClients 20\nLogLevel Error\n",
		proxyHost)
	for _, port := range ports {
		conf += "ConnectPort " + port + "\n"
	}
	w.run(daemon{argv: []string{"tinyproxy", "-d", "-c", w.put("tinyproxy.conf", conf)}, ready: listening(proxyAddress)})
}

// socks starts a SOCKS5 proxy. It resolves names as the system does, so it gets
// a hosts file of its own. The options come last.
func (w *world) socks(options ...string) {
	w.Helper()
	hosts := w.put("hosts", apiHost+" "+host+"\n")
	w.run(daemon{
		argv: append([]string{
			"unshare", "--mount", "sh", "-c", `mount --bind "$0" /etc/hosts && exec "$@"`, hosts,
			"microsocks", "-i", proxyHost, "-p", "3128",
		}, options...),
		ready: listening(proxyAddress),
	})
}

// through sets the proxy variable.
func (w *world) through(scheme, user, password string) {
	proxy := url.URL{Scheme: scheme, Host: proxyAddress}
	if user != "" {
		proxy.User = url.UserPassword(user, password)
	}
	w.env["HTTPS_PROXY"] = proxy.String()
}

// onlyTheProxyGetsOut rejects what does not come from the proxy's user, and
// gives the proxy a name server.
func (w *world) onlyTheProxyGetsOut() {
	w.Helper()
	w.publicDNS(upstream)
	w.wayOut("ip daddr " + apiHost + " tcp dport 443 meta skuid != proxy reject with tcp reset")
}
