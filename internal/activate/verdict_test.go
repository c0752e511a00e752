package activate

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/license"
)

const (
	wrongServer = "network.not_a_license_server: the answer is "
	notDocument = wrongServer + "unexpected JSON (status 200): not a license document: "
	html        = "<!DOCTYPE html>\n<html>Please log in</html>"
)

// answers are what can come back, and what it amounts to for somebody without
// any document; "…" stands for words that are package connect's. A verdict is
// the licensing server's own word.
var answers = []struct {
	name    string
	answer  reply
	verdict bool
	want    string
}{
	{"malformed credentials", refuse(400, "licensing.credentials.format"), true,
		`credentials.malformed: the server answered with "licensing.credentials.format"`},
	{"unknown credentials", refuse(403, "licensing.credentials.invalid"), true,
		"credentials.invalid: " + masked + " from LOCALSTACK_AUTH_TOKEN"},
	{"nothing assigned", refuse(400, "licensing.license.not_found"), true,
		"license.not_assigned: " + masked + " from LOCALSTACK_AUTH_TOKEN"},
	{"subscription ended", refuse(403, "licensing.license.expired"), true, "license.expired: the subscription has ended"},
	{"suspended", refuse(403, "licensing.license.invalid_status:SUSPENDED"), true,
		"license.status: the licensing server reports the status SUSPENDED"},
	{"nothing assigned, with more behind the code", refuse(400, "licensing.license.not_found:x"), true,
		"license.not_assigned: " + masked + " from LOCALSTACK_AUTH_TOKEN"},
	{"another reason", refuse(400, "licensing.activation_error"), true,
		`license.refused: the server answered with "licensing.activation_error"`},
	{"a code of the future", refuse(401, "licensing.moon.phase"), true,
		`license.refused: the server answered with an unknown code`},

	{"a version that cannot be judged", refuse(400, "licensing.license.format:no MAJOR.MINOR"), false,
		`license.version: the server answered with "licensing.license.format"`},
	{"the same without a detail", refuse(400, "licensing.license.format"), false,
		`license.version: the server answered with "licensing.license.format"`},

	{"a live document that has ended", grant(func(d *license.Document) { d.Expires = d.Issued }), true,
		"license.expired: " + licenseID + " expired on 2000-01-01T00:00:00+00:00"},
	{"a live document that is suspended", grant(func(d *license.Document) { d.Status = "SUSPENDED" }), true,
		"license.status: " + licenseID + ` has the status SUSPENDED`},
	{"a live document for another product", grant(func(d *license.Document) { d.Products[0].Name = "localstack-base" }),
		true,
		"license.product: " + licenseID + " (pro) is not for localstack-pro 4.14.0"},
	{"a live document for another version", grant(func(d *license.Document) { d.Products[0].Version = "4.13" }), true,
		"license.product: " + licenseID + " (pro) is not for localstack-pro 4.14.0"},

	{"a captive portal", page(200, html), false, wrongServer + "an HTML page (status 200)"},
	{"a block page", page(403, html), false,
		"network.block_page: the answer is an HTML page (status 403), not that of a licensing server"},
	{"an empty 403 of a filter", page(403, ""), false, wrongServer + "an empty page (status 403)"},
	{"blanks", page(200, " \n"), false, wrongServer + "an empty page (status 200)"},
	{"no content", page(204, ""), false, wrongServer + "an empty page (status 204)"},
	{"text", page(404, "not here"), false, wrongServer + "something other than JSON (status 404)"},
	{"broken JSON", page(200, `{"id": "license`), false, wrongServer + "something other than JSON (status 200)"},
	{"unexpected JSON", page(200, `{"status":"ok"}`), false,
		notDocument + "no usable expiry_date, id, issue_date, license_status"},
	{"a document with a bad date", page(200, `{"id":"license_1","expiry_date":"soon"}`), false,
		notDocument + "no usable expiry_date, issue_date, license_status"},
	{"a verdict of somebody else", refuse(403, "forbidden"), false, wrongServer + "unexpected JSON (status 403)"},
	{"a verdict that is no text", page(403, `{"message": 7}`), false, wrongServer + "unexpected JSON (status 403)"},
	{"a verdict with status 200", refuse(200, "licensing.license.expired"), false,
		notDocument + "no usable expiry_date, id, issue_date, license_status"},
	{"a redirect", page(302, "", "Location", "https://login.test/?next=x"), false,
		"network.captive_portal: the answer is a redirect to login.test (status 302)"},
	{"a verdict in a redirect", refuse(302, "licensing.license.expired"), false,
		wrongServer + "unexpected JSON (status 302)"},
	{"a redirect to nowhere", page(301, html), false, wrongServer + "an HTML page (status 301)"},
	{"an endless answer", page(200, strings.Repeat(" ", maxAnswer+1)), false,
		"network.not_a_license_server: its answer (status 200) is larger than 1 MiB"},

	{"a proxy that requires authentication", page(407, html, "Proxy-Authenticate", `Basic realm="x"`), false,
		"network.proxy.authentication: …"},
	{"slow down", refuse(429, "licensing.rate_limited"), false, "network.rate_limited: rate limit exceeded (status 429)"},
	{"an error of the server", page(500, html), false, "network.server_error: it answered with status 500"},
	{"a verdict in an error of the server", refuse(503, "licensing.license.expired"), false,
		"network.server_error: it answered with status 503"},

	{"an end of the connection", fail(io.EOF), false, "network.reset: …"},
	{"a reset", fail(&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}), false, "network.reset: …"},
}

