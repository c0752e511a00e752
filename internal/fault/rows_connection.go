package fault

var connectionRows = []Row{
	{
		ID: NetworkRefused, More: true, Stage: StageConnection, Coarse: true, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Nothing listens there, or a firewall rejects it; a corporate network may need HTTPS_PROXY to be set.",
		Help: Help{
			Title:   "the connection is refused",
			Meaning: "Nothing listens at the server's address and port, or a firewall rejects connections to it.",
			Known:   "Each address of the server was tried, and the system reported that the connection was refused.",
			Fixes: []Fix{
				{corporate, proxyCorporate},
				{docker, proxyDocker},
				{compose, proxyCompose},
				{kubernetes, proxyKubernetes},
				{anywhere, "With an `API_ENDPOINT` of your own, see that the server runs. `localhost` there is the container itself."},
			},
		},
	},
	{
		ID: NetworkTimeout, More: true, Stage: StageConnection, Coarse: true, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "A firewall may drop the traffic silently; a corporate network may need HTTPS_PROXY to be set.",
		Help: Help{
			Title:   "the server does not answer in time",
			Meaning: "A firewall drops the traffic without a word, packets get lost on the way, or the network is very slow.",
			Known:   "The connection or the answer did not come within ACTIVATION_ATTEMPT_TIMEOUT (5 s), also when it was tried again.",
			Fixes: []Fix{
				{corporate, proxyCorporate},
				{docker, proxyDocker},
				{docker, "Behind a VPN, large packets may get lost. Try `{\"mtu\": 1400}` in `/etc/docker/daemon.json`, then restart Docker; a network of Compose has its own: `driver_opts: {com.docker.network.driver.mtu: \"1400\"}`."},
				{kubernetes, noPolicy},
				{anywhere, "On a slow network, allow more: `ACTIVATION_ATTEMPT_TIMEOUT=15` and `ACTIVATION_TIMEOUT=45`."},
			},
		},
	},
	{
		ID: NetworkUnreachable, More: true, Stage: StageConnection, Coarse: true, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Please check the container's network, and whether a firewall or routing policy forbids the way.",
		Help: Help{
			Title:   "there is no way to the server",
			Meaning: "The container has no route to the server's address, or the exchange broke off before there was an answer.",
			Known:   "The system reported that the network or host is unreachable, or what answered was no HTTP.",
			Fixes: []Fix{
				{docker, "Look for `--network none` and `docker network create --internal`. After changes to the firewall or a VPN: `sudo systemctl restart docker`."},
				{compose, noInternal},
				{kubernetes, noPolicy},
				{anywhere, tryFromHost},
			},
		},
	},
	{
		ID: NetworkReset, More: true, Stage: StageConnection, Coarse: true, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "A firewall or proxy that reads the first bytes of a connection often ends it like that; ask your network administrator to let {host} through.",
		Help: Help{
			Title:   "the connection is cut",
			Meaning: "The connection was made and then cut, mostly by a firewall that reads the server's name in the first bytes of TLS.",
			Known:   "The connection was there, and then the system reported its reset or its end, before there was an answer.",
			Fixes: []Fix{
				{corporate, "Ask for `api.localstack.cloud` to be let through, by its name in TLS (SNI), not by its address: that changes."},
				{corporate, proxyCorporate},
				{docker, proxyDocker},
				{anywhere, tryFromHost},
			},
		},
	},
	{
		ID: NetworkAddressFamily, More: true, Stage: StageConnection, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please give the container a way out over the address family that works: IPv6 in Docker's daemon.json, NAT64 with DNS64, or a network with IPv4.",
		Help: Help{
			Title:   "IPv6 or IPv4 has no way out",
			Meaning: "The server's addresses are of a family, IPv6 or IPv4, for which the container has no route. If the other family works, this only costs time.",
			Known:   "Every address was tried and none of that family worked. For a server with addresses of one family only, the system was asked which families have a route.",
			Fixes: []Fix{
				{docker, "Make a network with IPv6 (Docker 27 or newer): `docker network create --ipv6 six`, then `docker run --network six …`. The host needs IPv6 as well."},
				{compose, "Switch IPv6 on: `networks: {default: {enable_ipv6: true}}` at the top."},
				{kubernetes, "In a cluster with IPv6 only, names need DNS64 and packets NAT64; in one with IPv4 only, a name server that gives IPv4 addresses."},
				{corporate, "A proxy that has both families does as well: set `HTTPS_PROXY`."},
			},
		},
	},
	{
		ID: NetworkProxy, More: true, Stage: StageProxy, Coarse: true, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please check the proxy variables (OUTBOUND_HTTPS_PROXY, HTTPS_PROXY, HTTP_PROXY, NO_PROXY), and that the proxy lets {host} through.",
		Help: Help{
			Title:   "the proxy does not let us through",
			Meaning: "The proxy was reached and did not connect to the licensing server.",
			Known:   "The proxy answered the request to connect (CONNECT, or SOCKS) with something else than success. The reason has the proxy without its password, and the status.",
			Fixes: []Fix{
				{corporate, "Ask for CONNECT to `api.localstack.cloud:443` to be allowed at the proxy."},
				{anywhere, "Try it on the host: `curl -vx http://proxy.example.com:3128 https://api.localstack.cloud/v1`."},
				{anywhere, "If there is a way out without the proxy: `NO_PROXY=api.localstack.cloud`. `OUTBOUND_HTTPS_PROXY` is a proxy for LocalStack alone, and wins."},
				{docker, "Look at `proxies` in `~/.docker/config.json`; Docker sets `HTTPS_PROXY` by it."},
			},
		},
	},
	{
		ID: NetworkProxyAuthentication, More: true, Stage: StageProxy, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please put the user name and password into the proxy variable, before the host: http://user:password@proxy:3128, with %XX for special characters. Where it asks for NTLM, Negotiate or Kerberos only, use a local proxy that speaks it, such as Px.",
		Help: Help{
			Title:   "the proxy wants a password",
			Meaning: "The proxy asks who we are: no user name and password were given, or it does not take them.",
			Known:   "It answered with status 407. Its `Proxy-Authenticate` header names the ways that it accepts; this program has Basic only.",
			Fixes: []Fix{
				{anywhere, "Put them into the variable: `HTTPS_PROXY=http://user:password@proxy.example.com:3128`. Special characters are `%XX`: `@` is `%40`, `:` is `%3A`, `/` is `%2F`."},
				{compose, "Keep the password out of the Compose file: `env_file: proxy.env`."},
				{kubernetes, "Keep the password in a Secret: `valueFrom: {secretKeyRef: {name: proxy, key: url}}`."},
				{corporate, "If only NTLM, Negotiate or Kerberos is accepted, run a local proxy that speaks it, such as Px or Cntlm, and name that one; or ask for an exception for `api.localstack.cloud`."},
			},
		},
	},
	{
		ID: NetworkProxyUnreachable, More: true, Stage: StageProxy, Coarse: true, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Please check the proxy variables (OUTBOUND_HTTPS_PROXY, HTTPS_PROXY, HTTP_PROXY): most proxies are http://, for https addresses as well; localhost in one means the container itself, the host is host.docker.internal.",
		Help: Help{
			Title:   "the proxy cannot be reached",
			Meaning: "A proxy is set, and there is no connection to it. The licensing server itself was not tried.",
			Known:   "The proxy's name did not resolve, or the connection to it failed in the way that the reason says.",
			Fixes: []Fix{
				{docker, "For a proxy on the host, use `-e HTTPS_PROXY=http://host.docker.internal:3128`; on Linux also `--add-host host.docker.internal:host-gateway`. It must listen on more than 127.0.0.1."},
				{docker, "Look at `proxies` in `~/.docker/config.json`; Docker sets `HTTPS_PROXY` by it."},
				{compose, "For a proxy on the host, `extra_hosts: [\"host.docker.internal:host-gateway\"]` and `environment: [HTTPS_PROXY=http://host.docker.internal:3128]`."},
				{anywhere, "If it answers in plain HTTP, not in TLS, write `HTTPS_PROXY=http://proxy.example.com:3128`: what stands before `://` is how the proxy itself is spoken to. If none is needed here, switch it off: `HTTPS_PROXY=` and `OUTBOUND_HTTPS_PROXY=`."},
				{corporate, "The proxy's name may exist in the VPN only; use its address, or connect first."},
			},
		},
	},
	{
		ID: NetworkProxyBypassed, More: true, Stage: StageNames, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please remove the entry that matches {host} from NO_PROXY.",
		Help: Help{
			Title:   "NO_PROXY excludes the server",
			Meaning: "A proxy is set, but NO_PROXY makes an exception for the licensing server, and only the proxy has a way out.",
			Known:   "An entry of NO_PROXY matches the server's name. Without the proxy there was no way; through it, a request without the token was answered.",
			Fixes: []Fix{
				{anywhere, "Write `localhost.localstack.cloud` in `NO_PROXY` instead of `localstack.cloud`: an entry stands for all names below it."},
				{docker, "Correct `noProxy` in `~/.docker/config.json`, if it comes from there, or `docker run -e NO_PROXY=localhost,127.0.0.1 …`."},
				{compose, "Replace it: `environment: [\"NO_PROXY=localhost,127.0.0.1\"]`."},
				{kubernetes, "Replace it: `env: [{name: NO_PROXY, value: \"localhost,127.0.0.1,.svc\"}]`."},
			},
		},
	},
}
