package connect

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

// shown is the page of an answer with this status, body and "Name: value" headers.
func shown(status int, body string, headers ...string) Page {
	response := &http.Response{StatusCode: status, Header: http.Header{}}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		response.Header.Add(name, value)
	}
	return ReadPage(response, []byte(body), "")
}

func titled(title string) string {
	return "<!DOCTYPE html>\n<html><head><title>" + title + "</title></head></html>"
}

func TestPagesThatAreNoLicenseServers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		page   Page
		id     fault.ID
		detail string
	}{
		{shown(511, titled("Anything")), fault.NetworkCaptivePortal,
			`the network requires a sign-in: an HTML page (status 511, title "Anything")`},
		{shown(511, `{"portal":true}`), fault.NetworkCaptivePortal,
			`the network requires a sign-in: unexpected JSON (status 511)`},
		{shown(302, "", "Location: http://portal.hotel.test/login?next=x"), fault.NetworkCaptivePortal,
			"the answer is a redirect to portal.hotel.test (status 302)"},
		{shown(307, "", "Location: /login"), fault.NetworkCaptivePortal,
			"the answer is a redirect to elsewhere (status 307)"},
		{shown(301, "", "Location: https://"+host+"/v1/"), fault.NetworkWrongServer,
			"it redirects to another address on the same host (status 301)"},
		{shown(200, titled("Hotel Wi-Fi")), fault.NetworkCaptivePortal,
			`the answer is an HTML page (status 200, title "Hotel Wi-Fi"), the sign-in page of a network`},
		{shown(401, titled("Please log in")), fault.NetworkCaptivePortal,
			`the answer is an HTML page (status 401, title "Please log in"), the sign-in page of a network`},
		{shown(407, titled("Proxy Authentication Required")), fault.NetworkProxyAuthentication,
			"a proxy on the way requires authentication (status 407)"},
		{shown(403, titled("Access Denied &amp; logged")), fault.NetworkBlockPage,
			`the answer is an HTML page (status 403, title "Access Denied & logged"), not that of a licensing server`},
		{shown(403, "<html>"), fault.NetworkBlockPage,
			"the answer is an HTML page (status 403), not that of a licensing server"},
		{shown(451, titled("Sorry")), fault.NetworkBlockPage,
			`the answer is an HTML page (status 451, title "Sorry"), not that of a licensing server`},
		{shown(200, titled("Web Page Blocked: login policy")), fault.NetworkBlockPage,
			`the answer is an HTML page (status 200, title "Web Page Blocked: login policy"), not that of a licensing server`},
		{shown(403, "\ufeff\n"+titled("Blocked")), fault.NetworkBlockPage,
			`the answer is an HTML page (status 403, title "Blocked"), not that of a licensing server`},
		{shown(200, titled("Welcome to nginx!")), fault.NetworkWrongServer,
			`the answer is an HTML page (status 200); title "Welcome to nginx!"`},
		{shown(404, titled("404 Not Found")), fault.NetworkWrongServer,
			`the answer is an HTML page (status 404); title "404 Not Found"`},
		{shown(404, "404 page not found\n"), fault.NetworkWrongServer,
			"the answer is something other than JSON (status 404)"},
		{shown(200, ""), fault.NetworkWrongServer, "the answer is an empty page (status 200)"},
		{shown(505, ""), fault.NetworkHTTPVersion, "it refuses HTTP/1.1 (status 505)"},
		{shown(426, "", "Upgrade: h2c"), fault.NetworkHTTPVersion, "it refuses HTTP/1.1 (status 426)"},
		{shown(426, "", "Upgrade: HTTP/2.0, websocket"), fault.NetworkHTTPVersion, "it refuses HTTP/1.1 (status 426)"},
		{shown(426, "", "Upgrade: websocket"), fault.NetworkWrongServer, "the answer is an empty page (status 426)"},
		{shown(502, titled("502 Bad Gateway")), fault.NetworkServerError,
			`it answered with status 502; title "502 Bad Gateway"`},
		{shown(500, `{"message":"Internal server error"}`, "X-Amzn-Requestid: 1b2c3d4e-aaaa"), fault.NetworkServerError,
			"it answered with status 500, request 1b2c3d4e-aaaa"},
		{shown(503, "", "Cf-Ray: 8f00aabbccdd-FRA", "X-Request-Id: nice-and-long"), fault.NetworkServerError,
			"it answered with status 503, request nice-and-long"},
		{shown(503, "", "X-Request-Id: <b>not one</b>"), fault.NetworkServerError,
			"it answered with status 503"},
		{shown(429, `{"message":"slow"}`), fault.NetworkRateLimited, "rate limit exceeded (status 429)"},
		{shown(429, ""), fault.NetworkRateLimited, "rate limit exceeded (status 429)"},
	} {
		wrong := c.page.Fault(host)
		if wrong == nil {
			t.Errorf("%s: nothing is wrong, want %s", c.page, c.id)
			continue
		}
		testkit.ExpectFault(t, wrong.With(fault.Facts{Host: host}), c.id, c.detail)
	}
}

