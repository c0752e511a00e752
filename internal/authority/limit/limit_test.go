package limit

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func TestAKeyHasItsRequestsAtOnceAndThenOneAfterAnother(t *testing.T) {
	limits := New(Rate{Requests: 3, Period: 30 * time.Second})
	steps := []struct {
		after time.Duration
		key   string
		want  time.Duration
	}{
		{0, "a", 0}, {0, "a", 0}, {0, "a", 0},
		{0, "a", 10 * time.Second},
		{0, "b", 0},
		{4 * time.Second, "a", 6 * time.Second},
		{10 * time.Second, "a", 0},
		{10 * time.Second, "a", 10 * time.Second},
		{time.Hour, "a", 0}, {time.Hour, "a", 0}, {time.Hour, "a", 0},
		{time.Hour, "a", 10 * time.Second},
	}
	for i, step := range steps {
		if got := limits.Wait(step.key, start.Add(step.after)); got.Round(time.Millisecond) != step.want {
			t.Errorf("step %d: %s after %s must wait for %s, want %s", i, step.key, step.after, got, step.want)
		}
	}
}

func TestTheZeroRateIsNoLimit(t *testing.T) {
	limits := New(Rate{})
	for range 10_000 {
		if wait := limits.Wait("a", start); wait != 0 {
			t.Fatalf("a request must wait for %s", wait)
		}
	}
	if len(limits.byKey) != 0 {
		t.Error("keys are kept without a limit")
	}
}

func TestARefusedRequestIsNotCounted(t *testing.T) {
	limits := New(Rate{Requests: 1, Period: time.Minute})
	limits.Wait("a", start)
	for range 1000 {
		if wait := limits.Wait("a", start.Add(30*time.Second)); wait != 30*time.Second {
			t.Fatalf("the key must wait for %s, want 30s", wait)
		}
	}
	if wait := limits.Wait("a", start.Add(time.Minute)); wait != 0 {
		t.Errorf("after a minute the key must still wait for %s", wait)
	}
}

func TestAClockThatIsSetBackNeitherBlocksNorFrees(t *testing.T) {
	limits := New(Rate{Requests: 2, Period: 20 * time.Second})
	limits.Wait("a", start)
	limits.Wait("a", start)
	back := start.Add(-24 * time.Hour)
	if wait := limits.Wait("a", back); wait != 10*time.Second {
		t.Errorf("a day earlier the key must wait for %s, want 10s", wait)
	}
	if wait := limits.Wait("a", back.Add(10*time.Second)); wait != 0 {
		t.Errorf("10 s later by that clock the key must still wait for %s", wait)
	}
	if wait := limits.Wait("a", back.Add(10*time.Second)); wait == 0 {
		t.Error("the key has more requests than before the clock was set back")
	}
}

func TestAFloodOfKeysFreesNoKeyThatMustWait(t *testing.T) {
	limits := New(Rate{Requests: 5, Period: time.Hour})
	limits.max = 1000
	for range 6 {
		limits.Wait("blocked", start)
	}
	for i := range 50_000 {
		limits.Wait(fmt.Sprint("new ", i), start)
	}
	if kept := len(limits.byKey); kept > limits.max {
		t.Errorf("%d keys are kept, want at most %d", kept, limits.max)
	}
	if limits.Wait("blocked", start) == 0 {
		t.Error("the flood has freed the key")
	}
}

// Somebody with many addresses must not get more attempts at one account by asking for others in between.
func TestAFloodOfKeysDoesNotForgetWhatAKeyHasUsed(t *testing.T) {
	limits := New(Rate{Requests: 5, Period: time.Hour})
	limits.max = 1000
	passed := 0
	for i := range 50_000 {
		if i%1000 == 0 && limits.Wait("account", start) == 0 {
			passed++
		}
		limits.Wait(fmt.Sprint("new ", i), start)
	}
	if passed != 5 {
		t.Errorf("%d of 50 requests have passed, want 5", passed)
	}
}

func TestWhereAllKeysMustWaitTheNewOnesShareALimit(t *testing.T) {
	limits := New(Rate{Requests: 1, Period: time.Minute})
	limits.max = 100
	passed := 0
	for i := range 5000 {
		if limits.Wait(fmt.Sprint(i), start) == 0 {
			passed++
		}
	}
	if passed != limits.max+1 {
		t.Errorf("%d new keys have passed, want %d", passed, limits.max+1)
	}
	if wait := limits.Wait("later", start.Add(time.Minute)); wait != 0 {
		t.Errorf("when the others need not wait any more, a new key must wait for %s", wait)
	}
}

func TestConcurrentRequestsAreCountedEach(t *testing.T) {
	limits := New(Rate{Requests: 100, Period: time.Hour})
	var passed atomic.Int32
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for range 50 {
				if limits.Wait("a", start) == 0 {
					passed.Add(1)
				}
			}
		})
	}
	group.Wait()
	if passed.Load() != 100 {
		t.Errorf("%d requests have passed, want 100", passed.Load())
	}
}

func TestTheKeyOfAnAddress(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7":               "192.0.2.7",
		"::ffff:192.0.2.7":        "192.0.2.7",
		"2001:db8:1:2:3:4:5:6":    "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1":    "2001:db8:1:2::/64",
		"fe80::1%eth0":            "fe80::/64",
		"::1":                     "::/64",
		"2001:db8:1:3:ffff::1":    "2001:db8:1:3::/64",
		"::ffff:255.255.255.255":  "255.255.255.255",
		"64:ff9b::192.0.2.7":      "64:ff9b::/64",
		"2001:db8:1:2:3:4:5:6%en": "2001:db8:1:2::/64",
	} {
		if got := Address(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s has the key %q, want %q", address, got, want)
		}
	}
	if got := Address(netip.Addr{}); got == "" {
		t.Error("an unknown address has no key of its own")
	}
}

func TestARateAsText(t *testing.T) {
	for text, want := range map[string]Rate{
		"0":       {},
		"10/s":    {10, time.Second},
		"600/1m":  {600, time.Minute},
		"5/1h30m": {5, 90 * time.Minute},
		"1/500ms": {1, 500 * time.Millisecond},
	} {
		var got, again Rate
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", text, got, err, want)
		}
		written, err := got.MarshalText()
		if err != nil || again.UnmarshalText(written) != nil || again != got {
			t.Errorf("%q is written as %q", text, written)
		}
	}
	for _, text := range []string{"", "10", "10/", "/s", "0/s", "-1/s", "10/0s", "10/-1s", "10/day", "many", "1e3/s"} {
		var got Rate
		if got.UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is accepted as %v", text, got)
		}
	}
}

func BenchmarkAFloodOfNewKeys(b *testing.B) {
	limits := New(Rate{Requests: 5, Period: time.Hour})
	for i := 0; b.Loop(); i++ {
		limits.Wait(fmt.Sprint(i), start)
	}
}

// FuzzRate reads any text: a rate is written as what reads the same, and makes a limit.
func FuzzRate(f *testing.F) {
	for _, text := range []string{
		"0", "600/1m", "10/s", "1/1ns", "9223372036854775807/2562047h", "/", "-1/s", "1/-1s", "1/1h1m1s",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var read, again Rate
		if read.UnmarshalText([]byte(text)) != nil {
			return
		}
		written, err := read.MarshalText()
		if err != nil || again.UnmarshalText(written) != nil || again != read {
			t.Errorf("%q is %v, written as %q, which is %v: %v", text, read, written, again, err)
		}
		if wait := New(read).Wait("a", start); wait != 0 {
			t.Errorf("with %q the first request waits for %s", text, wait)
		}
	})
}
