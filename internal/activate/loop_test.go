package activate

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/resolve"
)

const notePath = "var/lib/localstack/cache/entrypoint-refusal.json"

// keptNote reads the scene's note; zero when there is none.
func (s *scene) keptNote() RefusalNote {
	note, _ := s.LastRefusal()
	return note
}

// loops starts the scene again and again, as Docker does with so much time in
// between, and returns the times between the requests.
func (s *scene) loops(t *testing.T, starts int, docker time.Duration) []time.Duration {
	t.Helper()
	for range starts {
		if s.run(t) == "" {
			t.Error("the server has not refused")
		}
		time.Sleep(docker)
	}
	return s.server.pauses()
}

func TestARefusedContainerAsksLessAndLessOften(t *testing.T) {
	t.Parallel()
	const lived = 700 * time.Millisecond
	seconds := func(all ...float64) (durations []time.Duration) {
		for _, one := range all {
			durations = append(durations, time.Duration(one*float64(time.Second)))
		}
		return durations
	}
	tests := map[string]struct {
		docker time.Duration
		want   []time.Duration
	}{
		"restarted at once": {lived, seconds(0.7, 0.7, 1, 2, 4, 8, 16, 32, 60, 60, 60)},
		"restarted after 5": {lived + 5*time.Second, seconds(5.7, 5.7, 5.7, 5.7, 5.7, 8, 16, 32, 60, 60, 60)},
		"restarted after a minute": {lived + time.Minute,
			seconds(60.7, 60.7, 60.7, 60.7, 60.7, 60.7, 60.7, 60.7, 60.7, 60.7, 60.7)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, refuse(403, license.MessageCredentialsInvalid))
				if got := s.loops(t, 12, test.docker); !slices.Equal(got, test.want) {
					t.Errorf("asked after %s\nwant %s", got, test.want)
				}
				if note := s.keptNote(); note.Times != 12 || !note.Since.Equal(s.server.requests[0].at) ||
					note.ID != fault.CredentialsInvalid {
					t.Errorf("the note is %+v", note)
				}
			})
		})
	}
}

func TestARateLimitIsKeptAcrossStarts(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{"30": 30 * time.Second, "3600": time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t, page(429, "", "Retry-After", header))
			for _, pause := range s.loops(t, 3, 0) {
				if pause != want {
					t.Errorf("with Retry-After: %s asked after %s, want %s", header, pause, want)
				}
			}
			line := "the licensing server's rate limit is exceeded; retrying in " + want.String()
			s.wantLogged(t, zap.WarnLevel, line, line)
		})
	}
}

func TestEveryRefusalSaysHowOftenItHasCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, refuse(403, license.MessageExpired))
		began := time.Now()
		for i := range 4 {
			got := asFault(t, s.Run(t.Context()))
			if got.Refused.Times != i+1 || !got.Refused.Since.Equal(began) {
				t.Errorf("start %d: %+v", i+1, got.Refused)
			}
		}
	})
}

func TestAStartIsAskedAtOnceWhenSomethingHasChanged(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*scene){
		"another token": func(s *scene) {
			const payload = "abcd0000-AAAA-BBBB-CCCC-DDDDEEEE"
			secret := credential.NewSecret("ls-" + payload + credential.Checksum(payload))
			s.Credential, _ = credential.Read(credential.Sources{AuthToken: secret})
		},
		"another server":  func(s *scene) { _ = s.Config.Endpoint.Decode("https://other.test/v1") },
		"another version": func(s *scene) { s.Product.Version = "4.15.0" },
		"a while later":   func(*scene) { time.Sleep(loopGap) },
		"the clock is set back": func(s *scene) {
			note := s.keptNote()
			note.Last, note.Since = note.Last.Add(time.Hour), note.Since.Add(time.Hour)
			content, _ := json.Marshal([]RefusalNote{note})
			_ = os.WriteFile(s.path(notePath), content, 0o600)
		},
		"the note is broken": func(s *scene) { _ = os.WriteFile(s.path(notePath), []byte(`{"times": 9`), 0o600) },
		"the note is gone":   func(s *scene) { _ = os.Remove(s.path(notePath)) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, refuse(403, license.MessageCredentialsInvalid))
				s.loops(t, 8, 0)
				change(s)
				began := time.Now()
				got := asFault(t, s.Run(t.Context()))
				if waited := time.Since(began); waited != 0 || got.Refused.Times != 1 || s.keptNote().Times != 1 {
					t.Errorf("waited for %s, counted %d", waited, got.Refused.Times)
				}
			})
		})
	}
}

