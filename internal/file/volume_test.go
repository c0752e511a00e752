package file

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs a test with a volume on a disk that hangs, until answer is called.
func bubble(t *testing.T, bound time.Duration, test func(t *testing.T, v *Volume, answer func())) {
	t.Helper()
	t.Parallel()
	base := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		v := NewVolume(base, bound)
		hangs := make(chan struct{})
		v.work.add(func() { <-hangs })
		test(t, v, func() { close(hangs) })
	})
}

func TestADiskThatHangsIsWaitedForOnlyOnce(t *testing.T) {
	bubble(t, DiskTimeout, func(t *testing.T, v *Volume, answer func()) {
		began := time.Now()
		for range 3 {
			if _, err := v.Read("license.json"); !errors.Is(err, ErrTimeout) {
				t.Errorf("read: %v", err)
			}
			if err := v.Write("license.json", []byte("document"), 0o600); !errors.Is(err, ErrTimeout) {
				t.Errorf("write: %v", err)
			}
			if err := v.Remove("machine.json"); !errors.Is(err, ErrTimeout) {
				t.Errorf("remove: %v", err)
			}
			if err := v.Sync(time.Hour); !errors.Is(err, ErrTimeout) {
				t.Errorf("sync: %v", err)
			}
		}
		if took := time.Since(began); took != DiskTimeout {
			t.Errorf("it took %s", took)
		}
		answer()
	})
}

func TestTheWaitsForADiskAddUp(t *testing.T) {
	bubble(t, DiskTimeout, func(t *testing.T, v *Volume, answer func()) {
		answer()
		slow := func() (any, error) { time.Sleep(DiskTimeout / 3); return nil, nil }
		for range 2 {
			if _, err := Ask(v, slow); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Hour) // which is no wait for the disk
		if _, err := Ask(v, slow); err != nil {
			t.Error(err)
		}
		if _, err := Ask(v, slow); !errors.Is(err, ErrTimeout) {
			t.Errorf("there was time for more: %v", err)
		}
		synctest.Wait()
		time.Sleep(DiskTimeout)
	})
}

func TestADiskThatHangsInAReadKeepsNothingOfOurs(t *testing.T) {
	bubble(t, DiskTimeout, func(t *testing.T, v *Volume, answer func()) {
		_, _ = v.Read("license.json")
		began := time.Now()
		if err := v.Sync(time.Hour); err != nil || time.Since(began) > 0 {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		answer()
	})
}

func TestADiskThatHangsIsAskedOnlyWhatSomebodyWaitsFor(t *testing.T) {
	bubble(t, DiskTimeout, func(t *testing.T, v *Volume, answer func()) {
		asked := 0
		_, _ = Ask(v, func() (any, error) { asked++; return nil, nil })
		v.Allow(time.Hour)
		time.AfterFunc(time.Minute, answer)
		if _, err := Ask(v, func() (any, error) { asked++; return nil, nil }); err != nil || asked != 1 {
			t.Errorf("%v, asked %d times", err, asked)
		}
	})
}

func TestAPanicOnTheDiskIsOneOfWhoeverAsked(t *testing.T) {
	v := NewVolume(t.TempDir(), DiskTimeout)
	defer func() {
		if recover() != "boom" {
			t.Error("it is lost")
		}
		if err := v.Remove("nothing"); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}()
	_, _ = Ask(v, func() (any, error) { panic("boom") })
}

func TestASlowDiskKeepsTheOrderOfRequests(t *testing.T) {
	bubble(t, DiskTimeout, func(t *testing.T, v *Volume, answer func()) {
		_ = v.Write("one", []byte("1"), 0o600)
		_ = v.Write("two", []byte("2"), 0o600)
		_ = v.Remove("one")
		_ = v.Write("two", []byte("3"), 0o600)
		if left := names(t, v.Base()); len(left) > 0 {
			t.Errorf("a disk that hangs has %q", left)
		}
		answer()
		if err := v.Sync(0); err != nil {
			t.Error(err)
		}
		content, err := ReadOwn(v.Base(), "two")
		if left := names(t, v.Base()); !slices.Equal(left, []string{"two"}) || string(content) != "3" {
			t.Errorf("there is %q with %q, %v", left, content, err)
		}
	})
}

func TestASyncWaitsForAnAnswerWithinItsLimit(t *testing.T) {
	for _, bound := range []time.Duration{0, time.Hour} {
		t.Run(bound.String(), func(t *testing.T) {
			bubble(t, bound, func(t *testing.T, v *Volume, answer func()) {
				v.changes.Add(1) // something that was told to the disk
				began := time.Now()
				if err := v.Sync(time.Second); !errors.Is(err, ErrTimeout) || time.Since(began) != time.Second {
					t.Errorf("%v after %s", err, time.Since(began))
				}
				time.AfterFunc(2*time.Hour, answer)
				if err := v.Sync(0); err != nil || time.Since(began) != 2*time.Hour+time.Second {
					t.Errorf("%v after %s", err, time.Since(began))
				}
			})
		})
	}
}

func TestAVolumeWithoutABoundWaitsHoweverLong(t *testing.T) {
	bubble(t, 0, func(t *testing.T, v *Volume, answer func()) {
		time.AfterFunc(time.Hour, answer)
		if err := v.Write("license.json", []byte("document"), 0o600); err != nil {
			t.Error(err)
		}
		if content, err := v.Read("license.json"); err != nil || string(content) != "document" {
			t.Errorf("read %q, %v", content, err)
		}
	})
}
