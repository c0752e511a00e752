package connect

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Regular expressions are compiled where they are used: at the program's start they would cost every container.

func matches(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }

// Words of titles, for pages whose structure does not tell what they are: stems in the languages of most filters.
const (
	aboutBlocking = `(?i)block|denied|deny|forbidden|restrict|prohibit|not allowed|policy|filter|security` +
		`|gesperrt|verweigert|verboten|untersagt|richtlinie|refus|interdit|bloqu|deneg|prohibid|proibid|nega[td]|vietat` +
		`|geweigerd|geblokkeerd|nekad|spärrad|nektet|nægtet|spærret|estetty|kielletty|odmow|zablok|odepřen|zakázán` +
		`|letiltva|megtagad|engellen|redded|yasak|заблокирован|запрещ|αποκλει|απαγορε|محظور|חסום` +
		`|禁止|拒否|ブロック|制限|阻止|阻擋|拒绝|拒絕|屏蔽|封鎖|차단|거부`
	aboutSigningIn = `(?i)sign.?in|log.?in|logon|portal|wi-?fi|hotspot|authenti|terms of (use|service)|guest` +
		`|anmeld|einlogg|nutzungsbedingungen|conne.ion|connecter|identifi|iniciar sesi|inicio de sesi|iniciar sess|acceso` +
		`|acceder|accedi|accesso|entrar|aanmeld|inlogg|logga in|kirjaudu|zaloguj|logowani|přihlá|bejelentkez|giriş` +
		`|войти|вход|σύνδεση|تسجيل الدخول|התחבר|ログイン|サインイン|認証|登录|登入|认证|認證|로그인|인증`
)

// maxTitle bounds a page's title, in characters. XML writes an empty one as <title/>, and then all of the page is what
// titleOf finds.
const maxTitle = 80

// titleOf is the title of an HTML page, on one line, as much as is shown; "" when there is none.
func titleOf(body []byte, contentType string) string {
	found := regexp.MustCompile(`(?is)<title[^>]*>(.*?)(?:</title|$)`).FindSubmatch(body)
	if found == nil {
		return ""
	}
	isSeparator := func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }
	text := strings.Join(strings.FieldsFunc(unescape(decode(found[1], contentType, body)), isSeparator), " ")
	if title := []rune(text); len(title) > maxTitle {
		return string(title[:maxTitle]) + "…"
	}
	return text
}

// decode is text of a page in UTF-8. Western filters write Latin-1 still.
func decode(text []byte, contentType string, page []byte) string {
	const western = `(?i)charset\s*=\s*["']?(iso-8859-1|windows-1252|latin-?1)\b`
	if utf8.Valid(text) || !matches(western, contentType) && !regexp.MustCompile(western).Match(page) {
		return strings.ToValidUTF8(string(text), "?")
	}
	var decoded strings.Builder
	for _, char := range text {
		decoded.WriteRune(rune(char))
	}
	return decoded.String()
}

// unescape replaces entities, and those that were escaped once more on the way.
func unescape(text string) string {
	for range 10 { // every time makes it shorter; who escapes more often hides something
		text = html.UnescapeString(text)
	}
	return text
}

// asksForPassword reports whether a page has a field for a password, or what hotspots tell programs (WISPr).
func asksForPassword(body []byte) bool {
	return regexp.MustCompile(`(?is)<input\b[^>]*\btype\s*=\s*["']?password\b|<WISPAccessGatewayParam\b`).Match(body)
}

// maxDetour is the size of a page that only leads elsewhere, in bytes; larger ones may do so on request.
const maxDetour = 4 << 10

// refreshOf is where a page leads the browser to without being asked: "" when nowhere, or to itself.
func refreshOf(body []byte) string {
	script := regexp.MustCompile(`(?i)\blocation(?:\.href)?\s*(?:=|\.replace\(|\.assign\()\s*["'](https?://[^"']+)`)
	if found := script.FindSubmatch(body); found != nil && len(body) <= maxDetour {
		return string(found[1])
	}
	meta := regexp.MustCompile(`(?is)<meta\b[^>]*\bhttp-equiv\s*=\s*["']?refresh\b[^>]*>`).Find(body)
	found := regexp.MustCompile(`(?is)\burl\s*=\s*["']?([^"'>\s]+)`).FindSubmatch(meta)
	if found == nil {
		return ""
	}
	return unescape(string(found[1]))
}

// hostOf is the host that a redirect of the answer to request leads to, if it can be shown.
func hostOf(target string, request *http.Request, secret string) string {
	parsed, err := url.Parse(target)
	if err == nil && request != nil {
		parsed = request.URL.ResolveReference(parsed)
	}
	if err != nil || !matches(`^[\pL\pN_.:-]{1,60}$`, parsed.Hostname()) || repeats(parsed.Hostname(), secret) {
		return "elsewhere"
	}
	return parsed.Hostname()
}

const (
	// shownOfToken is how much of a token everybody may see: its prefix and first group, "ls-demo0000-".
	shownOfToken = len("demo0000-")
	// plainRun and codedRun are how many characters in a row of a secret, as it is or encoded, are too many.
	plainRun, codedRun = 4, 8
)

// repeats reports whether text shows a part of secret: as it is, in another case, with something else between its
// characters, backwards, or encoded. A page may repeat the request that it answers.
func repeats(text, secret string) bool {
	if prefix, rest, isToken := strings.Cut(secret, "-"); isToken && len(prefix) <= 4 && len(rest) > 2*shownOfToken {
		secret = rest[shownOfToken:]
	}
	coded := []string{hex.EncodeToString([]byte(secret))}
	var escaped, decimal strings.Builder
	for _, char := range []byte(secret) {
		fmt.Fprintf(&escaped, "u%04x", char)
		fmt.Fprintf(&decimal, "%d", char)
	}
	coded = append(coded, escaped.String(), decimal.String())
	for i := range 3 { // whatever stands before it
		if i < len(secret) {
			coded = append(coded, base64.StdEncoding.EncodeToString([]byte(secret[i:])))
		}
	}
	said := alphanumerics(text)
	if haveInCommon(said, alphanumerics(secret), plainRun) {
		return true
	}
	for _, form := range coded {
		if haveInCommon(said, alphanumerics(form), codedRun) {
			return true
		}
	}
	return false
}

// haveInCommon reports whether text has a run of so many characters of secret, forwards or backwards.
func haveInCommon(text, secret string, run int) bool {
	run = min(run, len(secret))
	for i := 0; run > 0 && i+run <= len(secret); i++ {
		part := []byte(secret[i : i+run])
		if strings.Contains(text, string(part)) {
			return true
		}
		for a, b := 0, len(part)-1; a < b; a, b = a+1, b-1 {
			part[a], part[b] = part[b], part[a]
		}
		if strings.Contains(text, string(part)) {
			return true
		}
	}
	return false
}

// alphanumerics are the ASCII letters and digits of text, in lower case.
func alphanumerics(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return -1
	}, text)
}