func TestContainersThatShareAVolumeAreCountedEachByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, refuse(403, license.MessageCredentialsInvalid))
		versions := []string{"4.14.0", "4.15.0"}
		for range 4 {
			for _, s.Product.Version = range versions {
				_ = s.run(t)
			}
		}
		for _, s.Product.Version = range versions {
			if note := s.keptNote(); note.Times != 4 {
				t.Errorf("%s is counted %d times", s.Product.Version, note.Times)
			}
		}
		// One gets its license; the other is still refused.
		s.server.replies = []reply{grant(nil)}
		_ = s.run(t)
		if left := s.Store.refusalNotes(); len(left) != 1 || left[0].Version != "4.14.0" {
			t.Errorf("left are %+v", left)
		}
	})
}

func TestWhatIsNoRefusalEndsTheLoop(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]reply{
		"a license":            grant(nil),
		"no network":           fail(fault.Wrap(resolve.ErrNoSuchName, fault.NetworkDNS, "NXDOMAIN")),
		"a captive portal":     page(200, html),
		"a version not judged": refuse(400, license.MessageFormat),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				no := refuse(403, license.MessageExpired)
				s := newScene(t, no, no, no, answer)
				s.loops(t, 3, 0)
				_ = s.run(t)
				if got := s.get(t, notePath); got != "" {
					t.Errorf("the note is still there: %s", got)
				}
			})
		})
	}
}

func TestAStartThatIsHeldBackSaysSoOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, refuse(403, license.MessageExpired))
		s.loops(t, 4, 0)
		s.wantLogged(t, zap.WarnLevel,
			"the licensing server has refused the license 3 times in a row since 2000-01-01T00:00:00+00:00; retrying in 1s")
	})
}

func TestAStopEndsTheWaitAndLeavesTheNote(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, refuse(403, license.MessageExpired))
		s.loops(t, 8, 0)
		before, asked := s.get(t, notePath), len(s.server.requests)
		stop := errors.New("stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(10*time.Second, func() { cancel(stop) })
		began := time.Now()
		if err := s.Run(ctx); !errors.Is(err, stop) || time.Since(began) != 10*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		if len(s.server.requests) != asked || s.get(t, notePath) != before {
			t.Errorf("asked %d times, the note is %s", len(s.server.requests)-asked, s.get(t, notePath))
		}
	})
}

func TestAStopWhileTheServerIsAskedLeavesTheNote(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, refuse(403, license.MessageExpired), silence)
		s.loops(t, 1, 0)
		before := s.get(t, notePath)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Run(ctx); !errors.Is(err, context.DeadlineExceeded) || s.get(t, notePath) != before {
			t.Errorf("%v, the note is %q", err, s.get(t, notePath))
		}
	})
}

func TestWithoutAVolumeThereIsNoMemoryAndNoComplaint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, refuse(403, license.MessageExpired))
		s.put(t, "var/lib/localstack", "no folder")
		if pauses := s.loops(t, 6, 0); slices.Max(pauses) != 0 {
			t.Errorf("asked after %s", pauses)
		}
		if got := asFault(t, s.Run(t.Context())); got.Refused.Times != 1 {
			t.Errorf("counted %d", got.Refused.Times)
		}
		for _, line := range s.logged(zap.WarnLevel) {
			if strings.Contains(line, "note") {
				t.Error(line)
			}
		}
	})
}

func TestTheNoteHoldsNothingOfTheCredentialAndIsOurs(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"https://licenses.test/v1", "https://licenses.test/" + token} {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t, refuse(403, license.MessageCredentialsInvalid))
			must(t, s.Config.Endpoint.Decode(endpoint))
			s.loops(t, 2, 0)
			if note := s.get(t, notePath); strings.Contains(note, "AAAA") || !strings.Contains(note, masked) {
				t.Errorf("the note is %s", note)
			}
			if info, err := os.Stat(s.path(notePath)); err != nil || info.Mode() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
		})
	}
}

func TestTheRenewalIgnoresRefusalNotes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, refuse(403, license.MessageExpired))
		s.put(t, ownPath, stored(nil))
		time.Sleep(13 * time.Hour)
		s.Renew(t.Context())
		if len(s.server.requests) != 1 || s.get(t, notePath) != "" {
			t.Errorf("asked %d times, the note is %s", len(s.server.requests), s.get(t, notePath))
		}
	})
}
