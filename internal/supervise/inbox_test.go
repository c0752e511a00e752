package supervise

import (
	"testing"
	"time"
)

// TestAMomentThatHasJustPassedIsNotWaitedFor looks at the clock once more than the loop, which finds
// that the moment is still to come, and then waits.
func TestAMomentThatHasJustPassedIsNotWaitedFor(t *testing.T) {
	for _, hold := range []bool{true, false} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			var empty reader
			empty.head = empty.waiting()
			empty.await(time.Now().Add(-time.Nanosecond), hold)
			if got := until(time.Now().Add(-time.Second)); got != 0 {
				t.Errorf("a second ago is in %s", got)
			}
		}()
		select {
		case <-done:
		case <-time.After(limit):
			t.Fatal("it waits")
		}
	}
}
