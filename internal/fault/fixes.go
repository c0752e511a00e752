package fault

// Where a [Fix] applies.
const (
	anywhere   = ""
	docker     = "Docker"
	compose    = "Compose"
	kubernetes = "Kubernetes"
	corporate  = "Corporate network"
	ci         = "CI"
)

// Fixes that several rows have. Addresses and names in them are examples.
const (
	tryFromHost = "See whether the host gets further: `curl -v https://api.localstack.cloud/v1`. If it does, look at the container's network, otherwise at the host's."

	dnsDocker     = "Set the container's name server: `docker run --dns 10.0.0.53 …`. For all containers, put `{\"dns\": [\"10.0.0.53\"]}` into `/etc/docker/daemon.json` and restart Docker."
	dnsCompose    = "Set the service's name server: `dns: [10.0.0.53]`."
	dnsKubernetes = "Set the pod's name server: `dnsPolicy: None` with `dnsConfig: {nameservers: [10.0.0.53]}`. What CoreDNS says: `kubectl -n kube-system logs -l k8s-app=kube-dns`."
	dnsCorporate  = "Ask for `localstack.cloud` and its subdomains to be safelisted in the DNS filter. Through a proxy it works without, for only the proxy's own name is resolved then: set `HTTPS_PROXY`; `HTTP_PROXY` alone is not for https."

	proxyDocker     = "Name the proxy: `docker run -e HTTPS_PROXY=http://proxy.example.com:3128 …`. For all containers, in `~/.docker/config.json`: `{\"proxies\": {\"default\": {\"httpsProxy\": \"http://proxy.example.com:3128\"}}}`."
	proxyCompose    = "Name the proxy: `environment: [HTTPS_PROXY=http://proxy.example.com:3128]`."
	proxyKubernetes = "Name the proxy: `env: [{name: HTTPS_PROXY, value: \"http://proxy.example.com:3128\"}]`."
	proxyCorporate  = "Ask how programs get out: through a proxy, or by a firewall rule for TCP port 443 of `api.localstack.cloud`."

	noPolicy   = "A NetworkPolicy may forbid the way out: `kubectl get networkpolicy -A`. It must allow egress to TCP port 443, and to DNS."
	noInternal = "A network with `internal: true` has no way out: remove that, or give the service a second network."

	caDocker     = "Mount the authority's certificate and name it: `-v \"$PWD/corporate-ca.pem:/etc/ssl/corporate-ca.pem:ro\"` and `-e REQUESTS_CA_BUNDLE=/etc/ssl/corporate-ca.pem`. The emulator's Python reads that file instead of its own list: if not everything is inspected, append the public authorities."
	caCompose    = "Use `volumes: [\"./corporate-ca.pem:/etc/ssl/corporate-ca.pem:ro\"]` and `environment: [REQUESTS_CA_BUNDLE=/etc/ssl/corporate-ca.pem]`."
	caKubernetes = "Run `kubectl create configmap corporate-ca --from-file=corporate-ca.pem`, mount it with `volumes: [{name: ca, configMap: {name: corporate-ca}}]` and `volumeMounts: [{name: ca, mountPath: /etc/ssl/corporate}]`, and set `REQUESTS_CA_BUNDLE` to `/etc/ssl/corporate/corporate-ca.pem`."
	caCorporate  = "Get the certificate of the issuer that the reason names, in PEM form, from your administrator. This shows the issuer, too, behind a proxy with `-proxy proxy.example.com:3128`: `openssl s_client -connect api.localstack.cloud:443 </dev/null`."
	noInspection = "Ask for `api.localstack.cloud` to be exempted from TLS inspection."

	ownEndpoint = "Unless the licensing server is your own, remove `API_ENDPOINT`. It defaults to `https://api.localstack.cloud/v1`; the `/v1` is part of it."
	seeStored   = "See what is stored and until when it holds: `entrypoint license status`."
	onceOnline  = "Start once with network. The license is stored anew and then holds for 24 hours without."

	keepDocker     = "Keep the volume from one start to the next: `docker run -v localstack:/var/lib/localstack …`."
	keepCompose    = "Keep the volume from one start to the next: `volumes: [\"localstack:/var/lib/localstack\"]` in the service and `volumes: {localstack: {}}` at the top."
	keepKubernetes = "Keep the volume from one start to the next: `volumes: [{name: state, persistentVolumeClaim: {claimName: localstack}}]`, mounted at `/var/lib/localstack`."
)
