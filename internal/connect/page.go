package connect

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/waiting"
)

const (
	// maxTitle bounds a page's title, in characters.
	maxTitle = 80
	// PageSize is how much of a body it takes to know who answers, in bytes.
	PageSize = 64 << 10
)

// Page is an answer of a web server, as far as it tells who answers.
type Page struct {
	Status int
	// Elsewhere is the host that a redirect leads to; "" when there is none.
	Elsewhere string
	// RequestID is what the server calls the request, for its operator.
	RequestID string
	// Date is the server's clock; zero when it does not tell.
	Date time.Time

	// kind is what the body is, as in "an HTML page", title that of an HTML page.
	kind, title string
	// isHTML and isJSON are what the body is. What is cut off may be JSON.
	isHTML, isJSON bool
}

// Post sends JSON to a licensing API, reads up to limit bytes of the answer, and closes it. It follows no redirect: a
// licensing server sends none, and a token must not be led elsewhere.
func Post(
	ctx context.Context, transport http.RoundTripper, url string, body []byte, limit int64,
) (response *http.Response, content []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "localstack-entrypoint")
	if response, err = transport.RoundTrip(request); err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	defer waiting.For(ctx, func() string { return "the rest of the answer of " + request.URL.Host })()
	if content, err = io.ReadAll(io.LimitReader(response.Body, limit)); err != nil {
		return nil, nil, cmp.Or(ctx.Err(), err)
	}
	return response, content, nil
}

// ReadPage reads an answer and its body.
func ReadPage(response *http.Response, body []byte) Page {
	page := Page{Status: response.StatusCode, kind: "something other than JSON", isJSON: len(body) >= PageSize}
	content := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))) // a byte order mark
	switch {
	case len(content) == 0:
		page.kind = "an empty page"
	case content[0] == '<':
		page.kind, page.isHTML, page.title = "an HTML page", true, titleOf(content)
	case json.Valid(content):
		page.kind, page.isJSON = "unexpected JSON", true
	}
	if target := response.Header.Get("Location"); target != "" && page.Status >= 300 && page.Status < 400 {
		page.Elsewhere = hostOf(target)
	}
	for _, name := range []string{"X-Request-Id", "X-Amzn-Requestid", "X-Correlation-Id", "Cf-Ray"} {
		if id := response.Header.Get(name); page.RequestID == "" && matches(`^[A-Za-z0-9-]{8,40}$`, id) {
			page.RequestID = id
		}
	}
	page.Date, _ = http.ParseTime(response.Header.Get("Date"))
	return page
}

// String is as in "an HTML page (status 403)": without the server's own words, which may repeat what it
// was told.
func (p Page) String() string { return fmt.Sprintf("%s (status %d)", p.kind, p.Status) }

// titled is String with the page's title, as in "an HTML page (status 403, title "Access denied")".
func (p Page) titled() string {
	if p.title == "" {
		return p.String()
	}
	return fmt.Sprintf("%s (status %d, title %q)", p.kind, p.Status, p.title)
}

// titleOf is the title of an HTML page. Regular expressions are compiled where they are used: at the
// program's start they would cost every container.
func titleOf(body []byte) string {
	found := regexp.MustCompile(`(?is)<title[^>]*>([^<]*)`).FindSubmatch(body)
	if found == nil {
		return ""
	}
	text := html.UnescapeString(strings.ToValidUTF8(string(found[1]), "?"))
	isSeparator := func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }
	title := []rune(strings.Join(strings.FieldsFunc(text, isSeparator), " "))
	if len(title) > maxTitle {
		return string(title[:maxTitle]) + "…"
	}
	return string(title)
}

// hostOf is the host that a redirect leads to, if it can be shown.
func hostOf(target string) string {
	parsed, err := url.Parse(target)
	if err != nil || !matches(`^[\pL\pN_.:-]{1,60}$`, parsed.Hostname()) {
		return "elsewhere"
	}
	return parsed.Hostname()
}

func matches(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }

const (
	aboutBlocking  = `(?i)block|denied|deny|forbidden|restrict|prohibit|not allowed|policy|filter|security`
	aboutSigningIn = `(?i)sign.?in|log.?in|logon|portal|wi-?fi|hotspot|authenticat|terms of (use|service)|guest`
)

// Fault says what is wrong with host's answer to a request without a credential; nil when a license
// server could answer like that.
func (p Page) Fault(host string) *fault.Error {
	var failed *fault.Error
	forbids := p.Status == http.StatusForbidden || p.Status == http.StatusUnavailableForLegalReasons
	switch {
	case p.Status == http.StatusNetworkAuthenticationRequired:
		failed = fault.New(fault.NetworkCaptivePortal, "the network requires a sign-in: %s", p.titled())
	case p.Elsewhere == host:
		failed = fault.New(fault.NetworkWrongServer, "it redirects to another address on the same host (status %d)", p.Status)
	case p.Elsewhere != "":
		failed = fault.New(fault.NetworkCaptivePortal, "the answer is a redirect to %s (status %d)", p.Elsewhere, p.Status)
	case p.Status == http.StatusProxyAuthRequired:
		failed = fault.New(fault.NetworkProxyAuthentication, "a proxy on the way requires authentication (status 407)")
	case p.Status == http.StatusTooManyRequests:
		failed = fault.New(fault.NetworkRateLimited, "rate limit exceeded (status 429)")
	case p.Status >= http.StatusInternalServerError:
		failed = fault.New(fault.NetworkServerError, "it answers with %s", p).With(p.remarks())
	case p.isJSON:
		return nil
	case matches(aboutBlocking, p.title), p.isHTML && forbids:
		failed = fault.New(fault.NetworkBlockPage, "the answer is %s, not that of a licensing server", p.titled())
	case matches(aboutSigningIn, p.title):
		failed = fault.New(fault.NetworkCaptivePortal, "the answer is %s, the sign-in page of a network", p.titled())
	default:
		failed = fault.New(fault.NetworkWrongServer, "the answer is %s", p).With(p.remarks())
	}
	return failed.With(fault.Facts{Host: host, RequestID: p.RequestID})
}

// remarks are what a page says by itself.
func (p Page) remarks() (facts fault.Facts) {
	if p.title != "" {
		facts.Remarks = []string{fmt.Sprintf("title %q", p.title)}
	}
	return facts
}
