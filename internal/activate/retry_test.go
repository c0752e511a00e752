package activate

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
)

func TestAPassingFailureIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, page(503, ""), page(502, html), grant(nil))
		if err := s.run(t); err != "" || s.server.asked() != "request request request" {
			t.Errorf("%s, asked for %s", err, s.server.asked())
		}
		s.wantLogged(t, zap.WarnLevel)
	})
}

func TestAttemptsCanBeLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, page(500, ""), page(500, ""), page(502, ""), grant(nil))
		s.Config.Attempts = 3
		failed := asFault(t, s.Run(t.Context()))
		if failed.ID != fault.NetworkServerError || failed.Detail != "it answered with status 502" || failed.Attempts != 3 ||
			s.server.asked() != "request request request" {
			t.Errorf("%v, asked for %s", failed, s.server.asked())
		}
	})
}

func TestPausesDoubleUpToTwoSecondsWithFullJitter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bounds := []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}
		longest := map[time.Duration]time.Duration{}
		for range 20 {
			s := newScene(t, page(503, ""))
			s.Config.Attempts, s.Config.ActivationTimeout = 100, config.Seconds(time.Hour)
			_ = s.run(t)
			pauses := s.server.pauses()
			if len(pauses) != 99 {
				t.Fatalf("%d pauses", len(pauses))
			}
			for i, pause := range pauses {
				bound := bounds[min(i, len(bounds)-1)]
				if pause < minPause || pause >= bound {
					t.Errorf("pause %d is %s, want less than %s", i+1, pause, bound)
				}
				longest[bound] = max(longest[bound], pause)
			}
		}
		// Twenty draws that all stay in the lower tenth are no even draws.
		for bound, pause := range longest {
			if pause < minPause+bound/10 {
				t.Errorf("the longest of 20 pauses up to %s is %s", bound, pause)
			}
		}
	})
}

func TestASilentServerCostsFifteenSecondsAndThreeAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, began := newScene(t, silence), time.Now()
		got := asFault(t, s.Run(t.Context()))
		if elapsed := time.Since(began); elapsed != 15*time.Second || len(s.server.requests) != 3 {
			t.Errorf("%d attempts in %s", len(s.server.requests), elapsed)
		}
		for i, pause := range s.server.pauses() {
			if bound := 5*time.Second + firstPause<<i; pause < 5*time.Second || pause >= bound {
				t.Errorf("attempt %d came after %s, want 5s to %s", i+2, pause, bound)
			}
		}
		if want := "the request to licenses.test timed out (waited 15s, 3 attempts)"; got.Seen() != want {
			t.Errorf("%v", got)
		}
	})
}

func TestATimeoutSaysHowLongItWaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, silence)
		s.Config.Attempts = 1
		if got, want := s.run(t), "network.timeout: the request to licenses.test timed out (waited 5s)"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestWithAStandInASilentServerCostsThreeSecondsAndOneAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, began := newScene(t, silence), time.Now()
		s.put(t, ownPath, stored(nil))
		if got := s.run(t); got != "" {
			t.Error(got)
		}
		if elapsed := time.Since(began); elapsed != 3*time.Second || s.server.asked() != "activate" {
			t.Errorf("asked for %s in %s", s.server.asked(), elapsed)
		}
	})
}

func TestWithAStandInTheServerIsAskedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, began := newScene(t, page(503, ""), grant(nil)), time.Now()
		s.put(t, ownPath, stored(nil))
		if got := s.run(t); got != "" || s.server.asked() != "activate" || time.Since(began) != 0 {
			t.Errorf("%s, asked for %s in %s", got, s.server.asked(), time.Since(began))
		}
	})
}

func TestWithAnUnusableDocumentThereIsTimeAsWithoutOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, began := newScene(t, silence), time.Now()
		s.put(t, ownPath, stored(func(d *license.Document) { d.Offline.Version = "4.13.0" }))
		if got := asFault(t, s.Run(t.Context())); got.Stored == nil || got.Stored.ID != fault.StoredVersion {
			t.Errorf("%v, stored %v", got, got.Stored)
		}
		if elapsed := time.Since(began); elapsed != 15*time.Second || s.server.asked() != "activate activate activate" {
			t.Errorf("asked for %s in %s", s.server.asked(), elapsed)
		}
	})
}

func TestBudgetsAreThoseOfTheConfiguration(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                         string
		whole, cached, attempt, want time.Duration
		onDisk                       bool
	}{
		{"the whole", 2 * time.Second, time.Hour, time.Hour, 2 * time.Second, false},
		{"with a document", time.Hour, 700 * time.Millisecond, time.Hour, 700 * time.Millisecond, true},
		{"one attempt", time.Hour, time.Hour, 300 * time.Millisecond, 300 * time.Millisecond, true},
		{"none", 0, time.Hour, time.Hour, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, began := newScene(t, silence), time.Now()
				s.Config.ActivationTimeout = config.Seconds(test.whole)
				s.Config.ActivationTimeoutCached = config.Seconds(test.cached)
				s.Config.AttemptTimeout = config.Seconds(test.attempt)
				if test.onDisk {
					s.put(t, ownPath, stored(nil))
				}
				_ = s.run(t)
				if elapsed := time.Since(began); elapsed != test.want {
					t.Errorf("took %s, want %s", elapsed, test.want)
				}
			})
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, header string
		want         time.Duration // until the next attempt; 0 for none
		detail       string
	}{
		{"seconds", "7", 7 * time.Second, ", retry after 7s"},
		{"a date", "Sat, 01 Jan 2000 00:00:07 GMT", 7 * time.Second, ", retry after 7s"},
		{"a date of the past", "Fri, 31 Dec 1999 23:59:00 GMT", 0, ""},
		{"at once", "0", 0, ""},
		{"longer than there is time", "16", 0, ", retry after 16s"},
		{"a date that is too late", "Sun, 02 Jan 2000 00:00:00 GMT", 0, ", retry after 24h0m0s"},
		{"years", "99999999999999999999", 0, ", retry after 24h0m0s"},
		{"a date at the end of time", "Fri, 31 Dec 9999 23:59:59 GMT", 0, ", retry after 24h0m0s"},
		{"negative", "-7", 0, ""},
		{"nonsense", "later", 0, ""},
		{"none", "", 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, began := newScene(t, page(429, "", "Retry-After", test.header)), time.Now()
				s.Config.Attempts = 2
				got := s.run(t)
				if want := "network.rate_limited: rate limit exceeded (status 429)"; test.want == 0 && got != want+test.detail {
					t.Errorf("got %s, want %s", got, want+test.detail)
				}
				switch pauses := s.server.pauses(); {
				case test.want == 0 && (len(pauses) != 0 || time.Since(began) != 0):
					t.Errorf("waited %s for what cannot help", time.Since(began))
				case test.want > 0 && (len(pauses) != 1 || pauses[0] < test.want.Truncate(time.Second) ||
					pauses[0] >= test.want+firstPause):
					t.Errorf("paused %s, want %s and a little", pauses, test.want)
				}
			})
		})
	}
}

func TestEveryAttemptIsADebugLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, page(500, ""))
		s.Config.Attempts = 3
		_ = s.run(t)
		for i, line := range s.lines.FilterMessage("activation attempt").All() {
			fields := line.ContextMap()
			want := strconv.Itoa(i+1) + " network.server_error: it answered with status 500"
			if got := fmt.Sprint(fields["attempt"], " ", fields["result"]); got != want {
				t.Errorf("attempt %d: %s", i+1, got)
			}
		}
		if got := len(s.logged(zap.DebugLevel)); got != 3 {
			t.Errorf("%d lines", got)
		}
	})
}
