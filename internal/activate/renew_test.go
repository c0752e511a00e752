package activate

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/license"
)

// running is a scene after a start that stored a license for 24 hours.
func running(t *testing.T, replies ...reply) *scene {
	t.Helper()
	s := newScene(t, append([]reply{grant(nil)}, replies...)...)
	if err := s.run(t); err != "" {
		t.Fatal(err)
	}
	return s
}

func TestALicenseIsRenewedWhenHalfItsTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := running(t, grant(func(d *license.Document) {
			d.ReactivateAfter = &license.Time{Time: time.Now().Add(24 * time.Hour)}
		}))
		time.Sleep(12*time.Hour - time.Second)
		s.Renew(t.Context())
		if got := s.server.asked(); got != "request" {
			t.Errorf("before half its time: asked for %s", got)
		}
		time.Sleep(time.Second)
		s.Renew(t.Context())
		s.Renew(t.Context()) // it is fresh again
		if got := s.server.asked(); got != "request activate" {
			t.Errorf("asked for %s", got)
		}
		s.wantLogged(t, zap.InfoLevel, "Successfully requested and activated new license "+licenseID+":pro",
			"Successfully renewed license "+licenseID+":pro")
		time.Sleep(24*time.Hour - time.Second)
		s.server.replies = []reply{unreachable()}
		if err := s.run(t); err != "" {
			t.Errorf("a start without network: %s", err)
		}
	})
}

func TestRenewalWithoutNetworkSaysHowLongStartsWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := running(t, unreachable())
		before := s.get(t, ownPath)
		time.Sleep(13 * time.Hour)
		s.Renew(t.Context())
		if got := s.server.asked(); got != "request activate" {
			t.Errorf("asked for %s", got)
		}
		if s.get(t, ownPath) != before {
			t.Error("the document was changed without the server's word")
		}
		lines := s.logged(zap.WarnLevel)
		if len(lines) != 1 || !strings.HasPrefix(lines[0],
			"cannot renew the license; a start without network works only until 2000-01-02T00:00:00+00:00: ") ||
			!strings.Contains(lines[0], "NXDOMAIN from 10.0.0.2") {
			t.Errorf("%q", lines)
		}
	})
}

func TestAVerdictAtRenewalRemovesTheDocumentAndWarns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := running(t, refuse(403, license.MessageCredentialsInvalid))
		time.Sleep(13 * time.Hour)
		s.Renew(t.Context())
		if s.get(t, ownPath) != "" {
			t.Error("the document is still there")
		}
		if lines := s.logged(zap.WarnLevel); len(lines) != 1 ||
			!strings.HasPrefix(lines[0], "the next start will fail: The credentials defined in your environment are invalid") {
			t.Errorf("%q", lines)
		}
		s.Renew(t.Context())
		if got := s.server.asked(); got != "request activate" {
			t.Errorf("without a document it asked for %s", got)
		}
	})
}

func TestRenewalNeverAsksForANewLicense(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := running(t, refuse(400, license.MessageNotFound))
		time.Sleep(13 * time.Hour)
		s.Renew(t.Context())
		s.Renew(t.Context())
		if got := s.server.asked(); got != "request activate" || s.get(t, ownPath) != "" {
			t.Errorf("asked for %s, kept %q", got, s.get(t, ownPath))
		}
		s.wantLogged(t, zap.WarnLevel,
			"the licensing server no longer knows "+licenseID+": the next start requests a new license, and fails "+
				"unless one is assigned to this user or workspace. An administrator of your workspace assigns licenses at "+
				"https://app.localstack.cloud/workspace/members. The My License page shows what you have: "+
				"https://app.localstack.cloud/workspace/my-license.")
	})
}

func TestDocumentsThatAreNotOursDoNotMatterToTheRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := running(t, grant(nil))
		foreign := issued(func(d *license.Document) { d.ID = "license_foreign" })
		foreign.Sign("another token")
		s.put(t, mountedPath, encode(foreign))
		time.Sleep(13 * time.Hour)
		s.Renew(t.Context())
		if got := s.server.asked(); got != "request activate" ||
			strings.Contains(s.server.requests[1].body, "license_foreign") {
			t.Errorf("asked for %s: %s", got, s.server.requests[1].body)
		}
		s.put(t, ownPath, encode(foreign))
		s.Renew(t.Context())
		if got := s.server.asked(); got != "request activate" {
			t.Errorf("with a foreign document in our place it asked for %s", got)
		}
	})
}

func TestARenewalThatCannotBeStoredIsNotAnnounced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		foreign := issued(nil)
		foreign.Sign("another token")
		s := running(t, page(200, encode(foreign)))
		before := s.get(t, ownPath)
		time.Sleep(13 * time.Hour)
		s.Renew(t.Context())
		if got := s.logged(zap.InfoLevel); len(got) != 1 || s.get(t, ownPath) != before {
			t.Errorf("%q", got)
		}
	})
}

func TestAnInvalidAnswerRemovesNothingAtRenewal(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]reply{
		"activation_error": refuse(400, license.MessageActivation),
		"an unknown code":  refuse(400, license.MessagePrefix+"maintenance"),
		"a server error":   page(503, ""),
		"a block page":     page(403, "<html>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := running(t, answer)
				before := s.get(t, ownPath)
				time.Sleep(25 * time.Hour)
				s.Renew(t.Context())
				if lines := s.logged(zap.WarnLevel); s.get(t, ownPath) != before || len(lines) != 1 ||
					!strings.HasPrefix(lines[0], "cannot renew the license; "+
						"a start without network has not been possible since 2000-01-02T00:00:00+00:00: ") {
					t.Errorf("%q", lines)
				}
			})
		})
	}
}
