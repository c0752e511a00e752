package web

import (
	"net/http"
	"testing"
)

// While a new version takes over behind a balancer, a browser may ask the old one for the new style sheet.
func TestTheStyleSheetOfAnotherVersionIsNotKept(t *testing.T) {
	b := newFixture(t, "").browser()
	for path, want := range map[string]string{
		stylePath: "max-age=86400", "/style.css": "no-store", "/style.css?0123456789ab": "no-store",
		stylePath + "&x": "no-store",
	} {
		if got := b.get(path).is(http.StatusOK, ":root").header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control is %q, want %q", path, got, want)
		}
	}
}
