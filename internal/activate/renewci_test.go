package activate

import (
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"localstack-entrypoint/internal/license"
)

// A request with a CI token may cost a credit, whatever the answer.
func TestARenewalWithACITokenSendsOneRequestInHalfTheTime(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		holder string
		answer reply // nil for a license
		// asked is how often in 48 hours with a call every 10 minutes.
		asked int
	}{
		"a CI token, a license":           {"a CI token", nil, 3},
		"a CI token, no network":          {"a CI token", unreachable(), 3},
		"a CI token, a broken server":     {"a CI token", page(503, ""), 3},
		"a CI token, slow down":           {"a CI token", page(429, ""), 3},
		"a developer's token, a license":  {"a new start", nil, 3},
		"an override for CI, no network":  {"an override for CI", unreachable(), 3},
		"a developer's token, a verdict":  {"a new start", refuse(403, license.MessageExpired), 1},
		"a CI token, a verdict":           {"a CI token", refuse(403, license.MessageExpired), 1},
		"a developer's token, no network": {"a new start", unreachable(), 6 * 36},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.startsAs(t, test.holder)
				day := func(d *license.Document) { d.ReactivateAfter = &license.Time{Time: time.Now().Add(24 * time.Hour)} }
				s.grants(day)
				if err := s.run(t); err != "" {
					t.Fatal(err)
				}
				if test.answer != nil {
					s.server.replies = []reply{test.answer}
				}
				for range 48 * 6 {
					time.Sleep(10 * time.Minute)
					s.Renew(t.Context())
				}
				if got := len(s.server.requests) - 1; got != test.asked && got != test.asked+1 {
					t.Errorf("asked %d times, want %d", got, test.asked)
				}
				for _, pause := range s.server.pauses() {
					if test.asked == 3 && pause < 12*time.Hour {
						t.Errorf("asked again after %s", pause)
					}
				}
			})
		})
	}
}

func TestARenewalWithACITokenThatCannotBeNotedSendsNoRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, grant(nil))
		s.startsAs(t, "a CI token")
		remount := mountVolume(t, s.root)
		s.put(t, ownPath, s.storedFor(nil))
		remount(syscall.MS_RDONLY)
		time.Sleep(13 * time.Hour)
		s.Renew(t.Context())
		if got := len(s.server.requests); got != 0 {
			t.Errorf("asked %d times", got)
		}
	})
}

// The license of an image for offline use is not renewed, nor is one that is stored beside it.
func TestTheLicenseOfAnOfflineImageIsNotRenewed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		holder string
		change func(*license.Document)
		asked  string
	}{
		"an override":        {"an override", nil, ""},
		"an override for CI": {"an override for CI", nil, ""},
		"an override, of another version": {"an override", func(d *license.Document) {
			d.Offline.Version = "4.13.0"
		}, "activate"},
		"a developer's token, no override": {"a new start", nil, "activate"},
		"a CI token, no override":          {"a CI token", nil, "activate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				s.startsAs(t, test.holder)
				s.put(t, ownPath, s.storedFor(nil))
				s.put(t, builtInPath, s.storedFor(func(d *license.Document) {
					d.ReactivateAfter = nil
					if test.change != nil {
						test.change(d)
					}
				}))
				time.Sleep(13 * time.Hour)
				s.grants(nil)
				s.Renew(t.Context())
				if got := s.server.asked(); got != test.asked {
					t.Errorf("asked for %q, want %q", got, test.asked)
				}
			})
		})
	}
}