func TestWithoutADocumentEveryAnswerButAGoodOneEndsTheStart(t *testing.T) {
	t.Parallel()
	for _, test := range answers {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, test.answer)
				s.Config.Attempts = 1
				got := s.run(t)
				if beginning, open := strings.CutSuffix(test.want, "…"); got != test.want &&
					(!open || !strings.HasPrefix(got, beginning)) {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
				if got := s.get(t, ownPath); got != "" {
					t.Errorf("kept %s", got)
				}
				s.wantLogged(t, zap.InfoLevel)
			})
		})
	}
}

// TestOnlyAVerdictOverrulesTheStoredDocument has the same answers while every
// place holds a good document. A verdict ends the start, and takes our own
// document away; anything else says nothing about the license.
func TestOnlyAVerdictOverrulesTheStoredDocument(t *testing.T) {
	t.Parallel()
	for _, test := range answers {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, document := newScene(t, test.answer), stored(nil)
				for _, name := range []string{mountedPath, ownPath, builtInPath} {
					s.put(t, name, document)
				}
				want, own := "", document
				if test.verdict {
					want, own = test.want, ""
				}
				if got := s.run(t); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
				if got := s.get(t, ownPath); got != own {
					t.Errorf("our own document is now %q", got)
				}
				if s.get(t, mountedPath) != document || s.get(t, builtInPath) != document {
					t.Error("a document that is not ours was changed")
				}
			})
		})
	}
}

func TestAnAnswerThatIsNoVerdictKeepsItsRequestID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, answer := range []struct {
			status int
			body   string
		}{
			{200, `{"status":"ok"}`}, {200, "text"}, {200, html}, {200, strings.Repeat(" ", maxAnswer+1)},
			{403, `{"message":"forbidden"}`}, {400, `{"message":"licensing.license.format:x"}`}, {407, ""}, {429, ""}, {500, ""},
		} {
			s := newScene(t, page(answer.status, answer.body, "X-Request-Id", "req-00001"))
			s.Config.Attempts = 1
			if failed := asFault(t, s.Run(t.Context())); failed.RequestID != "req-00001" {
				t.Errorf("%d %.40q: request %q", answer.status, answer.body, failed.RequestID)
			}
		}
	})
}

func TestAnUncertainAnswerNamesTheServerAndTheHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, test := range answers {
			s := newScene(t, test.answer)
			failed := s.Run(t.Context())
			if explained := asFault(t, failed); explained.Server != "https://licenses.test/v1" {
				t.Errorf("%s: server %q", test.name, explained.Server)
			}
		}
		for _, answer := range []reply{fail(io.EOF), page(200, html), page(500, "")} {
			if failed := asFault(t, newScene(t, answer).Run(t.Context())); failed.Host != "licenses.test" {
				t.Errorf("%v: host %q", failed, failed.Host)
			}
		}
	})
}

func TestAVerdictThatCannotBeCarriedOutIsMentioned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, refuse(403, license.MessageExpired))
		s.put(t, ownPath+"/full", "of something") // a directory in place of the document
		if got := s.run(t); got != "license.expired: the subscription has ended" {
			t.Error(got)
		}
		s.wantLogged(t, zap.WarnLevel, "cannot remove the stored document: "+s.path(ownPath)+": it is a directory")
	})
}

func FuzzJudgeTakesOnlyWholeDocumentsForADocument(f *testing.F) {
	f.Add(200, `{"id":"x"}`, "", "")
	f.Add(403, `{"error":true,"message":"licensing.license.expired"}`, "", "")
	f.Add(400, `{"error":true,"message":"licensing.license.format:x"}`, "", "")
	f.Add(429, "", "7", "")
	f.Add(302, html, "", "https://login.test")
	f.Add(503, "\xff", "-1", "%zz")
	f.Fuzz(func(t *testing.T, status int, body, retry, location string) {
		sent, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://licenses.test/v1", nil)
		must(t, err)
		response := &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {retry}, "Location": {location}},
			Request: sent}
		document, failed := readAnswer(response, []byte(body), "")
		if failed == nil {
			if _, err := license.Parse([]byte(body)); err != nil || status != http.StatusOK || document.ID == "" {
				t.Errorf("%q with status %d is a document", body, status)
			}
			return
		}
		isVerdict := errors.Is(failed, license.ErrVerdict)
		if isVerdict && (status < 400 || status >= 500 || !strings.Contains(body, "icensing") &&
			!strings.Contains(body, `\u`)) {
			t.Errorf("%q with status %d is a verdict: %v", body, status, failed)
		}
		if len(failed.Detail) > 2000 {
			t.Errorf("%d bytes of detail", len(failed.Detail))
		}
	})
}
