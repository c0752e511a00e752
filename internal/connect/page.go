package connect

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/waiting"
)

// PageSize is how much of a body it takes to know who answers, in bytes.
const PageSize = 64 << 10

// Page is an answer of a web server, as far as it tells who answers.
type Page struct {
	Status int
	// Elsewhere is the host that a redirect leads to; "" when there is none.
	Elsewhere string
	// RequestID is what the server calls the request, for its operator.
	RequestID string
	// Date is the server's clock; zero when it does not tell.
	Date time.Time

	// kind is what the body is, as in "an HTML page", title that of an HTML page, where it may be shown.
	kind, title string
	// isHTML and isJSON are what the body is. What is cut off may be JSON.
	isHTML, isJSON bool
	// blocks and signsIn are what an HTML page is about, as its title says, or its field for a password.
	blocks, signsIn bool
	// upgrades is what protocol the server asks for.
	upgrades string
}

// Post sends JSON to a licensing API, reads up to limit bytes of the answer, and closes it. It follows no redirect: a
// licensing server sends none, and a token must not be led elsewhere. With an error there is a response when only its
// body could not be read to the end.
func Post(
	ctx context.Context, transport http.RoundTripper, url string, body []byte, limit int64,
) (response *http.Response, content []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return send(transport, request, limit)
}

// Get is [Post] for a question that carries nothing.
func Get(
	ctx context.Context, transport http.RoundTripper, url string, limit int64,
) (response *http.Response, content []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, nil, err
	}
	return send(transport, request, limit)
}

func send(
	transport http.RoundTripper, request *http.Request, limit int64,
) (response *http.Response, content []byte, err error) {
	ctx := request.Context()
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "localstack-entrypoint")
	if response, err = transport.RoundTrip(request); err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	defer waiting.For(ctx, func() string { return "the rest of the answer from " + request.URL.Host })()
	if content, err = io.ReadAll(io.LimitReader(response.Body, limit)); err != nil {
		return response, content, cmp.Or(ctx.Err(), err)
	}
	return response, content, nil
}

// ReadPage reads an answer and its body. Nothing that repeats a part of secret, which the request carried, is kept; ""
// is for a request that carried none.
func ReadPage(response *http.Response, body []byte, secret string) Page {
	page := Page{Status: response.StatusCode, kind: "something other than JSON", isJSON: len(body) == PageSize}
	content := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))) // a byte order mark
	target := ""
	if page.Status >= 300 && page.Status < 400 {
		target = response.Header.Get("Location")
	}
	switch {
	case len(content) == 0:
		page.kind = "an empty page"
	case content[0] == '<':
		page.kind, page.isHTML = "an HTML page", true
		content = content[:min(len(content), PageSize)]
		title := titleOf(content, response.Header.Get("Content-Type"))
		page.blocks, page.signsIn = matches(aboutBlocking, title), matches(aboutSigningIn, title) || asksForPassword(content)
		if !repeats(title, secret) {
			page.title = title
		}
		target = cmp.Or(target, refreshOf(content))
	case json.Valid(content):
		page.kind, page.isJSON = "unexpected JSON", true
	}
	if target != "" {
		page.Elsewhere = hostOf(target, response.Request, secret)
	}
	page.RequestID = RequestID(response, secret)
	page.upgrades = response.Header.Get("Upgrade")
	page.Date, _ = http.ParseTime(response.Header.Get("Date"))
	return page
}

// RequestID is what the server calls the request that response answers; "" when it does not say, or repeats a part of
// secret.
func RequestID(response *http.Response, secret string) string {
	for _, name := range []string{"X-Request-Id", "X-Amzn-Requestid", "X-Correlation-Id", "Cf-Ray"} {
		if id := response.Header.Get(name); matches(`^[A-Za-z0-9-]{8,40}$`, id) && !repeats(id, secret) {
			return id
		}
	}
	return ""
}

// longestRetry bounds what a server can ask us to wait.
const longestRetry = 24 * time.Hour

// RetryAfter is how long the server wants us to wait before we ask again; 0 when it does not say.
func RetryAfter(response *http.Response) time.Duration {
	text := response.Header.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 32); !errors.Is(err, strconv.ErrSyntax) {
		wait = time.Duration(seconds) * time.Second
	} else if until, err := http.ParseTime(text); err == nil {
		wait = max(0, time.Until(until))
	}
	return min(wait, longestRetry)
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

// Fault says what is wrong with host's answer; nil when a licensing server could answer like that. Where structure
// tells what the page is (status, redirect, form), its words do not matter.
func (p Page) Fault(host string) *fault.Error {
	var failed *fault.Error
	forbids := p.Status == http.StatusForbidden || p.Status == http.StatusUnavailableForLegalReasons
	switch {
	case p.Status == http.StatusNetworkAuthenticationRequired:
		failed = fault.New(fault.NetworkCaptivePortal, "the network requires a sign-in: %s", p.titled())
	case p.Status == http.StatusProxyAuthRequired:
		failed = fault.New(fault.NetworkProxyAuthentication, "a proxy on the way requires authentication (status 407)")
	case p.Status == http.StatusTooManyRequests:
		failed = fault.New(fault.NetworkRateLimited, "rate limit exceeded (status 429)")
	case p.Status == http.StatusHTTPVersionNotSupported,
		p.Status == http.StatusUpgradeRequired && matches(`(?i)\b(h2c?|HTTP/2(\.0)?)\b`, p.upgrades):
		failed = fault.New(fault.NetworkHTTPVersion, "it refuses HTTP/1.1 (status %d)", p.Status)
	case p.Status >= http.StatusInternalServerError, p.Status == http.StatusRequestTimeout:
		failed = fault.New(fault.NetworkServerError, "it answered with status %d", p.Status).With(p.remarks())
	case p.isJSON && p.Elsewhere == "":
		return nil
	case p.blocks, p.isHTML && forbids:
		failed = fault.New(fault.NetworkBlockPage, "the answer is %s, not that of a licensing server", p.titled())
	case p.Elsewhere == host:
		failed = fault.New(fault.NetworkWrongServer, "it redirects to another address on the same host (status %d)", p.Status)
	case p.Elsewhere != "":
		failed = fault.New(fault.NetworkCaptivePortal, "the answer is a redirect to %s (status %d)", p.Elsewhere, p.Status)
	case p.signsIn:
		failed = fault.New(fault.NetworkCaptivePortal, "the answer is %s, the sign-in page of a network", p.titled())
	default:
		failed = fault.New(fault.NetworkWrongServer, "the answer is %s", p).With(p.remarks())
	}
	return failed.With(fault.Facts{Host: host, RequestID: p.RequestID, Answered: true})
}

// remarks are what a page says by itself.
func (p Page) remarks() (facts fault.Facts) {
	if p.title != "" {
		facts.Remarks = []string{fmt.Sprintf("title %q", p.title)}
	}
	return facts
}
