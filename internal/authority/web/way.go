package web

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"localstack-entrypoint/internal/authority/origin"
)

// checkWay refuses a request that others can read, or that another site has made. It returns nil for any other.
func (s *Site) checkWay(v *visit, from origin.Origin) *reply {
	if !from.Secure {
		return refuse(http.StatusForbidden, "request.insecure", notice{
			Title: "These pages need https",
			Text: "Others on the network could read a password, and act for you. Open the pages over https: the server " +
				"needs a certificate (--tls-cert), or a proxy with one (--trusted-proxy). On the server's own machine, " +
				"http://localhost works, too.",
		})
	}
	if v.isPlain && !isOwn(v.Host, from.Base) {
		return refuse(http.StatusMisdirectedRequest, "request.host", notice{
			Title: "This is another server",
			Text:  "The browser asked for a name that is not this server's.",
			Link:  from.Base + "/", LinkText: from.Base,
		})
	}
	// A cookie that a neighbor has set for a part of the site comes first: the member would act there in the account of
	// somebody else.
	if len(v.CookiesNamed(cookieName(v.isPlain))) > 1 {
		return refuse(http.StatusBadRequest, "request.cookies", notice{
			Title: "The browser has two sessions here",
			Text: "Another server has set a cookie with the name of ours. Remove the cookies of this site in the browser, " +
				"and log in again.",
		})
	}
	if err := s.crossSite.Check(v.Request); err != nil {
		return refuse(http.StatusForbidden, "request.cross_site", notice{
			Title: "Another site has sent this",
			Text:  "The form was not sent by a page of this server. Nothing was changed.",
			Link:  "/", LinkText: "Go to the first page",
		})
	}
	return nil
}

// isOwn reports whether a Host header means this machine, or the server's own URL. Without TLS, a page of another
// site could have its own name lead here, and would then count as ours.
func isOwn(header, base string) bool {
	if own, err := url.Parse(base); err == nil && strings.EqualFold(header, own.Host) {
		return true
	}
	host, _, err := net.SplitHostPort(header)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(header, "["), "]")
	}
	return origin.IsLoopback(host)
}
