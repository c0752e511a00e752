package fault

const (
	unreachable = "Could not reach the LocalStack licensing server at {server}: {detail}."
	checkWith   = "Check with: dig {host}"
	mountCA     = "If your network inspects TLS, mount its CA certificate into the container and name the file in REQUESTS_CA_BUNDLE."
)

var dnsRows = []Row{
	{
		ID: NetworkDNS, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Some corporate DNS servers filter domains; ask your network administrator to safelist localstack.cloud. " + checkWith,
	},
	{
		ID: NetworkDNSNoServer, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please give the container a name server: docker run --dns ADDRESS, dns in Compose, dnsPolicy in Kubernetes.",
	},
	{
		ID: NetworkDNSFiltered, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "A DNS filter or firewall blocks the name; ask your network administrator to safelist localstack.cloud. " + checkWith,
	},
	{
		ID: NetworkDNSCaptured, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "The DNS server of a LocalStack container answers for every name that matches its LOCALSTACK_HOST; please use a name there that is no part of {host}, such as localhost.localstack.cloud or ls.local.",
	},
	{
		ID: NetworkDNSDocker, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Docker's own DNS server passes questions on to the host's name servers; please check those of the host, set others (docker run --dns ADDRESS, or dns in /etc/docker/daemon.json), and see whether the network is internal.",
	},
	{
		ID: NetworkDNSSearch, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please remove the search domain whose wildcard answers for every name (docker run --dns-search=. does), or have its owner remove the wildcard.",
	},
	{
		ID: NetworkDNSDisagree, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Please remove the name server that denies the name, or have its administrator safelist localstack.cloud; whoever asks that one first does not find the server. " + checkWith,
	},
	{
		ID: NetworkDNSHosts, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please remove the entry: extra_hosts in Compose, --add-host of docker run, hostAliases in Kubernetes, or a line of /etc/hosts.",
	},
}

var connectionRows = []Row{
	{
		ID: NetworkRefused, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Nothing listens there, or a firewall rejects it; a corporate network may need HTTPS_PROXY to be set.",
	},
	{
		ID: NetworkTimeout, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "A firewall may drop the traffic silently; a corporate network may need HTTPS_PROXY to be set.",
	},
	{
		ID: NetworkUnreachable, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Please check the container's network.",
	},
	{
		ID: NetworkReset, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "A firewall or proxy that reads the first bytes of a connection often ends it like that; ask your network administrator to let {host} through.",
	},
	{
		ID: NetworkAddressFamily, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please give the container a way out over the address family that works: IPv6 in Docker's daemon.json, NAT64 with DNS64, or a network with IPv4.",
	},
	{
		ID: NetworkProxy, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please check the proxy variables (OUTBOUND_HTTPS_PROXY, HTTPS_PROXY, HTTP_PROXY, NO_PROXY), and that the proxy lets {host} through.",
	},
	{
		ID: NetworkProxyAuthentication, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please put the user name and password into the proxy variable, before the host: http://user:password@proxy:3128, with %XX for special characters.",
	},
	{
		ID: NetworkProxyUnreachable, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Please check the proxy variables (OUTBOUND_HTTPS_PROXY, HTTPS_PROXY, HTTP_PROXY): localhost in one means the container itself, the host is host.docker.internal.",
	},
	{
		ID: NetworkProxyBypassed, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please remove the entry that matches {host} from NO_PROXY.",
	},
}
