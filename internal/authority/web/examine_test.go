package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"localstack-entrypoint/internal/credential"
)

// examine fails the test unless an answer has the headers that all have, and its page only what our templates put
// there: elements that are closed, links within the site, nothing that runs.
func examine(t testing.TB, name string, status int, header http.Header, body string) {
	t.Helper()
	isFile := strings.HasPrefix(header.Get("Content-Type"), "text/css")
	for key, want := range map[string]string{
		"Content-Security-Policy": policy,
		"X-Content-Type-Options":  "nosniff",
		"X-Frame-Options":         "DENY",
		"Referrer-Policy":         "same-origin",
		"Cache-Control":           "no-store", // also of a style sheet without the version in its address
	} {
		if got := header.Values(key); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %d: %s is %q, want %q", name, status, key, got, want)
		}
	}
	if status >= http.StatusInternalServerError {
		t.Errorf("%s: status %d: %s", name, status, credential.MaskAll(body))
	}
	if isFile {
		return
	}
	if location := header.Get("Location"); location != "" && !isOwnLink(location) {
		t.Errorf("%s: it leads to %q", name, location)
	}
	if body == "" {
		return
	}
	if kind := header.Get("Content-Type"); kind != "text/html; charset=utf-8" {
		t.Errorf("%s: the page is %q", name, kind)
	}
	for _, problem := range problemsOf(body) {
		t.Errorf("%s: %d: %s\n%s", name, status, problem, credential.MaskAll(body))
	}
}

// isOwnLink reports whether a link leads to a page of this site.
func isOwnLink(link string) bool {
	return strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//") && !strings.ContainsAny(link, "\\\r\n\t")
}

// Elements of our pages, and attributes with links.
var (
	elements = strings.Fields(`html head meta title link body a header nav form button main h1 h2 h3 p ul ol li dl dt dd
		input label time strong em code pre table caption thead tbody tr th td details summary fieldset legend select
		option span div section blockquote footer small kbd abbr article aside hr br svg path`)
	voids = strings.Fields("meta link input hr br")
	links = strings.Fields("href action src formaction")
)

// problemsOf are what a page must not have.
func problemsOf(page string) (problems []string) {
	var open []string
	ids := make(map[string]bool)
	reader := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := reader.Next()
		token := reader.Token()
		switch kind {
		case html.ErrorToken:
			if len(open) > 0 {
				problems = append(problems, "not closed: "+strings.Join(open, " "))
			}
			return problems
		case html.StartTagToken, html.SelfClosingTagToken:
			if !slices.Contains(elements, token.Data) {
				problems = append(problems, "an element "+token.Data)
			}
			if !slices.Contains(voids, token.Data) {
				open = append(open, token.Data)
			}
			problems = append(problems, problemsOfAttributes(token, ids)...)
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				return append(problems, "a </"+token.Data+"> inside "+strings.Join(open, " "))
			}
			open = open[:len(open)-1]
		case html.CommentToken:
			problems = append(problems, "a comment")
		}
	}
}

func problemsOfAttributes(token html.Token, ids map[string]bool) (problems []string) {
	for _, one := range token.Attr {
		switch {
		case strings.HasPrefix(one.Key, "on"), one.Key == "style", one.Key == "srcdoc", one.Key == "http-equiv":
			problems = append(problems, "an attribute "+one.Key+" of "+token.Data)
		case strings.ContainsAny(one.Key, `"'<&;=`):
			problems = append(problems, "an attribute with the name "+one.Key)
		case slices.Contains(links, one.Key) && !isOwnLink(one.Val) && !strings.HasPrefix(one.Val, "#"):
			problems = append(problems, token.Data+" leads to "+one.Val)
		case one.Key == "id" && ids[one.Val]:
			problems = append(problems, "two elements have the ID "+one.Val)
		case one.Key == "id":
			ids[one.Val] = true
		}
	}
	return problems
}

func TestProblemsOfPagesAreFound(t *testing.T) {
	for page, want := range map[string]string{
		"<p>a <b>b</b></p>":                "an element b",
		"<p>a":                             "not closed: p",
		"<div><p>a</div></p>":              "a </div> inside div p",
		`<p style="x">a</p>`:               "an attribute style of p",
		`<p onclick="x">a</p>`:             "an attribute onclick of p",
		`<a href="javascript:x">a</a>`:     "a leads to javascript:x",
		`<a href="//evil.example">a</a>`:   "a leads to //evil.example",
		`<p id="x">a</p><p id="x">a</p>`:   "two elements have the ID x",
		`<p><!-- secret --></p>`:           "a comment",
		`<a href="/sessions">a</a>`:        "",
		`<p>&lt;script&gt;<br>&#34;</p>`:   "",
		`<input value="x" x"=y><p>a</p>`:   `an attribute with the name x"`,
		`<form action="https://x"></form>`: "form leads to https://x",
	} {
		if got := strings.Join(problemsOf(page), "; "); got != want {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
}
