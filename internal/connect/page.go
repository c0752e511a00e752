package connect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/resolve"
)

const (
	// maxHost bounds a host name that is shown, maxTitle a page's title, in
	// characters.
	maxHost  = 60
	maxTitle = 80
	// PageSize is how much of a body it takes to know who answers, in bytes.
	PageSize = 64 << 10
)

// Page is an answer of a web server, as far as it tells who answers.
type Page struct {
	Status int
	// Kind is what the body is, as in "an HTML page".
	Kind string
	// Title is that of an HTML page.
	Title string
	// Elsewhere is the host that a redirect leads to; "" when there is none.
	Elsewhere string
	// RequestID is what the server calls the request, for its operator.
	RequestID string
	// Date is the server's clock; zero when it does not tell.
	Date time.Time
	// html and json are what the body is. What is cut off may be JSON.
	html, json bool
}

// ReadPage reads an answer and its body.
func ReadPage(response *http.Response, body []byte) Page {
	page := Page{Status: response.StatusCode, Kind: "something else than JSON"}
	content := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))) // a byte order mark
	switch {
	case len(content) == 0:
		page.Kind = "an empty page"
	case content[0] == '<':
		page.Kind, page.html, page.Title = "an HTML page", true, titleOf(content)
	case json.Valid(content):
		page.Kind, page.json = "JSON of another kind", true
	}
	if target := response.Header.Get("Location"); target != "" && page.Status >= 300 && page.Status < 400 {
		page.Elsewhere = hostOf(target)
	}
	for _, name := range []string{"X-Request-Id", "X-Amzn-Requestid", "X-Correlation-Id", "Cf-Ray"} {
		if id := response.Header.Get(name); page.RequestID == "" && isRequestID(id) {
			page.RequestID = id
		}
	}
	page.json = page.json || len(body) >= PageSize
	page.Date, _ = http.ParseTime(response.Header.Get("Date"))
	return page
}

// Bare is as in "an HTML page (status 403)": without the server's own words,
// which may repeat what it was told.
func (p Page) Bare() string { return fmt.Sprintf("%s (status %d)", p.Kind, p.Status) }

// String is as in "an HTML page (status 403, title "Access denied")".
func (p Page) String() string {
	text := fmt.Sprintf("%s (status %d", p.Kind, p.Status)
	if p.Title != "" {
		text += fmt.Sprintf(", title %q", p.Title)
	}
	if p.RequestID != "" {
		text += ", request " + p.RequestID
	}
	return text + ")"
}

// titleOf is the title of an HTML page. Regular expressions are compiled where
// they are used: at the program's start they would cost every container.
func titleOf(body []byte) string {
	found := regexp.MustCompile(`(?is)<title[^>]*>([^<]*)`).FindSubmatch(body)
	if found == nil {
		return ""
	}
	entities := strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#39;", "'", "&apos;", "'", "&nbsp;", " ")
	text := entities.Replace(strings.ToValidUTF8(string(found[1]), "?"))
	words := []rune(strings.Map(resolve.Printable, strings.Join(strings.Fields(text), " ")))
	if len(words) > maxTitle {
		return string(words[:maxTitle]) + "…"
	}
	return string(words)
}

// hostOf is the host that a redirect leads to, if it can be shown.
func hostOf(target string) string {
	parsed, err := url.Parse(target)
	if err != nil || parsed.Hostname() == "" || len(parsed.Hostname()) > maxHost || strings.Map(resolve.Printable, parsed.Hostname()) != parsed.Hostname() {
		return "elsewhere"
	}
	return parsed.Hostname()
}

func isRequestID(text string) bool { return matches(`^[A-Za-z0-9-]{8,40}$`, text) }

func speaksOfBlocking(title string) bool {
	return matches(`(?i)block|denied|deny|forbidden|restrict|prohibit|not allowed|policy|filter|security`, title)
}

func speaksOfSigningIn(title string) bool {
	return matches(`(?i)sign.?in|log.?in|logon|portal|wi-?fi|hotspot|authenticat|terms of (use|service)|guest`, title)
}

func matches(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }

// forbids tells whether the status is one of those that filters use.
func (p Page) forbids() bool {
	return p.Status == http.StatusForbidden || p.Status == http.StatusUnavailableForLegalReasons
}

// Fault says what is wrong with host's answer to a request without a
// credential; nil when a license server could answer like that.
func (p Page) Fault(host string) *fault.Error {
	failed := p.flaw(host)
	if failed != nil {
		failed = failed.With(fault.Facts{Host: host})
	}
	return failed
}

func (p Page) flaw(host string) *fault.Error {
	switch {
	case p.Status == http.StatusNetworkAuthenticationRequired:
		return fault.New(fault.NetworkCaptivePortal, "the network asks for a sign-in first: %s", p)
	case p.Elsewhere == host:
		return fault.New(fault.NetworkWrongServer, "it redirects to another address of its own (status %d)", p.Status)
	case p.Elsewhere != "":
		return fault.New(fault.NetworkCaptivePortal, "the answer is a redirect to %s (status %d)", p.Elsewhere, p.Status)
	case p.Status == http.StatusProxyAuthRequired:
		return fault.New(fault.NetworkProxyAuthentication, "a proxy in between asks for authentication (status 407)")
	case p.Status == http.StatusTooManyRequests:
		return fault.New(fault.NetworkRateLimited, "it asks to slow down (status 429)")
	case p.Status >= http.StatusInternalServerError:
		return fault.New(fault.NetworkServerError, "it answers with %s", p.Bare()).With(p.facts())
	case p.json:
		return nil
	case speaksOfBlocking(p.Title), p.html && p.forbids():
		return fault.New(fault.NetworkBlockPage, "the answer is %s, no licensing server's", p)
	case speaksOfSigningIn(p.Title):
		return fault.New(fault.NetworkCaptivePortal, "the answer is %s, the sign-in of a network", p)
	}
	return fault.New(fault.NetworkWrongServer, "the answer is %s", p.Bare()).With(p.facts())
}

// facts are what a page says by itself.
func (p Page) facts() fault.Facts {
	facts := fault.Facts{RequestID: p.RequestID}
	if p.Title != "" {
		facts.Remarks = []string{fmt.Sprintf("title %q", p.Title)}
	}
	return facts
}
