package emulator

import (
	"encoding/xml"
	"fmt"
	"maps"
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
	// NoBucketRules ignores the CORS rules of buckets.
	NoBucketRules Switch `envconfig:"DISABLE_CUSTOM_CORS_S3"`
}

// allowsAll reports whether every page and every host is allowed.
func (a Access) allowsAll() bool { return a.NoChecks == On || slices.Contains(a.ExtraOrigins, "*") }

// List is a comma list of words.
type List []string

// UnmarshalText reads a list. Blanks and quotes around words do not matter, nor do empty words.
func (l *List) UnmarshalText(text []byte) error {
	*l = nil
	for word := range strings.SplitSeq(string(text), ",") {
		if word = strings.Trim(word, " \t\r\n\"'"); word != "" {
			*l = append(*l, word)
		}
	}
	return nil
}

// guard refuses requests of web pages that are not allowed. A browser sends requests of any page to this machine.
// Either the request is for this machine, and names the page's origin if it may change something or if the page reads
// the answer. Or it is for a name that first had the address of the page's server and now has that of this machine
// (DNS rebinding), and names that host.
type guard struct {
	next    http.Handler
	origins origins
	hosts   hosts
	access  Access
	// ofBucket returns the CORS headers by the rules of the bucket that a request is for; nil if none allows it.
	ofBucket func(*http.Request) http.Header
	log      *zap.SugaredLogger
}

func newGuard(
	next http.Handler, ofBucket func(*http.Request) http.Header, o Options, listen gateway.Listen, log *zap.SugaredLogger,
) *guard {
	return &guard{
		next: next, ofBucket: ofBucket, access: o.Access, log: log.Named("l.aws.handlers.cors"),
		origins: newOrigins(o.Access, listen),
		hosts:   newHosts(o, listen),
	}
}

// ServeHTTP implements http.Handler.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reason, cors := g.judge(r)
	maps.Copy(w.Header(), cors)
	switch {
	case reason != "":
		g.log.Warnf("Blocked %s %s: %s", r.Method, r.URL.EscapedPath(), reason)
		refuse(w, r, reason)
	case r.Method == http.MethodOptions: // of a browser before a request, or of HAProxy, whose check it is
		w.WriteHeader(http.StatusNoContent)
	default:
		g.next.ServeHTTP(w, r)
	}
}

// judge says why a request is refused, or else with which CORS headers it is answered.
func (g *guard) judge(r *http.Request) (reason string, cors http.Header) {
	if !g.access.allowsAll() {
		if reason = g.strangeHost(r); reason != "" {
			return reason, nil
		}
	}
	if r.Header.Get("Origin") != "" && g.access.NoBucketRules != On && !isControl(r.URL.Path) {
		cors = g.ofBucket(r)
	}
	if cors == nil {
		if !g.access.allowsAll() {
			reason = g.strangePage(r)
		}
		if reason == "" && r.Header.Get("Origin") != "" {
			cors = g.headers(r)
		}
	}
	if g.access.NoHeaders == On {
		cors = nil
	}
	return reason, cors
}

// strangeHost says why the request's host is refused; "" if it is not.
func (g *guard) strangeHost(r *http.Request) string {
	if g.hosts.allow(r.Host) {
		return ""
	}
	return fmt.Sprintf("the host %q is a public name, which may be that of any web page; "+
		"LOCALSTACK_HOST=%[1]s or EXTRA_CORS_ALLOWED_ORIGINS=http://%[1]s allows it", shown(hostName(r.Host)))
}

// strangePage says why the page that sent the request is refused; "" if it is not.
func (g *guard) strangePage(r *http.Request) string {
	page, isKnown := pageOf(r)
	switch {
	case !isKnown || g.origins.allow(page):
		return ""
	case page == unnamedPage:
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

// headers returns the headers that make a browser let the page read the answer.
func (g *guard) headers(r *http.Request) http.Header {
	h := http.Header{}
	h.Set("Access-Control-Allow-Origin", "*")
	if g.access.NoChecks != On {
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		h.Set("Access-Control-Allow-Credentials", "true")
	}
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
	h.Set("Vary", "Origin")
	return h
}
