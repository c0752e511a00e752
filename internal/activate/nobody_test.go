package activate

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
)

const ciToken = "lsci-demo0000-AAAA-BBBB-CCCC-DDDDEEEEdc30"

// holders are who starts, and whether a stored license is enough for them: the second rule of the licensing protocol.
var holders = map[string]struct {
	sources credential.Sources
	again   bool
	asks    bool
}{
	"a new start":             {sources: credential.Sources{AuthToken: credential.NewSecret(token)}, asks: true},
	"a restart":               {sources: credential.Sources{AuthToken: credential.NewSecret(token)}, again: true},
	"a CI token":              {sources: credential.Sources{AuthToken: credential.NewSecret(ciToken)}},
	"a CI token as API key":   {sources: credential.Sources{APIKey: credential.NewSecret(ciToken)}},
	"an API key":              {sources: credential.Sources{APIKey: credential.NewSecret("0123456789")}, asks: true},
	"a restart by an API key": {sources: credential.Sources{APIKey: credential.NewSecret("0123456789")}, again: true},
	"an override":             {sources: credential.Sources{Override: credential.NewSecret(token)}},
	"an override for CI":      {sources: credential.Sources{Override: credential.NewSecret(ciToken)}},
}

// startsAs makes the scene's start that of a holder, and counts what it prepares for questions.
func (s *scene) startsAs(t *testing.T, name string) (prepared *int) {
	t.Helper()
	var err error
	s.Credential, err = credential.Read(holders[name].sources)
	must(t, err)
	prepared, s.Again = new(int), holders[name].again
	s.Prepare = func(context.Context, *Activation) { *prepared++ }
	return prepared
}

// storedFor is a document as an earlier start of this credential has left it.
func (s *scene) storedFor(change func(*license.Document)) string {
	document := issued(func(d *license.Document) {
		d.Offline = license.Offline{Version: "4.14.0", Credential: s.Credential.String()}
		if change != nil {
			change(d)
		}
	})
	document.Sign(s.Credential.Reveal())
	return encode(document)
}

func (s *scene) grants(change func(*license.Document)) {
	s.server.replies = []reply{func(r *http.Request) (*http.Response, error) {
		document := issued(change)
		document.Sign(s.Credential.Reveal())
		return page(http.StatusOK, encode(document))(r)
	}}
}

func TestNoRequestIsSentWhileAStoredLicenseIsEnough(t *testing.T) {
	t.Parallel()
	for name, holder := range holders {
		for _, place := range []string{mountedPath, ownPath, builtInPath} {
			t.Run(name+", "+place, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newScene(t)
					prepared := s.startsAs(t, name)
					s.grants(nil)
					content := s.storedFor(nil)
					s.put(t, place, content)
					if err := s.run(t); err != "" {
						t.Fatal(err)
					}
					asked, line := "activate", "Successfully activated license "+licenseID+":pro"
					if !holder.asks {
						asked, line = "", "Successfully activated cached license "+licenseID+":pro from "+s.path(place)
						if s.get(t, place) != content {
							t.Error("the document was changed")
						}
					}
					if got := s.server.asked(); got != asked || *prepared != len(s.server.requests) {
						t.Errorf("asked for %q, prepared %d times", got, *prepared)
					}
					s.wantLogged(t, zap.InfoLevel, line)
					s.wantLogged(t, zap.WarnLevel)
				})
			})
		}
	}
}

