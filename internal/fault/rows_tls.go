package fault

const mountCA = "If your network inspects TLS, mount its CA certificate into the container and name the file in REQUESTS_CA_BUNDLE."

var tlsRows = []Row{
	{
		ID: NetworkUntrusted, More: true, Stage: StageTLS, Coarse: true, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: mountCA,
		Help: Help{
			Title:   "the certificate is not trusted",
			Meaning: "The server's certificate is signed by an authority that is not trusted here, or is unfit in the way that the reason says.",
			Known:   "It was checked against the image's authorities and those of REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE and SSL_CERT_DIR. A warning before the failure says which of them was ignored, and why. The reason names the issuer.",
			Fixes: []Fix{
				{corporate, caCorporate},
				{docker, caDocker},
				{compose, caCompose},
				{kubernetes, caKubernetes},
				{anywhere, "To find out whether this is all, `SSL_NO_VERIFY=1` accepts any certificate. Insecure: anyone in between can read the token."},
			},
		},
	},
	{
		ID: NetworkIntercepted, More: true, Stage: StageTLS, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Your network inspects TLS. Get the CA certificate of that issuer from your administrator, then run the container with `-v \"$PWD/corporate-ca.pem:/etc/ssl/corporate-ca.pem:ro\"` and `-e REQUESTS_CA_BUNDLE=/etc/ssl/corporate-ca.pem`.",
		Help: Help{
			Title:   "the network inspects TLS",
			Meaning: "A proxy or firewall opens the encrypted connection and shows a certificate of its own instead of the server's.",
			Known:   "The certificate's issuer is none of the public authorities, whose list is part of this program, although the server's name is a public one, and it is in no file of REQUESTS_CA_BUNDLE and the like. A warning before the failure says which of these was ignored, and why.",
			Fixes: []Fix{
				{corporate, caCorporate},
				{corporate, "Or have `api.localstack.cloud` exempted from TLS inspection, or install the authority for all programs of the container in a BOOT hook."},
				{docker, caDocker},
				{compose, caCompose},
				{kubernetes, caKubernetes},
			},
		},
	},
	{
		ID: NetworkSelfSigned, More: true, Stage: StageTLS, Coarse: true, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "A device or test server answers under that name, or a licensing server of your own, whose certificate then has to be named in REQUESTS_CA_BUNDLE.",
		Help: Help{
			Title:   "the certificate is self-signed",
			Meaning: "What answers shows a certificate that nobody but itself has signed: a router, a firewall's own page, a test server, or a licensing server of your own.",
			Known:   "The certificate is alone, and its issuer is its own subject.",
			Fixes: []Fix{
				{corporate, "Ask what answers for `api.localstack.cloud` on port 443 in your network. Whoever inspects TLS shows certificates of an authority, not self-signed ones."},
				{docker, "For a server of your own: `-v \"$PWD/server.pem:/etc/ssl/server.pem:ro\"` and `-e REQUESTS_CA_BUNDLE=/etc/ssl/server.pem`."},
				{compose, "For a server of your own: `volumes: [\"./server.pem:/etc/ssl/server.pem:ro\"]` and `environment: [REQUESTS_CA_BUNDLE=/etc/ssl/server.pem]`."},
			},
		},
	},
	{
		ID: NetworkIncomplete, More: true, Stage: StageTLS, Coarse: true, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "The administrator of that server has to install the whole chain; until then, name the missing certificate in REQUESTS_CA_BUNDLE.",
		Help: Help{
			Title:   "the server's chain is incomplete",
			Meaning: "The server shows its own certificate, but not that of the intermediate authority that has signed it. Browsers fetch that themselves; programs do not.",
			Known:   "The certificate is alone, its issuer is not known here, and it names the place where the issuer's certificate is to be had.",
			Fixes: []Fix{
				{anywhere, "For the server's administrator: send the full chain, as in nginx's `ssl_certificate fullchain.pem`."},
				{anywhere, "See what is sent: `openssl s_client -connect api.localstack.cloud:443 </dev/null`. The field CA Issuers of the certificate names where the missing one is to be had."},
				{docker, "Until it is mended: `-v \"$PWD/intermediate.pem:/etc/ssl/intermediate.pem:ro\"` and `-e REQUESTS_CA_BUNDLE=/etc/ssl/intermediate.pem`."},
			},
		},
	},
	{
		ID: NetworkOldAuthorities, More: true, Stage: StageTLS, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please update the CA certificates of the image (apt-get install ca-certificates).",
		Help: Help{
			Title:   "the image's authorities are outdated",
			Meaning: "The server's certificate is a good one of a public authority, but the image's list of authorities does not have that one.",
			Known:   "The check failed with the image's list, and succeeds with the list of public authorities that is part of this program.",
			Fixes: []Fix{
				{docker, "Use a newer image: `docker pull localstack/localstack-pro:latest`."},
				{docker, "In an image of your own: `RUN apt-get update && apt-get install -y ca-certificates`."},
				{docker, "Or lend it the host's list, on Debian and Ubuntu: `-v /etc/ssl/certs/ca-certificates.crt:/etc/ssl/ca.pem:ro` and `-e REQUESTS_CA_BUNDLE=/etc/ssl/ca.pem`."},
			},
		},
	},
	{
		ID: NetworkCertificateName, More: true, Stage: StageTLS, Coarse: true, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Another server answers under that name. " + mountCA,
		Help: Help{
			Title:   "the certificate is another server's",
			Meaning: "What answers shows a certificate for other names: a proxy, a block page, or another server at a wrong address.",
			Known:   "The server's name is not among the names of the certificate. The reason has its issuer.",
			Fixes: []Fix{
				{anywhere, "See where the name leads: `dig api.localstack.cloud`, and `/etc/hosts` in the container."},
				{anywhere, ownEndpoint},
				{corporate, noInspection},
				{anywhere, "See the certificate: `openssl s_client -connect api.localstack.cloud:443`."},
			},
		},
	},
	{
		ID: NetworkCertificateDate, More: true, Stage: StageTLS, Coarse: true, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please check the clock of this machine; if it is right, the server, or a proxy in between, has to renew its certificate.",
		Help: Help{
			Title:   "the certificate is not valid now",
			Meaning: "By this machine's clock the certificate is over or not yet valid. More often the clock is wrong than the certificate.",
			Known:   "The certificate's dates were compared with the clock; the reason has all three.",
			Fixes: []Fix{
				{anywhere, "Compare `date -u` with a clock that you trust, and let the host set its own: `sudo timedatectl set-ntp true`."},
				{docker, "Docker Desktop's machine may lag after sleep: restart Docker Desktop. In WSL, `sudo hwclock -s`, or `wsl --shutdown` on Windows."},
				{corporate, "If the issuer is your network's, tell its administrator. " + noInspection},
			},
		},
	},
	{
		ID: NetworkStrict, More: true, Exit: ExitNone,
		Reason: "The certificate authority of this network works here, but not for the emulator, whose Python checks certificates strictly: {detail}.",
		Remedy: "Please have the authority's certificate made anew with the extensions that RFC 5280 asks for.",
		Help: Help{
			Title:   "the emulator will not trust this CA",
			Meaning: "The activation works, but the emulator's Python (3.13) checks by the letter of RFC 5280 and will refuse connections that this authority signs.",
			Known:   "The chain has what OpenSSL refuses with X509_STRICT: no authority key identifier; an authority without subject key identifier or key usage, or whose basic constraints are not critical; a server that may sign others; or names that are not critical although there is no subject.",
			Fixes: []Fix{
				{corporate, "Have the authority's certificate made anew with `basicConstraints = critical, CA:TRUE`, `keyUsage = critical, keyCertSign, cRLSign`, `subjectKeyIdentifier = hash` and `authorityKeyIdentifier = keyid`."},
				{corporate, "Check it: `openssl verify -x509_strict -CAfile corporate-ca.pem server.pem`."},
				{corporate, "Ask for the hosts that LocalStack needs (`*.localstack.cloud`) to be exempted from TLS inspection."},
			},
		},
	},
	{
		ID: NetworkTLS, More: true, Stage: StageTLS, Coarse: true, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "What answers there does not speak TLS as a licensing server does; a proxy or firewall may stand in between.",
		Help: Help{
			Title:   "the TLS handshake fails",
			Meaning: "What answers does not speak TLS, or ended the handshake. It may be a proxy, a firewall, or a server of plain HTTP.",
			Known:   "The first bytes were no TLS, or the handshake ended with an alert or an error; the reason has it.",
			Fixes: []Fix{
				{anywhere, ownEndpoint},
				{anywhere, "A server of plain HTTP needs `http://` in `API_ENDPOINT`; a proxy that is spoken to in plain HTTP needs `http://` in `HTTPS_PROXY`."},
				{corporate, noInspection},
				{anywhere, "See the handshake: `openssl s_client -connect api.localstack.cloud:443`."},
			},
		},
	},
	{
		ID: NetworkTLSVersion, More: true, Stage: StageTLS, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "TLS 1.2 is the oldest version in use; the program in between, or the server, has to be updated.",
		Help: Help{
			Title:   "TLS is too old",
			Meaning: "What answers offers no version of TLS, or no cipher, that is safe. The licensing server itself has new ones, so something stands in between.",
			Known:   "The handshake found no version in common, which is TLS 1.2 or 1.3 here. A second look without the token accepts older versions and ciphers, and names what it met.",
			Fixes: []Fix{
				{corporate, "Have TLS 1.2 switched on in the proxy or firewall that inspects TLS. " + noInspection},
				{anywhere, "See the version: `openssl s_client -connect api.localstack.cloud:443`."},
				{anywhere, ownEndpoint},
			},
		},
	},
	{
		ID: NetworkUnencrypted, More: true, Exit: ExitNone,
		Reason: "The connection to {server} is not encrypted: {detail}.",
		Remedy: "Please use https in API_ENDPOINT.",
		Help: Help{
			Title:   "the connection is not encrypted",
			Meaning: "The start works, but the token goes over the network so that anyone in between can read it.",
			Known:   "API_ENDPOINT begins with `http://`, and its host is not this machine.",
			Fixes: []Fix{
				{anywhere, ownEndpoint},
				{anywhere, "Give your own licensing server a certificate and use `https://`; name its authority in `REQUESTS_CA_BUNDLE`."},
			},
		},
	},
}
