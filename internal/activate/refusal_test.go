package activate

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/fault"
)

var sameQuestion = Question{masked, "https://licenses.test/v1", "4.14.0"}

func TestAStartOfALoopIsHeldBackLongerEachTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name  string
		times int
		ago   time.Duration // since the last refusal
		until time.Duration // from now on; 0 for not told
		want  time.Duration
	}{
		{"after one refusal", 1, 0, 0, 0},
		{"after two", 2, 0, 0, 0},
		{"after three", 3, 0, 0, time.Second},
		{"after four", 4, 0, 0, 2 * time.Second},
		{"after five", 5, 0, 0, 4 * time.Second},
		{"after eight", 8, 0, 0, 32 * time.Second},
		{"after nine", 9, 0, 0, time.Minute},
		{"after many", manyTimes, 0, 0, time.Minute},
		{"Docker has waited a part of it", 6, 3 * time.Second, 0, 5 * time.Second},
		{"Docker has waited all of it", 6, 8 * time.Second, 0, 0},
		{"Docker has waited for longer", 6, time.Minute, 0, 0},
		{"the server wants a time", 1, time.Second, 20 * time.Second, 20 * time.Second},
		{"the server wants less than we", 9, time.Second, 20 * time.Second, 59 * time.Second},
		{"the server wants an hour", 1, 0, time.Hour, time.Minute},
		{"the server's time has come", 1, 0, -time.Second, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			note := RefusalNote{Question: sameQuestion, Times: test.times, Last: now.Add(-test.ago)}
			if test.until != 0 {
				note.Until = now.Add(test.until)
			}
			if got := note.wait(now); got != test.want {
				t.Errorf("held back for %s, want %s", got, test.want)
			}
		})
	}
}

func TestOnlyAStartSoonAfterARefusalIsALoop(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for ago, want := range map[time.Duration]bool{
		0:                true,
		62 * time.Second: true, // after Docker's longest pause
		75 * time.Second: false,
		-time.Second:     false, // by another clock
	} {
		if got := (RefusalNote{Times: 5, Last: now.Add(-ago)}).isLoop(now); got != want {
			t.Errorf("%s ago: %t, want %t", ago, got, want)
		}
	}
	if (RefusalNote{}).isLoop(time.Time{}) {
		t.Error("there is a loop without a note")
	}
}

func TestAnInvalidNoteIsIgnored(t *testing.T) {
	t.Parallel()
	const good = `{"credential": "****", "id": "license.expired", "times": 2, ` +
		`"since": "2026-11-21T12:00:00Z", "last": "2026-11-21T12:00:01Z"}`
	if notes := parseRefusals([]byte("[" + good + "]")); len(notes) != 1 || notes[0].Times != 2 {
		t.Fatalf("%+v of %s", notes, good)
	}
	for old, broken := range map[string]string{
		`2,`: `0,`, `: 2,`: `: -1,`, `2, `: `1073741825, `, `.expired`: `.invented`, `"}`: `"`,
		`12:00:01`: `11:00:00`, `2026-11-21T12:00:00Z`: `0001-01-01T00:00:00Z`, `"2026-11-21T12:00:01Z"`: `"soon"`,
	} {
		if notes := parseRefusals([]byte("[" + strings.Replace(good, old, broken, 1) + "]")); len(notes) > 0 {
			t.Errorf("with %s it is %+v", broken, notes)
		}
	}
}

func FuzzNoNoteHoldsAStartBackForLong(f *testing.F) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	good, err := json.Marshal([]RefusalNote{{Question: sameQuestion, ID: fault.LicenseExpired, Times: 9, Since: now,
		Last: now, Until: now.Add(time.Hour)}})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(good), "", "null", "{}", `{"times": -1}`, `{"times": 1e99}`,
		`{"last": "9999-12-31T23:59:59Z"}`, `[1]`,
		strings.Replace(string(good), "9,", "1073741824,", 1), strings.Replace(string(good), "license.expired", "x", 1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		notes := parseRefusals([]byte(content))
		if len(notes) == 0 {
			return
		}
		note := notes[0]
		for _, at := range []time.Time{now, note.Last, note.Last.Add(time.Second), note.Until} {
			if hold := note.wait(at); hold < 0 || hold > maxWait {
				t.Errorf("held back for %s by %s", hold, content)
			}
		}
		next := note.next(sameQuestion, fault.New(fault.LicenseExpired, ""), note.Last.Add(time.Second))
		encoded, err := json.Marshal([]RefusalNote{next})
		if err != nil {
			return // a year that JSON does not know
		}
		if again := parseRefusals(encoded); len(again) != 1 || again[0].Times < note.Times {
			t.Errorf("after %s comes %s, which is not read", content, encoded)
		}
	})
}