func TestPagesOfALicenseServer(t *testing.T) {
	t.Parallel()
	for _, page := range []Page{
		shown(200, `{}`), shown(400, `{"message":"licensing.license.credentials.missing:x"}`), shown(401, ` {"error":true}`),
		shown(403, `{"message":"Forbidden"}`), shown(404, `[]`), shown(422, "\ufeff{}"),
		shown(200, "{}", "Location: http://portal.test/"),
	} {
		if wrong := page.Fault(host); wrong != nil {
			t.Errorf("%s: %v", page, wrong)
		}
	}
}

func TestPageTellsTheTime(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if got := shown(200, "{}", "Date: Fri, 02 Jan 2026 03:04:05 GMT").Date; !got.Equal(want) {
		t.Errorf("got %v", got)
	}
	for _, text := range []string{"", "yesterday"} {
		if got := shown(200, "{}", "Date: "+text).Date; !got.IsZero() {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestTitles(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		titled("A\n  B\u2028C"):                       "A B C",
		titled("&lt;b&gt; &quot;x&quot; &#39;y&#39;"): `<b> "x" 'y'`,
		"<TITLE lang=en>Up</TITLE>":                   "Up",
		"<title>cut":                                  "cut",
		"<p>none":                                     "",
		titled(strings.Repeat("ä", 100)):              strings.Repeat("ä", 80) + "…",
		titled("bad \xff utf-8"):                      "bad ? utf-8",
		titled("esc \x1b[2J\x00 here"):                "esc [2J here",
	} {
		if got := shown(200, body).title; got != want {
			t.Errorf("%.40q: %q, want %q", body, got, want)
		}
	}
}

func FuzzPage(f *testing.F) {
	for _, seed := range []string{titled("Sign in"), "\xef\xbb\xbf<html>", "{}", "<title>\x1b\xff&#39;", "", "<title>" +
		strings.Repeat("&amp;", 90)} {
		f.Add(403, seed, "https://portal.test/", "1234-5678")
	}
	f.Fuzz(func(t *testing.T, status int, body, location, id string) {
		page := shown(status, body)
		response := &http.Response{StatusCode: status,
			Header: http.Header{"Location": {location}, "X-Request-Id": {id}, "Date": {id}}}
		redirected := ReadPage(response, []byte(body), "")
		for _, text := range []string{page.title, page.String(), redirected.String(), redirected.Elsewhere,
			redirected.RequestID} {
			if utf8.RuneCountInString(text) > 700 ||
				strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) || !utf8.ValidString(text) {
				t.Errorf("%q", text)
			}
		}
		if utf8.RuneCountInString(page.title) > maxTitle+1 {
			t.Errorf("title %q", page.title)
		}
		if wrong := redirected.Fault(host); wrong != nil && strings.Contains(wrong.Detail, "\n") {
			t.Errorf("%q", wrong.Detail)
		}
	})
}
