package activate

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/license"
)

// running is a scene after a start that stored a licence for 24 hours.
func running(t *testing.T, replies ...reply) *scene {
	t.Helper()
	s := newScene(t, append([]reply{grant(nil)}, replies...)...)
	if err := s.run(t); err != "" {
		t.Fatal(err)
	}
	return s
}

func TestALicenceIsRenewedWhenHalfItsTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := running(t, grant(func(d *license.Document) { d.ReactivateAfter = &license.Time{Time: time.Now().Add(24 * time.Hour)} }))
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
		if len(lines) != 1 || !strings.HasPrefix(lines[0], "a start without network works until 2000-01-02T00:00:00+00:00 only: ") ||
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
		if lines := s.logged(zap.WarnLevel); len(lines) != 1 || !strings.HasPrefix(lines[0], "the next start will fail: The credentials defined in your environment are invalid") {
			t.Errorf("%q", lines)
		}
		s.Renew(t.Context())
		if got := s.server.asked(); got != "request activate" {
			t.Errorf("without a document it asked for %s", got)
		}
	})
}
