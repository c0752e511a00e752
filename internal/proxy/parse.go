package proxy

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// errForm is the error for what is no address of a proxy. No error of this package repeats any part of a
// value, except for a character that has to be written in another way, and well-known schemes.
var errForm = errors.New("is not the address of a proxy; write it as http://proxy.example:3128, " +
	"and special characters of a password as %XX")

// Parse reads the address of a proxy as requests does: http where no scheme stands before "://", the last "@"
// ends the user name and password, and what follows host and port does not count. The user name and password
// of the result are the very bytes to send. Where requests fails, so does Parse, but it does not mind blanks
// around the address, and a name without a scheme before a port.
func Parse(value string) (*url.URL, error) {
	value = strings.TrimSpace(value)
	if isAutomatic(value) {
		return nil, errors.New("is the address of a PAC file, or a line of one: neither Python nor this program " +
			"reads PAC files; set the proxy that the file returns, such as http://proxy.example:3128")
	}
	scheme, rest, err := cutScheme(value)
	if err != nil {
		return nil, err
	}
	at, end := strings.LastIndex(rest, "@"), strings.IndexAny(rest, endsAuthority)
	if at > end && end >= 0 {
		return nil, misplaced(rest[end : end+1])
	}
	if end >= 0 {
		rest = rest[:end]
	}
	written, address, _ := cutLast(rest, "@")
	host, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	user, err := parseUser(written, strings.HasPrefix(scheme, "socks"))
	if err != nil {
		return nil, err
	}
	return &url.URL{Scheme: scheme, Host: host, User: user}, nil
}

// endsAuthority are the characters that end host and port (urllib3's _URI_RE).
const endsAuthority = `/\?#`

// misplaced is the error for a character that a user name or password cannot contain as it is.
func misplaced(character string) error {
	return fmt.Errorf("has the character '%s' before the last @; in a user name or password, write it as %s",
		character, percent(character))
}

// percent is text as %XX.
func percent(text string) string {
	var escaped strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&escaped, "%%%02X", text[i])
	}
	return escaped.String()
}

// isAutomatic reports whether value leads to a PAC file, as browsers know it, or is a line that one returns.
func isAutomatic(value string) bool {
	lower := strings.ToLower(value)
	word, _, _ := strings.Cut(strings.NewReplacer(";", " ").Replace(lower), " ")
	isLine := strings.HasPrefix(lower, word+" ")
	switch {
	case strings.HasPrefix(lower, "pac+"), strings.Contains(lower, "proxy-autoconfig"):
		return true
	case word == "direct", isLine && slices.Contains([]string{"proxy", "http", "https", "socks", "socks5"}, word):
		return true
	}
	if _, rest, found := strings.Cut(lower, "://"); found {
		lower = rest
	}
	_, lower, _ = cutLast(lower, "@")
	lower, _, _ = strings.Cut(lower, "?")
	lower, _, _ = strings.Cut(lower, "#")
	host, path, _ := strings.Cut(lower, "/")
	return strings.HasSuffix(path, ".pac") || strings.HasSuffix("/"+path, "/wpad.dat") ||
		host == "wpad" || strings.HasPrefix(host, "wpad.") && !strings.Contains(host, ":")
}

// cutScheme cuts the scheme off, http where there is none.
func cutScheme(value string) (scheme, rest string, err error) {
	scheme, rest, found := strings.Cut(value, "://")
	scheme = strings.ToLower(scheme)
	switch {
	case found && slices.Contains([]string{"http", "https", "socks5", "socks5h"}, scheme):
		return scheme, rest, nil
	case found && slices.Contains([]string{"ftp", "socks", "socks4", "socks4a", "tcp", "ssh", "ws", "wss"}, scheme):
		return "", "", fmt.Errorf("has the scheme %q; use http, https or socks5h", scheme)
	case found && isScheme(scheme):
		return "", "", errors.New("has an unsupported scheme; use http, https or socks5h")
	}
	// "http:proxy" and "http/proxy" are typing mistakes, not a user or a host named http.
	for _, word := range []string{"http", "https"} {
		if after, mistyped := strings.CutPrefix(strings.ToLower(value), word); mistyped &&
			after != "" && strings.Contains(":/;", after[:1]) {
			return "", "", errForm
		}
	}
	return "http", strings.TrimPrefix(value, "//"), nil
}

// isScheme reports whether text is a URL's scheme by RFC 3986.
func isScheme(text string) bool {
	return text != "" && text[0] >= 'a' && text[0] <= 'z' &&
		strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}

// parseAddress reads host and port, the port as requests does, which takes 0 and nothing for the default.
func parseAddress(address string) (host string, err error) {
	host, port := address, ""
	if at := strings.LastIndex(address, ":"); at > strings.LastIndex(address, "]") {
		host, port = address[:at], strings.TrimLeft(address[at+1:], "0")
	}
	if port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return "", errForm
		}
		port = ":" + port
	}
	if inside, bracketed := strings.CutPrefix(host, "["); bracketed {
		inside, closed := strings.CutSuffix(strings.Replace(inside, "%25", "%", 1), "]") // before a zone
		six, err := netip.ParseAddr(inside)
		if err != nil || !closed || !six.Is6() {
			return "", errForm
		}
		return "[" + six.String() + "]" + port, nil
	}
	if host == "" || strings.ContainsFunc(host, isNoHost) || !utf8.ValidString(host) {
		return "", errForm
	}
	return strings.ToLower(host) + port, nil
}

// isNoHost reports whether no name of a host contains r. requests takes some of those, and then finds no such
// host.
func isNoHost(r rune) bool {
	return r <= ' ' || r == 0x7f || r < utf8.RuneSelf && strings.ContainsRune("\"!#$%&'()*+,/:;<=>?@[\\]^`{|}~", r)
}

// parseUser reads a user name and a password as requests does, which sends neither without the other, and to
// SOCKS no empty one (PySocks). For http, a % counts as itself when not every one begins an escape, and the
// digits of those that do become upper case (urllib3's _encode_invalid_chars).
func parseUser(written string, socks bool) (*url.Userinfo, error) {
	if at := strings.IndexAny(written, "[]"); at >= 0 {
		return nil, misplaced(written[at : at+1])
	}
	user, password, both := strings.Cut(written, ":")
	if !both || user == "" || socks && password == "" {
		return nil, nil
	}
	read, send := unquote, toLatin1
	if _, escapes := unescape(written); !socks && escapes != strings.Count(written, "%") {
		read = upperEscapes
	}
	if socks {
		send = toSOCKS
	}
	user, err := send(read(user))
	if err != nil {
		return nil, err
	}
	password, err = send(read(password))
	return url.UserPassword(user, password), err
}