func TestWithoutAGoodLicenseEveryStartSendsARequest(t *testing.T) {
	t.Parallel()
	past := license.Time{Time: time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC)}
	flaws := map[string]struct {
		change func(*license.Document)
		edit   func(string) string
	}{
		"stale":               {change: func(d *license.Document) { d.ReactivateAfter = &past }},
		"expired":             {change: func(d *license.Document) { d.Expires = past }},
		"suspended":           {change: func(d *license.Document) { d.Status = license.StatusSuspended }},
		"of another version":  {change: func(d *license.Document) { d.Offline.Version = "4.13.0" }},
		"for another product": {change: func(d *license.Document) { d.Products[0].Name = "localstack-snowflake" }},
		"of the future":       {change: func(d *license.Document) { d.Issued.Time = d.Issued.Add(time.Hour) }},
		"tampered with":       {edit: func(s string) string { return strings.Replace(s, `"pro"`, `"enterprise"`, 1) }},
		"of another token": {edit: func(string) string {
			other := issued(nil)
			other.Sign("another")
			return encode(other)
		}},
		"garbage": {edit: func(string) string { return "garbage" }},
	}
	for name := range holders {
		for flaw, document := range flaws {
			t.Run(name+", "+flaw, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newScene(t)
					prepared := s.startsAs(t, name)
					s.grants(nil)
					content := s.storedFor(document.change)
					if document.edit != nil {
						content = document.edit(content)
					}
					s.put(t, ownPath, content)
					if err := s.run(t); err != "" {
						t.Fatal(err)
					}
					want := "activate"
					if flaw == "garbage" {
						want = "request"
					}
					if got := s.server.asked(); got != want || *prepared != 1 {
						t.Errorf("asked for %q, prepared %d times", got, *prepared)
					}
				})
			})
		}
	}
}

// A start without a request needs neither a network nor a note of refusals, and a note does not delay it.
func TestAStartWithoutARequestDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, refuse(403, license.MessageExpired))
		s.startsAs(t, "a CI token")
		s.loops(t, 6, 0)
		s.put(t, mountedPath, s.storedFor(nil))
		before, began := len(s.server.requests), time.Now()
		if err := s.run(t); err != "" || len(s.server.requests) != before || time.Since(began) > 0 {
			t.Errorf("%s; %d requests, after %s", err, len(s.server.requests)-before, time.Since(began))
		}
	})
}

// A restart in place after the renewal has removed the document, because the server has refused.
func TestARestartWithoutALicenseSendsARequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := running(t, refuse(403, license.MessageCredentialsInvalid))
		time.Sleep(13 * time.Hour)
		s.Renew(t.Context())
		s.Again = true
		if err := s.run(t); !strings.HasPrefix(err, "credentials.invalid") || s.server.asked() != "request activate request" {
			t.Errorf("%s, asked for %s", err, s.server.asked())
		}
	})
}

// The license of an image for offline use is valid until its expiry date, but only with an override.
func TestTheLicenseOfAnOfflineImageHoldsUntilItsExpiryDate(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	withoutDate := func(d *license.Document) { d.ReactivateAfter = nil }
	tests := map[string]struct {
		holder, place string
		change        func(*license.Document)
		after         time.Duration
		asked         string
	}{
		"after months":              {"an override", builtInPath, withoutDate, 364 * day, ""},
		"after the expiry date":     {"an override", builtInPath, withoutDate, 367 * day, "activate"},
		"with reactivate_after":     {"an override", builtInPath, nil, 2 * day, "activate"},
		"in our own place":          {"an override", ownPath, withoutDate, 2 * day, "activate"},
		"without an override":       {"a CI token", builtInPath, withoutDate, 2 * day, "activate"},
		"at a restart":              {"a restart", builtInPath, withoutDate, 2 * day, "activate"},
		"at a restart, for an hour": {"a restart", builtInPath, withoutDate, time.Hour, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.startsAs(t, test.holder)
				s.put(t, test.place, s.storedFor(test.change))
				time.Sleep(test.after)
				s.grants(nil)
				if err := s.run(t); err != "" || s.server.asked() != test.asked {
					t.Errorf("%s, asked for %q, want %q", err, s.server.asked(), test.asked)
				}
			})
		})
	}
}

func TestAnOlderDocumentOfOursBecomesReadableWhenItIsUsed(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]reply{"without asking": nil, "without network": unreachable()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, server)
				s.Again = server == nil
				s.put(t, ownPath, stored(nil)) // with mode 0600
				if err := s.run(t); err != "" {
					t.Fatal(err)
				}
				if info, err := os.Stat(s.path(ownPath)); err != nil || info.Mode() != 0o644 {
					t.Errorf("mode %v, %v", info.Mode(), err)
				}
			})
		})
	}
}
