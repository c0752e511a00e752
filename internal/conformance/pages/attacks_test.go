package pages

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
)

// otherSite serves a page of somebody else until the test ends. It returns its port: http://evil.test:PORT is a foreign
// site, http://127.0.0.1:PORT a neighbor of the authority, with the same cookies.
func otherSite(t testing.TB, answer http.HandlerFunc) (port string) {
	t.Helper()
	address := freeAddress()
	listener, err := net.Listen("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: answer, ReadHeaderTimeout: patience}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	_, port, _ = net.SplitHostPort(address)
	return port
}

// origins are those of a server on a port, beside an authority on 127.0.0.1.
func origins(port string) []string {
	return []string{"http://127.0.0.1:" + port, "http://localhost:" + port, "http://evil.test:" + port}
}

// posts are the paths of all forms, from the table that is made by trying them.
func posts(t testing.TB, memberID string) (paths []string) {
	t.Helper()
	table, err := os.ReadFile(filepath.Join(repository, "docs/PERMISSIONS.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile("(?m)^\\| `POST (/[^`]*)`").FindAllStringSubmatch(string(table), -1) {
		path := strings.ReplaceAll(match[1], "/workspace/members/{id}", "/workspace/members/"+memberID)
		if path = regexp.MustCompile(`{\w+}`).ReplaceAllString(path, "x"); !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	if len(paths) < 10 {
		t.Fatalf("docs/PERMISSIONS.md has the forms %q", paths)
	}
	return paths
}

// someFields are fields that forms of ours have.
const someFields = `<input name="email" value="eve@example.com"><input name="role" value="admin">
<input name="name" value="Eve"><input name="session" value="others"><input name="action" value="unassign">
<input name="current" value="` + password + `">`

// Every form, in the browser of an Admin who visits another site: a foreign one, and one on another port of the same
// host, to which the browser sends the cookie.
func TestOtherSitesCannotSendForms(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.member("ada@example.com", "--admin")
	a.member("bo@example.com")
	paths := posts(t, a.id("bo@example.com"))
	port := otherSite(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<!DOCTYPE html><title>Other</title><h1>Other</h1>")
		for _, path := range paths {
			fmt.Fprintf(w, `<form method="post" action="%s%s">%s<button>%s</button></form>`, a.URL, path, someFields, path)
		}
	})
	b := newBrowser(t, a).LogIn("ada@example.com")
	before := a.do("audit", "list")
	for _, origin := range origins(port) {
		for _, path := range paths[:3] { // what fetch sends is quicker, and the same
			b.Open(origin).Press(path).Is(http.StatusForbidden, "Another site has sent this")
		}
		b.Open(origin).allowScripts(true)
		b.ask(`(async () => { for (const form of document.forms) for (const body of [new FormData(form),
			new URLSearchParams(new FormData(form)), "session=others"])
			await fetch(form.getAttribute("action"), {method: "POST", mode: "no-cors", credentials: "include", body}) })()`, nil)
		b.allowScripts(false)
	}
	b.Open("/sessions").Is(http.StatusOK, "Your account")
	if after := a.do("audit", "list"); after != before {
		t.Errorf("the audit log was\n%s\nand is\n%s", before, after)
	}
	if refused := strings.Count(a.log.String(), `"message":"request.cross_site"`); refused < 9*len(paths) {
		t.Errorf("%d requests were refused, want %d", refused, 9*len(paths))
	}
}

// id is the ID of a member.
func (a *authority) id(email string) string {
	a.Helper()
	var member struct{ ID string }
	if err := json.Unmarshal([]byte(a.do("member", "show", email, "--json")), &member); err != nil {
		a.Fatal(err)
	}
	return member.ID
}

// A page of ours in a frame of another could be clicked on by somebody who sees something else.
func TestOtherSitesCannotFrameOurPages(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.member("ada@example.com", "--admin")
	paths := []string{"/", "/login", "/sessions", "/workspace/members", "/auth/request/x", "/unknown"}
	port := otherSite(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<!DOCTYPE html><title>Other</title><h1>Other</h1>")
		for _, path := range paths {
			fmt.Fprintf(w, `<iframe src="%[1]s%[2]s"></iframe><object type="text/html" data="%[1]s%[2]s"></object>`, a.URL, path)
		}
	})
	b := newBrowser(t, a).LogIn("ada@example.com")
	for _, origin := range origins(port) {
		b.Open(origin)
		frames := call(b, page.GetFrameTree, cdp.Empty{}).FrameTree.ChildFrames // those of a foreign site are not among them
		for _, one := range frames {
			if one.Frame.UnreachableURL == "" {
				t.Errorf("%s shows %s in a frame", origin, one.Frame.URL)
			}
		}
		b.mu.Lock()
		for _, complaint := range b.complaints {
			if !strings.Contains(complaint, "frame-ancestors") {
				t.Errorf("%s: %s", origin, complaint)
			}
		}
		if len(b.complaints) < len(paths) {
			t.Errorf("%s: the browser has refused only %q", origin, b.complaints)
		}
		b.complaints = nil
		b.mu.Unlock()
	}
}

// back goes back in the browser's history.
func (b *browser) back() *browser {
	b.Helper()
	b.tell("goes back")
	history := call(b, page.GetNavigationHistory, cdp.Empty{})
	entry := history.Entries[history.CurrentIndex-1].ID
	b.leads(func() { call(b, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: entry}) })
	return b
}

// Who comes to the browser after somebody has logged out sees nothing of theirs by going back.
func TestGoingBackAfterLogout(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.member("ada@example.com", "--admin")
	b := newBrowser(t, a).As("Ada").LogIn("ada@example.com")
	call(b, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: false})
	b.Open("/workspace/members").Shows("ada@example.com")
	b.Open("/sessions").Shows("ada@example.com")
	b.Press("Log out").Is(http.StatusOK, "Log in")
	for range 2 {
		b.back().Is(http.StatusOK, "Log in").Lacks("ada@example.com")
	}
}

// A neighbor on the same host can put cookies into the browser, before a login or beside it.
func TestACookieThatANeighborHasPlanted(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.member("ada@example.com", "--admin")
	a.member("eve@example.com")
	eve := newBrowser(t, a).As("Eve").LogIn("eve@example.com")
	planted := eve.session()
	port := otherSite(t, func(w http.ResponseWriter, r *http.Request) {
		cookie := planted
		cookie.Path = r.URL.Query().Get("path")
		http.SetCookie(w, &cookie)
		fmt.Fprint(w, "<!DOCTYPE html><title>Other</title><h1>Other</h1>")
	})
	b := newBrowser(t, a).As("Ada").Open("http://127.0.0.1:" + port + "/?path=/")
	b.Open("/logout") // GET: changes nothing
	b.Open("/login")
	if b.Heading() == "Log in" {
		t.Error("the cookie of the neighbor is not in the browser")
	}
	b.Press("Log out").LogIn("ada@example.com").Open("/sessions").Is(http.StatusOK, "Your account")
	if b.session().Value == planted.Value {
		t.Error("the session is the one that was planted")
	}
	// A cookie for a longer path comes first. The pages below it must not be those of another account.
	eve = newBrowser(t, a).LogIn("eve@example.com")
	planted = eve.session()
	b.Open("http://127.0.0.1:"+port+"/?path=/sessions").Open("/sessions").
		Is(http.StatusBadRequest, "The browser has two sessions here").Lacks("eve@example.com")
}

// session is the cookie of the session.
func (b *browser) session() http.Cookie {
	b.Helper()
	for _, one := range call(b, network.GetCookies, network.GetCookiesParams{URLs: []string{b.Site}}).Cookies {
		if strings.Contains(one.Name, "session") {
			return http.Cookie{Name: one.Name, Value: one.Value, HttpOnly: true}
		}
	}
	b.Fatal("the browser has no session")
	return http.Cookie{}
}

// Whatever people and clients call themselves: no page has markup of it, or scrolls sideways.
func TestHostileNamesInABrowser(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	const markup = `"'><evil onmouseover="x"></a></td></form><script>document.title="evil"</script><style>*{}`
	long := strings.Repeat("W", 100)
	rightToLeft := "\u05e9\u05dc\u05d5\u05dd \u200fx" + strings.Repeat("\U0001f468\u200d\U0001f469\u200d\U0001f467", 14)
	a.member("ada@example.com", "--admin", "--name", markup)
	label := strings.Repeat("w", 63)
	a.member(label+"@"+label+"."+label+".example.com", "--name", long)
	a.member("{{.}}'&x=`|/?#%0a@example.com", "--name", rightToLeft)
	a.do("subscription", "create", "--plan", "team", "--seats", "9")
	for _, name := range []string{markup, long, rightToLeft} {
		a.do("ci-key", "create", name)
	}
	body := fmt.Sprintf(`{"actor":%s,"version":"1"}`, quoted(markup+long+rightToLeft))
	answer, err := http.Post(a.URL+"/v1/auth/request", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var begun struct{ ID, Code string }
	if err := json.NewDecoder(answer.Body).Decode(&begun); err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	b := newBrowser(t, a)
	call(b, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: markup + long})
	b.LogIn("ada@example.com")
	paths := []string{
		"/", "/sessions", "/workspace/members", "/workspace/members/" + a.id("ada@example.com"), "/workspace/audit",
		"/workspace/members?search=" + long + "W", "/workspace/ci-keys", "/workspace/auth-token", "/workspace/my-license",
		"/auth/request/" + begun.ID + "?code=" + begun.Code, "/auth/request/" + begun.ID + "?code=" + long,
		"/getting-started", "/failures/" + long, "/login?next=/" + long,
	}
	paths = append(paths, b.Open("/workspace/members").links("/workspace/members/")...)
	paths = append(paths, b.Open("/workspace/ci-keys").links("/workspace/ci-keys/")...)
	for _, path := range paths {
		b.Open(path)
		var evil int
		b.ask(`document.querySelectorAll("evil, script, style, [onmouseover]").length`, &evil)
		if evil > 0 {
			t.Errorf("%s has markup of a name", path)
		}
		for _, width := range widths {
			b.resize(width, "light")
			b.scrollsNotSideways(fmt.Sprintf("%s in a width of %d", path, width))
		}
	}
}

// links are the addresses of the page's links that begin so.
func (b *browser) links(prefix string) (found []string) {
	b.Helper()
	b.ask(`[...document.querySelectorAll("main a")].map(a => a.getAttribute("href")).filter(h => h.startsWith(`+
		quoted(prefix)+`))`, &found)
	if len(found) == 0 {
		b.Errorf("the page has no link to %s:\n%s", prefix, b.describe())
	}
	return found
}
