package connect

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
)

// Where a page's structure tells what it is, its language does not matter.
func TestPagesAreToldByTheirStructure(t *testing.T) {
	t.Parallel()
	const form = `<form action="/go"><INPUT name=p Type = "password"></form>`
	refresh := func(target string) string {
		return `<html><meta content="0; URL='` + target + `'" HTTP-EQUIV=Refresh><title>…</title>`
	}
	for _, c := range []struct {
		page Page
		id   fault.ID
		says string
	}{
		{shown(200, titled("Benutzerdaten")+form), fault.NetworkCaptivePortal, `title "Benutzerdaten"`},
		{shown(401, "<html>"+form), fault.NetworkCaptivePortal, "an HTML page (status 401)"},
		{shown(200, refresh("https://portal.hotel.test/?a=1&amp;b=2")), fault.NetworkCaptivePortal, "portal.hotel.test"},
		{shown(200, `<html><script>window.location.href = "https://portal.hotel.test/";</script>`),
			fault.NetworkCaptivePortal, "portal.hotel.test"},
		{shown(200, `<html><script>top.location.replace('https://portal.hotel.test/')</script>`),
			fault.NetworkCaptivePortal, "portal.hotel.test"},
		{shown(200, `<html><script>location="https://elsewhere.test/"</script>`+strings.Repeat("<p>A web site.", 500)),
			fault.NetworkWrongServer, "an HTML page"},
		{shown(200, "<html><!-- <WISPAccessGatewayParam> -->"), fault.NetworkCaptivePortal, "status 200"},
		{shown(200, refresh("https://"+host+"/v2/")), fault.NetworkWrongServer, "on the same host"},
		{shown(200, `<html><meta http-equiv="refresh" content="30"><title>x</title>`), fault.NetworkWrongServer, `"x"`},
		{shown(403, titled("ページ")+form), fault.NetworkBlockPage, `title "ページ"`},
		{shown(403, refresh("https://filter.corp.test/")), fault.NetworkBlockPage, "status 403"},
		{shown(451, titled("Нельзя")), fault.NetworkBlockPage, "Нельзя"},
		{shown(503, titled("Hors service")+form), fault.NetworkServerError, "Hors service"},
	} {
		if got := c.page.Fault(host); got == nil || got.ID != c.id || !strings.Contains(got.Seen(), c.says) || !got.Answered {
			t.Errorf("got %v, want %s with %s", got, c.id, c.says)
		}
	}
}

