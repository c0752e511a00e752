package emulator

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"localstack-entrypoint/internal/gateway"
)

// origins are the web pages that may use the emulator, as in LocalStack: its web app, pages of the emulator itself, and
// those that the user names.
type origins struct {
	allowed []string
	// domains and ports are those of the emulator, for the pages of S3 websites and of CloudFront.
	domains, ports []string
}

func newOrigins(a Access, listen gateway.Listen) origins {
	const localhost, localstack = "localhost", "localhost.localstack.cloud"
	o := origins{
		allowed: []string{
			"https://app.localstack.cloud", "http://app.localstack.cloud",
			"https://" + localhost, "https://" + localstack,
			"file://", // Electron apps such as NoSQL Workbench
		},
		domains: []string{localhost, localstack, hostName(a.LocalstackHost)},
	}
	for _, address := range listen {
		o.ports = append(o.ports, strconv.Itoa(int(address.Port)))
	}
	if _, published, err := net.SplitHostPort(a.LocalstackHost); err == nil {
		o.ports = append(o.ports, published)
	}
	for _, host := range []string{localhost, localstack} {
		for _, port := range o.ports {
			o.allowed = append(o.allowed, "http://"+host+":"+port, "https://"+host+":"+port)
		}
	}
	for _, origin := range a.ExtraOrigins {
		if strings.Contains(origin, "://") {
			origin = originOf(origin)
		}
		o.allowed = append(o.allowed, origin)
	}
	return o
}

// allow reports whether the page's origin, such as https://app.localstack.cloud, is one of them.
func (o origins) allow(origin string) bool {
	return slices.Contains(o.allowed, origin) || o.isWebsite(origin)
}

// isWebsite reports whether the page is of an S3 website or of CloudFront: NAME.s3-website.HOST[:PORT].
func (o origins) isWebsite(origin string) bool {
	_, site, _ := strings.Cut(origin, "://")
	if strings.ContainsAny(site, `/\?#@`) {
		return false
	}
	for _, service := range []string{".s3-website.", ".cloudfront."} {
		_, at, isOne := strings.Cut(site, service)
		host, port, hasPort := strings.Cut(at, ":")
		if isOne && host != "" && slices.Contains(o.domains, host) && (!hasPort || slices.Contains(o.ports, port)) {
			return true
		}
	}
	return false
}

// originOf is the origin of a page's URL: scheme, host and port, without the user that may be in it.
func originOf(address string) string {
	scheme, rest, isURL := strings.Cut(address, "://")
	if !isURL {
		return unnamedPage
	}
	host := rest
	if end := strings.IndexAny(rest, `/\?#`); end >= 0 {
		host = rest[:end]
	}
	return strings.ToLower(scheme) + "://" + strings.ToLower(host[strings.LastIndexByte(host, '@')+1:])
}
