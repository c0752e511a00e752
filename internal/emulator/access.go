package emulator

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/gateway"
)

// Access says which web pages may use the emulator, with the variables that LocalStack has for that.
type Access struct {
	// LocalstackHost and HostnameExternal are the host, with or without a port, that clients outside use.
	LocalstackHost   string `envconfig:"LOCALSTACK_HOST"`
	HostnameExternal string `envconfig:"HOSTNAME_EXTERNAL"`
	// Container is the container's name.
	Container string `envconfig:"MAIN_CONTAINER_NAME"`
	// ExtraOrigins, ExtraHeaders and ExtraExposed are comma lists: origins that are allowed besides the usual ones,
	// headers that they may send, and headers that they may read.
	ExtraOrigins List `envconfig:"EXTRA_CORS_ALLOWED_ORIGINS"`
	ExtraHeaders List `envconfig:"EXTRA_CORS_ALLOWED_HEADERS"`
	ExtraExposed List `envconfig:"EXTRA_CORS_EXPOSE_HEADERS"`
	// NoChecks allows every page and every host. NoHeaders sends no CORS headers at all.
	NoChecks  Switch `envconfig:"DISABLE_CORS_CHECKS"`
	NoHeaders Switch `envconfig:"DISABLE_CORS_HEADERS"`
}

// allowsAll reports whether every page and every host is allowed.
func (a Access) allowsAll() bool { return a.NoChecks == On || slices.Contains(a.ExtraOrigins, "*") }

// List is a comma list of words.
type List []string

// UnmarshalText reads a list. Blanks around words do not matter, nor do empty words.
func (l *List) UnmarshalText(text []byte) error {
	*l = nil
	for word := range strings.SplitSeq(string(text), ",") {
		if word = strings.TrimSpace(word); word != "" {
			*l = append(*l, word)
		}
	}
	return nil
}

// guard refuses what a web page asks that has no business here. A browser sends requests of any page to
// this machine: directly, and then it names the page's origin wherever the request may change something or
// the page reads the answer; or under a name that first led to the page's own server and now leads here
// (DNS rebinding), and then it names that host.
type guard struct {
	next    http.Handler
	origins origins
	hosts   hosts
	access  Access
	log     *zap.SugaredLogger
}

func newGuard(next http.Handler, o Options, listen gateway.Listen, log *zap.SugaredLogger) *guard {
	return &guard{
		next: next, access: o.Access, log: log.Named("localstack.aws.handlers.cors"),
		origins: newOrigins(o.Access, listen),
		hosts:   newHosts(o, listen),
	}
}

// ServeHTTP implements http.Handler.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reason := ""
	if !g.access.allowsAll() {
		reason = g.refusal(r)
	}
	answer := &corsWriter{ResponseWriter: w, allow: func(h http.Header) { g.allow(h, r) }}
	switch {
	case reason != "":
		g.log.Warnf("Blocked %s %s: %s", r.Method, r.URL.EscapedPath(), reason)
		answer.allow = func(http.Header) {}
		refuse(answer, r, reason)
	case isPreflight(r):
		answer.WriteHeader(http.StatusNoContent)
	default:
		g.next.ServeHTTP(answer, r)
		answer.begin() // who has written nothing answers 200
	}
}

// isPreflight reports whether a browser asks what a page may send.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" &&
		r.Header.Get("Access-Control-Request-Method") != ""
}

// refusal says why a request is refused, and which variable allows it; "" if it is not.
func (g *guard) refusal(r *http.Request) string {
	if !g.hosts.allow(r.Host) {
		return fmt.Sprintf("the host %q is a public name, which may be that of any web page; "+
			"LOCALSTACK_HOST=%[1]s or EXTRA_CORS_ALLOWED_ORIGINS=http://%[1]s allows it", shown(hostName(r.Host)))
	}
	page, isKnown := pageOf(r)
	if !isKnown || g.origins.allow(page) {
		return ""
	}
	if page == unnamedPage {
		return "it comes from a web page of an unnamed origin; EXTRA_CORS_ALLOWED_ORIGINS names origins to allow"
	}
	return fmt.Sprintf("the web page's origin %q is not allowed; EXTRA_CORS_ALLOWED_ORIGINS=%[1]s allows it",
		shown(page))
}

// unnamedPage is the origin of a page that the browser does not name.
const unnamedPage = "null"

