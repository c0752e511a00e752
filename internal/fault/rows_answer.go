package fault

var tlsRows = []Row{
	{
		ID: NetworkUntrusted, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: mountCA,
	},
	{
		ID: NetworkIntercepted, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Your network inspects TLS. Get the CA certificate of that issuer from your administrator, mount it (docker run -v $PWD/corporate-ca.pem:/etc/ssl/corporate-ca.pem:ro) and name it: -e REQUESTS_CA_BUNDLE=/etc/ssl/corporate-ca.pem",
	},
	{
		ID: NetworkOldAuthorities, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please update the CA certificates of the image (apt-get install ca-certificates).",
	},
	{
		ID: NetworkCertificateName, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Another server answers under that name. " + mountCA,
	},
	{
		ID: NetworkCertificateDate, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please check the clock of this machine first.",
	},
	{
		ID: NetworkStrict, Exit: ExitNone,
		Reason: "The certificate authority of this network works here, but not for the emulator, whose Python checks certificates strictly: {detail}.",
		Remedy: "Please have the authority's certificate made anew with the extensions that RFC 5280 asks for.",
	},
	{
		ID: NetworkTLS, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "What answers there does not speak TLS as a licensing server does; a proxy or firewall may stand in between.",
	},
	{
		ID: NetworkTLSVersion, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "TLS 1.2 is the oldest version in use; the program in between, or the server, has to be updated.",
	},
	{
		ID: NetworkUnencrypted, Exit: ExitNone,
		Reason: "The connection to {server} is not encrypted: {detail}.",
		Remedy: "Please use https in API_ENDPOINT.",
	},
}

var answerRows = []Row{
	{
		ID: NetworkServerError, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "The server has a problem of its own; please try again in a few minutes.",
	},
	{
		ID: NetworkRateLimited, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Too many containers start with this token at once; please start again later.",
	},
	{
		ID: NetworkWrongServer, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Something else answers in its place: a captive portal, a block page, or a wrong API_ENDPOINT.",
	},
	{
		ID: NetworkBlockPage, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "A filter of your network answers in its place; ask your network administrator to safelist {host}.",
	},
	{
		ID: NetworkCaptivePortal, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please sign in to this network with a browser on the host, then start again.",
	},
}
