package outlet

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit"
)

func TestOneMessageFitsHoweverLong(t *testing.T) {
	t.Parallel()
	log := testkit.FullPipe(t)
	o := outletTo(t, log)
	message := strings.Repeat("long ", longestQueue) + "\n"
	send(t, o, message)
	comes(t, log, o, "the message", is(message))
}

// TestWhatIsDroppedIsCountedAndSaidInItsPlace has a reader who comes back for a moment.
func TestWhatIsDroppedIsCountedAndSaidInItsPlace(t *testing.T) {
	t.Parallel()
	log := testkit.FullPipe(t)
	o := outletTo(t, log)
	said := 0
	say := func(lines int) {
		for range lines {
			send(t, o, fmt.Sprintf("line %d of many %s\n", said, strings.Repeat("-", 250)))
			said++
		}
	}
	say(1000)
	log.Take(longestQueue / 2)
	say(10)
	say(1000)
	news := 0
	isWhole := func(text string) bool {
		next := 0
		news = 0
		for line := range strings.Lines(text) {
			var number int
			if _, err := fmt.Sscanf(line, "line %d of many", &number); err == nil && number == next {
				next++
			} else if _, err := fmt.Sscanf(line, "log messages dropped because the log was not read: %d", &number); err == nil {
				next += number
				news++
			} else {
				return false
			}
		}
		return next == said
	}
	comes(t, log, o, "every line or word of it in its place", isWhole)
	if news < 2 {
		t.Errorf("the news came %d times", news)
	}
}

// TestALogWithoutSpaceHasWholeLinesAfterwards is not parallel: the limit is that of the whole process.
func TestALogWithoutSpaceHasWholeLinesAfterwards(t *testing.T) {
	log := testkit.File(t)
	o := outletTo(t, log)
	sayAndWait := func(message string) {
		t.Helper()
		send(t, o, message)
		atOnce(t, "Flush", func() { o.Flush(time.Hour) })
	}
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limit := func(size uint64) {
		t.Helper()
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: before.Max}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { limit(before.Cur) })
	sayAndWait("one\n")
	limit(uint64(len("one\ntwo is to")))
	sayAndWait("two is too long\n")
	sayAndWait("three\n")
	sayAndWait("four\n")
	limit(before.Cur)
	sayAndWait("five\n")
	sayAndWait("six\n")
	const want = "one\ntwo is to\n" +
		"log messages dropped because the log could not be written (file too large): 3\nfive\nsix\n"
	comes(t, log, o, "whole lines", is(want))
}

// TestANewReaderHearsWhatWasDropped has a FIFO, whose readers come and go.
func TestANewReaderHearsWhatWasDropped(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(flags int) *os.File {
		t.Helper()
		file, err := os.OpenFile(path, flags, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		return file
	}
	first := open(os.O_RDONLY | unix.O_NONBLOCK)
	o := New(t.Context(), int(open(os.O_WRONLY).Fd()), plain)
	first.Close()
	for range 3 {
		send(t, o, "nobody reads this\n")
		atOnce(t, "Flush", func() { o.Flush(time.Hour) })
	}
	second := open(os.O_RDONLY | unix.O_NONBLOCK)
	send(t, o, "one\n")
	atOnce(t, "Flush", func() { o.Flush(time.Hour) })
	const want = "log messages dropped because the log could not be written (broken pipe): 3\none\n"
	got := make([]byte, 2*len(want))
	n, err := second.Read(got)
	if string(got[:n]) != want {
		t.Errorf("the second reader gets %q, %v", got[:n], err)
	}
}

func TestTwoOutletsToOneFileKeepTheOrder(t *testing.T) {
	t.Parallel()
	logs := map[string]func(testing.TB) *testkit.Log{"file": testkit.File}
	maps.Copy(logs, testkit.StuckLogs)
	for name, open := range logs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := open(t)
			again, err := unix.FcntlInt(log.Writer.Fd(), unix.F_DUPFD_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(again)
			o := outletTo(t, log)
			beside := o.Beside(again)
			var all strings.Builder
			for i := range 100 {
				line := fmt.Sprintf("%d\n", i)
				send(t, o, line)
				send(t, beside, line)
				all.WriteString(line + line)
			}
			comes(t, log, o, "all lines", is(all.String()))
		})
	}
}