// pageOf is the origin of the web page that sent the request. Browsers name it in Origin, unless the page
// only embeds or opens something: it cannot read the answer, and nothing here changes by GET or HEAD. For
// all else Referer, or at least Sec-Fetch-Site, stands in for an Origin that an old browser left out.
func pageOf(r *http.Request) (origin string, isKnown bool) {
	if origin := r.Header.Get("Origin"); origin != "" {
		return origin, true
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return "", false
	}
	if referer := r.Header.Get("Referer"); referer != "" {
		return originOf(referer), true
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return unnamedPage, true
	}
	return "", false
}

// shown is a header's value for the log and for the answer.
func shown(text string) string {
	const enough = 200
	if len(text) > enough {
		text = strings.ToValidUTF8(text[:enough], "") + "…"
	}
	quoted := strconv.QuoteToASCII(text)
	return quoted[1 : len(quoted)-1]
}

// refuse answers 403, to an AWS client in a form that it can read.
func refuse(w http.ResponseWriter, r *http.Request, reason string) {
	text := "LocalStack refuses this request: " + reason
	if isControl(r.URL.Path) {
		answerText(w, http.StatusForbidden, text+"\n")
		return
	}
	const code = "AccessForbidden"
	if call := recognize(r); call.service != "s3" {
		call.protocol.refuse(w, r, http.StatusForbidden, code, text)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusForbidden)
	answer := errorDetail{Code: code, Message: text}
	_, _ = w.Write(marshalXML(struct {
		XMLName xml.Name `xml:"Error"`
		errorDetail
	}{errorDetail: answer}))
}

// The headers that pages may send and read besides those that every page may; LocalStack's lists.
var (
	allowedHeaders = []string{
		"authorization", "cache-control", "content-length", "content-md5", "content-type", "etag", "location",
		"x-amz-acl", "x-amz-content-sha256", "x-amz-date", "x-amz-request-id", "x-amz-security-token", "x-amz-tagging",
		"x-amz-target", "x-amz-user-agent", "x-amz-version-id", "x-amzn-requestid", "x-localstack-target",
		"amz-sdk-invocation-id", "amz-sdk-request", "x-amz-log-type",
	}
	exposedHeaders = []string{
		"etag", "x-amz-version-id", "x-amz-log-result", "x-amz-executed-version", "x-amz-function-error",
	}
)

// allow adds the headers by which a browser lets the page read the answer.
func (g *guard) allow(h http.Header, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" || g.access.NoHeaders == On {
		return
	}
	if g.access.NoChecks == On {
		origin = "*"
	} else {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", "HEAD,GET,PUT,POST,DELETE,OPTIONS,PATCH")
	// The page is allowed, so whatever it wants to send is: metadata of an object has names of its own.
	var requested List
	_ = requested.UnmarshalText([]byte(r.Header.Get("Access-Control-Request-Headers")))
	allowed := slices.Concat(requested, allowedHeaders, g.access.ExtraHeaders)
	h.Set("Access-Control-Allow-Headers", strings.Join(allowed, ","))
	exposed := slices.Concat(exposedHeaders, g.access.ExtraExposed)
	h.Set("Access-Control-Expose-Headers", strings.Join(exposed, ","))
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		h.Set("Access-Control-Allow-Private-Network", "true")
	}
	h.Add("Vary", "Origin")
}

// corsWriter replaces the CORS headers of an answer: those of a service would let every page read it.
type corsWriter struct {
	http.ResponseWriter
	allow func(http.Header) // adds those for the page
	begun bool              // the header has been sent
}

// WriteHeader implements http.ResponseWriter.
func (c *corsWriter) WriteHeader(status int) {
	if !c.begun {
		c.begun = status >= http.StatusOK // others announce one
		header := c.Header()
		for name := range header {
			if strings.HasPrefix(name, "Access-Control-") {
				header.Del(name)
			}
		}
		c.allow(header)
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (c *corsWriter) Write(content []byte) (int, error) {
	c.begin()
	return c.ResponseWriter.Write(content)
}

// FlushError is for http.ResponseController.
func (c *corsWriter) FlushError() error {
	c.begin()
	return http.NewResponseController(c.ResponseWriter).Flush()
}

func (c *corsWriter) begin() {
	if !c.begun {
		c.WriteHeader(http.StatusOK)
	}
}

// Unwrap is for http.ResponseController.
func (c *corsWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }
