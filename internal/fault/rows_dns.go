package fault

const (
	unreachable = "Could not reach the LocalStack licensing server at {server}: {detail}."
	checkWith   = "Check with: dig {host}"
)

var dnsRows = []Row{
	{
		ID: NetworkDNS, More: true, Stage: StageNames, Coarse: true, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Some corporate DNS servers filter domains; ask your network administrator to safelist localstack.cloud. " + checkWith,
		Help: Help{
			Title:   "the server's name does not resolve",
			Meaning: "No name server gave an address for the licensing server, and what they said does not tell more about the cause.",
			Known:   "Every name server of `/etc/resolv.conf` was asked for IPv4 and IPv6 addresses. The reason says what each answered: an RCODE such as NXDOMAIN, SERVFAIL or REFUSED. With a timeout, a refused connection or an unreachable network, the name server itself was not reached; then no filter is to blame.",
			Fixes: []Fix{
				{anywhere, "Ask on the host, `dig api.localstack.cloud`, and in a container, `docker run --rm IMAGE dns`. If only the host has an answer, the container's name servers are the problem, otherwise the network's."},
				{corporate, dnsCorporate},
				{docker, dnsDocker},
				{compose, dnsCompose},
				{kubernetes, dnsKubernetes},
			},
		},
	},
	{
		ID: NetworkDNSNoServer, More: true, Stage: StageNames, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please give the container a name server: docker run --dns ADDRESS, dns in Compose, dnsPolicy in Kubernetes.",
		Help: Help{
			Title:   "no name server is configured",
			Meaning: "The container does not know whom to ask for names.",
			Known:   "`/etc/resolv.conf` is absent or names no server, and 127.0.0.1, which is asked then, has no answer.",
			Fixes: []Fix{
				{docker, dnsDocker},
				{docker, "Without a network there are no names: look for `--network none`. If something wrote to the file, create the container anew."},
				{compose, dnsCompose},
				{kubernetes, "Use `dnsPolicy: ClusterFirst`; `dnsPolicy: None` needs `dnsConfig: {nameservers: [10.0.0.53]}`."},
			},
		},
	},
	{
		ID: NetworkDNSFiltered, More: true, Stage: StageNames, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "A DNS filter or firewall blocks the name; ask your network administrator to safelist localstack.cloud. " + checkWith,
		Help: Help{
			Title:   "a DNS filter blocks the name",
			Meaning: "A name server does not resolve the licensing server's name on purpose, or answers with an address that leads nowhere.",
			Known:   "It answered with an extended error of RFC 8914 (4 Forged Answer, 15 Blocked, 16 Censored, 17 Filtered, 18 Prohibited), denied the name without the flag for recursion, which it sets otherwise, or gave an address that a public name cannot have: 0.0.0.0, or a loopback, private or reserved one.",
			Fixes: []Fix{
				{corporate, dnsCorporate},
				{corporate, "Show the administrator what `dig api.localstack.cloud` prints; a line with `EDE` names the filter."},
				{docker, "If you may use another name server: `docker run --dns 10.0.0.53 …`."},
				{compose, "If you may use another name server: `dns: [10.0.0.53]`."},
				{kubernetes, "If you may use another name server: `dnsPolicy: None` with `dnsConfig: {nameservers: [10.0.0.53]}`."},
			},
		},
	},
	{
		ID: NetworkDNSCaptured, More: true, Stage: StageNames, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "The DNS server of a LocalStack container answers for every name that matches its LOCALSTACK_HOST; please use a name there that is no part of {host}, such as localhost.localstack.cloud or ls.local.",
		Help: Help{
			Title:   "a LocalStack DNS server answers",
			Meaning: "LocalStack's own DNS server takes every name that contains its LOCALSTACK_HOST for itself. With `localstack` there, that includes `api.localstack.cloud`.",
			Known:   "LOCALSTACK_HOST is a part of the licensing server's name, and a name server gives that name an address of this container, or a loopback or private one.",
			Fixes: []Fix{
				{anywhere, "Remove `LOCALSTACK_HOST`, here and in the container that serves the names. Others find LocalStack by its container or service name without it."},
				{docker, "Or use a name that is no part of the server's: `-e LOCALSTACK_HOST=localhost.localstack.cloud`."},
				{compose, "Or use such a name: `environment: [LOCALSTACK_HOST=localhost.localstack.cloud]`."},
				{kubernetes, "Or use such a name: `env: [{name: LOCALSTACK_HOST, value: localstack.default.svc}]`."},
				{anywhere, "Or let LocalStack's DNS server pass the name on: `DNS_NAME_PATTERNS_TO_RESOLVE_UPSTREAM=api.localstack.cloud`."},
			},
		},
	},
	{
		ID: NetworkDNSDocker, More: true, Stage: StageNames, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Docker's own DNS server passes questions on to the host's name servers; please check those of the host, set others (docker run --dns ADDRESS, or dns in /etc/docker/daemon.json), and see whether the network is internal.",
		Help: Help{
			Title:   "Docker's DNS server gets no answers",
			Meaning: "Docker's DNS server in the container, 127.0.0.11, passes questions on to the host's name servers, and has no answer from them.",
			Known:   "That server fails or is silent instead of denying the name, or a name server that it should ask does have an address. Docker notes those servers in `/etc/resolv.conf` (ExtServers).",
			Fixes: []Fix{
				{docker, "Ask on the host: `dig api.localstack.cloud`. If that works, Docker may still have the name servers of another network: `sudo systemctl restart docker`."},
				{docker, dnsDocker},
				{compose, dnsCompose},
				{compose, noInternal},
				{corporate, "A VPN may allow its own name servers only; `resolvectl status` lists them. Give one to Docker."},
			},
		},
	},
	{
		ID: NetworkDNSSearch, More: true, Stage: StageNames, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please remove the search domain whose wildcard answers for every name (docker run --dns-search=. does), or have its owner remove the wildcard.",
		Help: Help{
			Title:   "a search domain answers for every name",
			Meaning: "A search domain has a wildcard record. Programs that append search domains first, as they do with Kubernetes' `ndots:5`, end up at its address instead of the licensing server.",
			Known:   "With a `search` domain of `/etc/resolv.conf` behind it the name has an address, and without it none; or `ndots` there makes programs try that first.",
			Fixes: []Fix{
				{kubernetes, "Let names with a dot be asked as they are: `dnsConfig: {options: [{name: ndots, value: \"1\"}]}` in the pod's spec."},
				{docker, "Use no search domain: `docker run --dns-search=. …`."},
				{compose, "Use no search domain: `dns_search: .`."},
				{corporate, "Have the wildcard (`*`) removed from the search domain that the reason names."},
			},
		},
	},
	{
		ID: NetworkDNSDisagree, More: true, Stage: StageNames, Coarse: true, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Please remove the name server that denies the name, or have its administrator safelist localstack.cloud; whoever asks that one first does not find the server. " + checkWith,
		Help: Help{
			Title:   "the name servers contradict each other",
			Meaning: "One name server says that the name does not exist, another has an address. Programs ask the first and believe it, so it works today and not tomorrow.",
			Known:   "All name servers of `/etc/resolv.conf` were asked side by side: one answered NXDOMAIN, one with an address.",
			Fixes: []Fix{
				{corporate, "Have `localstack.cloud` safelisted at the server that denies it. With a VPN, ask for its server to pass on public names."},
				{docker, "Name only servers that know it: `docker run --dns 10.0.0.53 …`."},
				{compose, "Name only servers that know it: `dns: [10.0.0.53]`."},
				{kubernetes, "Name only servers that know it: `dnsPolicy: None` with `dnsConfig: {nameservers: [10.0.0.53]}`."},
			},
		},
	},
	{
		ID: NetworkDNSHosts, More: true, Stage: StageNames, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please remove the entry: extra_hosts in Compose, --add-host of docker run, hostAliases in Kubernetes, or a line of /etc/hosts.",
		Help: Help{
			Title:   "the hosts file leads elsewhere",
			Meaning: "The container's `/etc/hosts` has an address for the licensing server's name, and it is not the server's.",
			Known:   "A public server's name stands in `/etc/hosts`, which wins over all name servers, and what is there did not prove to be the server.",
			Fixes: []Fix{
				{compose, "Remove the name from `extra_hosts`."},
				{docker, "Remove `--add-host` for the name. With `--network host`, the host's own `/etc/hosts` counts."},
				{kubernetes, "Remove the name from `hostAliases` in the pod's spec."},
				{anywhere, "Look for a BOOT hook that writes to `/etc/hosts`."},
			},
		},
	},
}
