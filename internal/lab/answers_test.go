package lab

import "localstack-entrypoint/internal/fault"

// gets is a server with a good certificate and a fixed answer.
func gets(status int, body string, headers ...string) func(*world) {
	return func(w *world) {
		w.publicDNS(nameServer)
		w.answer(status, body, headers...)
	}
}

// answers are those of something else than a licensing server in good health.
var answers = []situation{
	{name: "block page with status 403", id: fault.NetworkBlockPage, says: "Web Filter Violation", official: notReached,
		arrange: gets(403, "<html><head><title>Web Filter Violation</title></head><body>Category: Software</body></html>")},
	{name: "block page with status 200", id: fault.NetworkBlockPage, says: "Access denied", official: notReached,
		arrange: gets(200, "<html><head><title>Access denied</title></head></html>")},
	{name: "captive portal redirects", id: fault.NetworkCaptivePortal, says: "login.corp.example", official: notReached,
		arrange: gets(302, "http://login.corp.example/")},
	{name: "captive portal with status 511", id: fault.NetworkCaptivePortal, says: "511", official: notReached,
		arrange: gets(511, "<html><title>Network Authentication Required</title></html>")},
	{name: "another server's JSON", id: fault.NetworkWrongServer, says: host, official: notReached,
		arrange: gets(200, `{"service": "artifactory", "status": "up"}`, "Content-Type", "application/json")},
	{name: "another server's 404", id: fault.NetworkWrongServer, says: "404", official: notFound,
		arrange: gets(404, "<html><head><title>404 Not Found</title></head></html>")},
	{name: "server behind the web server is dead", id: fault.NetworkServerError, says: "502", official: notReached,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.nginx(w.api("", "add_header X-Request-Id $request_id always; "+toAuthority))
		}},
	{name: "server takes the request and is silent", id: fault.NetworkTimeout, says: "timed out", official: notReached,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.nginx(w.api("", silent))
			w.firewall("tcp dport 81 drop")
		}},
	{name: "server is under maintenance", id: fault.NetworkServerError, says: "503", official: notReached,
		arrange: gets(503, "<html><title>Maintenance</title></html>", "X-Request-Id", "req-0815")},
	{name: "server limits the rate", id: fault.NetworkRateLimited, says: "30s", official: notReached,
		arrange: func(w *world) {
			w.publicDNS(nameServer)
			w.licenseServer()
			w.nginx(w.api("limit_req_zone $server_port zone=one:1m rate=1r/m; limit_req_status 429;",
				"add_header Retry-After 30 always; limit_req zone=one; "+toAuthority))
			w.spend()
		}},
}

// silent is nginx's location whose answer does not come.
const silent = `location / { proxy_pass http://` + upstream + `:81; }`

// spend uses up what the server allows in a minute.
func (w *world) spend() {
	w.Helper()
	w.must(w.T, "GET / HTTP/1.0\r\nHost: "+host+"\r\n\r\n", "openssl", "s_client", "-quiet", "-ign_eof", "-connect",
		apiHost+":443", "-servername", host)
}
