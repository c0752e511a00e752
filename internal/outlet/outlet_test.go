package outlet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit"
)

// patience bounds every wait of a test.
const patience = 20 * time.Second

// plain is for New.
func plain(text string) []byte { return []byte(text + "\n") }

// outletTo returns an outlet to a log, and arranges for a check that it leaves the log's flags alone.
func outletTo(t *testing.T, log *testkit.Log) *Outlet {
	t.Helper()
	before := log.Flags()
	o := New(t.Context(), int(log.Writer.Fd()), plain)
	t.Cleanup(func() {
		if after := log.Flags(); after != before {
			t.Errorf("the flags of the log were %#x and are %#x", before, after)
		}
	})
	return o
}

// atOnce fails the test if something waits.
func atOnce(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal(what + " waits")
	}
}

// send writes a message as its only copy.
func send(t *testing.T, o *Outlet, message string) {
	t.Helper()
	atOnce(t, "a write", func() {
		text := []byte(message)
		if n, err := o.Write(text); n != len(text) || err != nil {
			t.Errorf("%d of %d bytes are written, %v", n, len(text), err)
		}
		clear(text) // it was the caller's
	})
}

// comes has the log read, until that is what came out of it.
func comes(t *testing.T, log *testkit.Log, o *Outlet, what string, holds func(text string) bool) {
	t.Helper()
	log.Read()
	atOnce(t, "Flush", func() { o.Flush(time.Hour) })
	for until := time.Now().Add(patience); !holds(log.Text()); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("never: %s; the log has %d bytes: %.200q …", what, len(log.Text()), log.Text())
		}
	}
}

// is is for comes.
func is(want string) func(string) bool { return func(text string) bool { return text == want } }

func TestWhatFitsIsWrittenWithTheCall(t *testing.T) {
	t.Parallel()
	log := testkit.EmptyPipe(t)
	o := outletTo(t, log)
	send(t, o, "one\n")
	send(t, o, "two\n")
	log.Take(8)
	if got := log.Text(); got != "one\ntwo\n" {
		t.Errorf("got %q", got)
	}
}

func TestNothingIsLostWhenTheReaderComesBack(t *testing.T) {
	t.Parallel()
	stuck := map[string]func(testing.TB) *testkit.Log{"pipe with room for less than a message": testkit.EmptyPipe}
	for name, open := range testkit.StuckLogs {
		stuck[name] = open
		stuck[name+", O_NONBLOCK set by somebody else"] = func(t testing.TB) *testkit.Log {
			log := open(t)
			log.SetNonblock()
			return log
		}
	}
	for name, open := range stuck {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := open(t)
			o := outletTo(t, log)
			var all strings.Builder
			for i := range 80 {
				message := fmt.Sprintf("%d %s\n", i, strings.Repeat("x", 20))
				if i%10 == 0 { // larger than what a pipe takes as a whole
					message = fmt.Sprintf("%d %s\n", i, strings.Repeat("large ", 1200))
				}
				send(t, o, message)
				all.WriteString(message)
			}
			o.Flush(time.Millisecond) // in vain
			comes(t, log, o, "all messages", is(all.String()))
			send(t, o, "later\n")
			comes(t, log, o, "one more", is(all.String()+"later\n"))
		})
	}
}

func TestAFileIsWrittenAtItsEndAmongOthers(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	o := New(t.Context(), int(file.Fd()), plain)
	for range 3 {
		send(t, o, "ours\n")
		send(t, o, "ours, too\n")
		o.Flush(patience)
		if _, err := file.WriteString("theirs\n"); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := os.ReadFile(file.Name())
	if want := strings.Repeat("ours\nours, too\ntheirs\n", 3); string(got) != want {
		t.Errorf("the file has %q", got)
	}
}

func TestALogThatNobodyReadsAnyMoreTakesNoTime(t *testing.T) {
	t.Parallel()
	t.Run("from the beginning", func(t *testing.T) {
		t.Parallel()
		o := outletTo(t, testkit.ClosedPipe(t))
		for range 100 {
			send(t, o, "nobody reads this\n")
		}
		atOnce(t, "Flush", func() { o.Flush(time.Hour) })
	})
	for name, open := range testkit.StuckLogs {
		t.Run(name+" when its reader ends", func(t *testing.T) {
			t.Parallel()
			log := open(t)
			o := outletTo(t, log)
			for range 2000 { // more than can wait
				send(t, o, "nobody will read this, however long we wait for it\n")
			}
			log.Hang()
			atOnce(t, "Flush", func() { o.Flush(time.Hour) })
			send(t, o, "nobody reads this\n")
			atOnce(t, "Flush", func() { o.Flush(time.Hour) })
		})
	}
	t.Run("closed by ourselves", func(t *testing.T) {
		t.Parallel()
		o := New(t.Context(), -1, plain)
		send(t, o, "nowhere\n")
		atOnce(t, "Flush", func() { o.Flush(time.Hour) })
	})
}

func TestAFlushWaitsForTheReaderAndNoLongerThanItsLimit(t *testing.T) {
	t.Parallel()
	const limit = 50 * time.Millisecond
	for name, open := range testkit.StuckLogs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := open(t)
			o := outletTo(t, log)
			atOnce(t, "Flush of nothing", func() { o.Flush(time.Hour) })
			send(t, o, "line\n")
			began := time.Now()
			atOnce(t, "Flush", func() { o.Flush(limit) })
			if took := time.Since(began); took < limit {
				t.Errorf("it took %s", took)
			}
			comes(t, log, o, "the line", is("line\n"))
		})
	}
}

func TestManyWritersKeepTheirLinesWholeAndInOrder(t *testing.T) {
	t.Parallel()
	for name, open := range testkit.StuckLogs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := open(t)
			o := outletTo(t, log)
			var writers sync.WaitGroup
			const lines = 100
			for writer := range 8 {
				writers.Go(func() {
					for line := range lines {
						fmt.Fprintf(o, "writer %d, line %d %s\n", writer, line, strings.Repeat("-", 40))
						if line == lines/2 {
							o.Flush(time.Millisecond)
						}
					}
				})
			}
			log.Read()
			writers.Wait()
			comes(t, log, o, "all lines", func(text string) bool { return strings.Count(text, "\n") == 8*lines })
			next := map[int]int{}
			for text := range strings.Lines(log.Text()) {
				var writer, line int
				_, err := fmt.Sscanf(text, "writer %d, line %d", &writer, &line)
				if err != nil || line != next[writer] || !strings.HasSuffix(text, strings.Repeat("-", 40)+"\n") {
					t.Fatalf("%q instead of line %d", text, next[writer])
				}
				next[writer]++
			}
		})
	}
}
