package web

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/report"
)

// Anybody who has the ID of a failure finds what it means, in the words of the container, and with this server's name.
func TestEveryFailureHasAPage(t *testing.T) {
	f := newFixture(t, "")
	b := f.browser()
	list := b.get("/failures").is(http.StatusOK)
	for _, row := range fault.Table() {
		if !strings.Contains(list.text, `href="/failures/`+string(row.ID)+`"`) {
			t.Errorf("the list does not have %s", row.ID)
		}
		shown := b.get("/failures/" + string(row.ID)).is(http.StatusOK)
		words := plainText(shown.text)
		filled := report.Filled(fault.New(row.ID, "…").With(fault.Facts{Server: b.base + "/v1"}))
		texts := []string{row.Title, filled.Reason, filled.Remedy, filled.Meaning, filled.Known}
		for _, fix := range filled.Fixes {
			texts = append(texts, fix.Do)
		}
		for _, text := range texts {
			if !strings.Contains(words, strings.ReplaceAll(text, "`", "")) {
				t.Errorf("the page of %s does not have %q:\n%s", row.ID, text, words)
			}
		}
		for _, finer := range row.MoreSpecific() {
			shown.is(http.StatusOK, `href="/failures/`+string(finer.ID)+`"`)
		}
	}
}

func TestAnUnknownFailureLeadsToSimilarOnes(t *testing.T) {
	b := newFixture(t, "").browser()
	for id, want := range map[string]string{
		"license.expires":       `href="/failures/license.expired"`,
		"LICENSE.EXPIRED":       `href="/failures/license.expired"`,
		"x":                     "All failures",
		"%3Cscript%3E":          "All failures",
		strings.Repeat("a", 99): "All failures",
	} {
		shown := b.get("/failures/"+id).is(http.StatusNotFound, "There is no such failure", want)
		if strings.Contains(shown.text, "script>") {
			t.Errorf("the page repeats %q", id)
		}
	}
}

func TestCodeInProse(t *testing.T) {
	for text, want := range map[string]string{
		"run `a <b>`, then `c`": "run <code>a &lt;b&gt;</code>, then <code>c</code>",
		"no `end":               "no `end",
		"<b>":                   "&lt;b&gt;",
		"":                      "",
	} {
		if got := string(prose(text)); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// plainText is what a page says, without its markup.
func plainText(page string) string {
	return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, ""))
}