func TestTitlesInOtherLanguages(t *testing.T) {
	t.Parallel()
	for id, titles := range map[fault.ID][]string{
		fault.NetworkBlockPage: {
			"Zugriff verweigert", "Seite gesperrt", "Acc&egrave;s refus&eacute;", "Site bloqué", "Acceso denegado",
			"Página bloqueada", "Accesso negato", "Toegang geweigerd", "アクセスが拒否されました", "访问被阻止", "접근이 차단되었습니다",
			"Доступ запрещён", "Dost&#281;p zablokowany",
			"Acesso negado", "Åtkomst nekad", "Přístup odepřen", "Erişim engellendi", "拒絕存取", "アクセス拒否",
		},
		fault.NetworkCaptivePortal: {
			"Anmeldung", "Bitte melden: WLAN-Anmeldeseite", "Conne&#120;ion au r&#233;seau", "S&#x27;identifier",
			"Iniciar sesión", "ログイン", "登录", "로그인", "Вход в сеть", "Accesso alla rete",
			"Iniciar sessão", "Přihlášení", "Bejelentkezés", "تسجيل الدخول", "網路登入",
		},
	} {
		for _, title := range titles {
			if got := shown(200, titled(title)).Fault(host); got == nil || got.ID != id {
				t.Errorf("%s: %v, want %s", title, got, id)
			}
		}
	}
	latin := shown(200, titled("Acc\xe8s refus\xe9"), "Content-Type: text/html; charset=ISO-8859-1").Fault(host)
	inPage := shown(200, `<meta charset="windows-1252">`+titled("Zugriff f\xfcr alle gesperrt")).Fault(host)
	for want, got := range map[string]*fault.Error{"Accès refusé": latin, "Zugriff für alle gesperrt": inPage} {
		if got.ID != fault.NetworkBlockPage || !strings.Contains(got.Seen(), want) {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

func TestEntitiesInTitles(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"&#77;aintenance":            "Maintenance",
		"&#x4d;aintenance &mdash; 1": "Maintenance — 1",
		"&amp;amp;":                  "&",
		"a &amp;lt;b&amp;gt; c":      "a <b> c",
		"&amp;#252;ber":              "über",
		"line&#10;break&#27;[2J":     "line break [2J",
		"&unknown; &#xFFFFFFFF;":     "&unknown; \ufffd",
		"<b>bold</b> &lt;":           "<b>bold</b> <",
	} {
		if got := shown(200, titled(body)).title; got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

const secretToken = "ls-demo0000-AbCd-EfGh-1jKl-mNoPqRsTuVw5dc30"

// echoes are the forms in which a page may repeat a token.
func echoes(token string) map[string]string {
	percent, entities, escaped := "", "", ""
	for _, char := range []byte(token) {
		percent += fmt.Sprintf("%%%02X", char)
		entities += fmt.Sprintf("&#%d;", char)
		escaped += fmt.Sprintf(`\u%04x`, char)
	}
	backwards := []byte(token)
	slices.Reverse(backwards)
	return map[string]string{
		"as it is": token, "in capitals": strings.ToUpper(token), "backwards": string(backwards),
		"a part": token[14:24], "without dashes": strings.ReplaceAll(token, "-", ""),
		"in letters": strings.Join(strings.Split(token, ""), " "), "in lines": strings.Join(strings.Split(token, "-"), "\n"),
		"as a URL": url.QueryEscape("token=" + token), "percent": percent, "entities": entities,
		"entities twice": strings.ReplaceAll(entities, "&", "&amp;"), "JSON": escaped,
		"hex": hex.EncodeToString([]byte(token)), "base64": base64.StdEncoding.EncodeToString([]byte(token)),
		"basic": base64.StdEncoding.EncodeToString([]byte(":" + token)),
		"URL64": base64.RawURLEncoding.EncodeToString([]byte(`{"token":"` + token + `"}`)),
	}
}

func TestAPageThatRepeatsTheCredentialIsNotQuoted(t *testing.T) {
	t.Parallel()
	for form, echo := range echoes(secretToken) {
		for name, header := range map[string]http.Header{
			"title": {}, "redirect": {"Location": {"https://" + url.PathEscape(strings.Trim(echo, "\n")) + ".test/"}},
			"request ID": {"X-Request-Id": {strings.ReplaceAll(echo, "\n", "")}},
		} {
			for _, status := range []int{200, 302, 403, 404, 503, 511} {
				body := ""
				if name == "title" {
					body = titled("Blocked: " + echo)
				}
				page := ReadPage(&http.Response{StatusCode: status, Header: header}, []byte(body), secretToken)
				got := page.Fault(host)
				if said := strings.ToLower(got.Seen()); repeats(said, secretToken) || page.title != "" {
					t.Errorf("%s, %s, status %d: %s", form, name, status, got.Seen())
				}
			}
		}
	}
}

func TestOtherTitlesAreQuoted(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"", secretToken, "some-legacy-api-key", "x"} {
		const title = "Blocked: category Tools"
		if got := readTitle(title, secret); got != title && secret != "x" {
			t.Errorf("with %q: %q", secret, got)
		}
	}
	if got := readTitle("Your token ls-demo0000-****", secretToken); got == "" {
		t.Error("what everybody may see of a token hides a title")
	}
}

// A random token has four characters in a row with some titles. They are not shown then; the verdict is the same.
func TestATitleThatMayNotBeShownStillTellsWhatThePageIs(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]fault.ID{
		"Access denied": fault.NetworkBlockPage, "Sign in to continue": fault.NetworkCaptivePortal,
	} {
		secret := strings.Replace(secretToken, secretToken[14:18], title[:4], 1)
		page := ReadPage(&http.Response{StatusCode: 200, Header: http.Header{}}, []byte(titled(title)), secret)
		if got := page.Fault(host); page.title != "" || got == nil || got.ID != want {
			t.Errorf("%s: %v, want %s without the title", title, got, want)
		}
	}
}

// An empty title in XML makes a title of the page for us, of which a link to log in says nothing about the page.
func TestAPageIsNotJudgedByMoreThanATitle(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Log in", "Access denied"} {
		body := "<html><head><title/></head><body>" + strings.Repeat("Artifacts ", maxTitle) + text + "</body></html>"
		page := ReadPage(&http.Response{StatusCode: 200, Header: http.Header{}}, []byte(body), secretToken)
		if got := page.Fault(host); got == nil || got.ID != fault.NetworkWrongServer {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func readTitle(title, secret string) string {
	return ReadPage(&http.Response{StatusCode: 403, Header: http.Header{}}, []byte(titled(title)), secret).title
}

func FuzzNothingOfACredentialIsQuoted(f *testing.F) {
	for _, echo := range echoes(secretToken) {
		f.Add(200, "Blocked "+echo, "https://portal.test/"+echo)
	}
	f.Fuzz(func(t *testing.T, status int, title, location string) {
		response := &http.Response{StatusCode: status, Header: http.Header{"Location": {location}}}
		got := ReadPage(response, []byte(titled(title)), secretToken).Fault(host)
		if got == nil {
			return
		}
		_, private, _ := strings.Cut(secretToken, "0000-")
		for i := range len(private) - 5 {
			if strings.Contains(got.Seen(), private[i:i+6]) {
				t.Errorf("%q", got.Seen())
			}
		}
	})
}
