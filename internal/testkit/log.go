package testkit

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// logPatience bounds every wait for a log. It is far more than any takes.
const logPatience = 20 * time.Second

// Log is what a program writes its log to, with a reader that does not read yet.
type Log struct {
	// Writer is the program's end. It stays open, so that its flags can be read.
	Writer *os.File

	t       testing.TB
	reader  *os.File
	isFile  bool          // it ends wherever it is read, and may go on afterwards
	resume  string        // to type before anything can be read
	filling int64         // in bytes, the first content, which is discarded
	text    Buffer        // what was read after that
	ended   chan struct{} // closed at the end of the log; nil before Read
}

// StuckLogs are the logs to which a write blocks.
var StuckLogs = map[string]func(testing.TB) *Log{
	"full pipe": FullPipe, "full socket": fullSocket, "stopped terminal": stoppedTerminal,
}

// EmptyPipe is a pipe with space for one page.
func EmptyPipe(t testing.TB) *Log {
	t.Helper()
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(uintptr(ends[1]), unix.F_SETPIPE_SZ, os.Getpagesize()); err != nil {
		t.Fatal(err)
	}
	return newLog(t, ends[0], ends[1])
}

// File is a log in a file.
func File(t testing.TB) *Log {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	writer, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	l := &Log{t: t, Writer: writer, reader: reader, isFile: true}
	t.Cleanup(l.close)
	return l
}

// FullPipe is a full pipe.
func FullPipe(t testing.TB) *Log {
	t.Helper()
	l := EmptyPipe(t)
	// Opened again, because O_NONBLOCK on the program's end would change its behavior.
	again, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", l.Writer.Fd()), os.O_WRONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	n, err := unix.Write(int(again.Fd()), make([]byte, os.Getpagesize()))
	if err != nil {
		t.Fatal(err)
	}
	l.filling = int64(n)
	return l
}

// ClosedPipe is a pipe whose reader is closed.
func ClosedPipe(t testing.TB) *Log {
	t.Helper()
	l := EmptyPipe(t)
	l.reader.Close()
	return l
}

// fullSocket is a full socket.
func fullSocket(t testing.TB) *Log {
	t.Helper()
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	l := newLog(t, ends[0], ends[1])
	_ = unix.SetsockoptInt(ends[1], unix.SOL_SOCKET, unix.SO_SNDBUF, 4096)
	for _, size := range []int{1024, 1} { // the buffer counts messages, too
		for err = nil; err == nil; {
			if err = unix.Sendto(ends[1], make([]byte, size), unix.MSG_DONTWAIT, nil); err == nil {
				l.filling += int64(size)
			}
		}
	}
	return l
}

// Terminal is a terminal.
func Terminal(t testing.TB) *Log {
	t.Helper()
	keyboard, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	writer := int(terminal.Fd())
	mode, err := unix.IoctlGetTermios(writer, unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	mode.Lflag &^= unix.ECHO // output byte for byte, without an echo of the input
	mode.Oflag &^= unix.OPOST
	mode.Iflag |= unix.IXON
	if err := unix.IoctlSetTermios(writer, unix.TCSETS, mode); err != nil {
		t.Fatal(err)
	}
	l := &Log{t: t, Writer: terminal, reader: keyboard}
	t.Cleanup(l.close)
	return l
}

// stoppedTerminal is a terminal that is stopped with Ctrl-S.
func stoppedTerminal(t testing.TB) *Log {
	t.Helper()
	const stop, resume = "\x13", "\x11" // Ctrl-S, Ctrl-Q
	l := Terminal(t)
	l.resume = resume
	l.Type(stop)
	for until := time.Now().Add(logPatience); !l.IsStuck(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("Ctrl-S does not stop the terminal")
		}
	}
	return l
}

// Type types on the keyboard of a terminal.
func (l *Log) Type(keys string) {
	l.t.Helper()
	if _, err := l.reader.WriteString(keys); err != nil {
		l.t.Fatal(err)
	}
}

func newLog(t testing.TB, reader, writer int) *Log {
	_ = unix.SetNonblock(reader, true) // so that Close ends a read; the writer has its own flags
	l := &Log{t: t, Writer: os.NewFile(uintptr(writer), "writer"), reader: os.NewFile(uintptr(reader), "reader")}
	t.Cleanup(l.close)
	return l
}

func (l *Log) close() {
	l.Writer.Close()
	l.reader.Close()
}

// IsStuck reports whether a write would wait.
func (l *Log) IsStuck() bool {
	poll := []unix.PollFd{{Fd: int32(l.Writer.Fd()), Events: unix.POLLOUT}}
	n, _ := unix.Poll(poll, 0)
	return n == 0
}

// Flags returns the flags that all programs with this log share, such as O_NONBLOCK.
func (l *Log) Flags() int {
	l.t.Helper()
	flags, err := unix.FcntlInt(l.Writer.Fd(), unix.F_GETFL, 0)
	if err != nil {
		l.t.Fatal(err)
	}
	return flags
}

// SetNonblock sets O_NONBLOCK, as any of these programs may.
func (l *Log) SetNonblock() {
	l.t.Helper()
	if err := unix.SetNonblock(int(l.Writer.Fd()), true); err != nil {
		l.t.Fatal(err)
	}
}

// IsTerminal reports whether the log is a terminal.
func (l *Log) IsTerminal() bool {
	_, err := unix.IoctlGetTermios(int(l.Writer.Fd()), unix.TCGETS)
	return err == nil
}

// Hang closes the reader.
func (l *Log) Hang() { l.reader.Close() }

// Take reads this many bytes.
func (l *Log) Take(size int64) {
	l.t.Helper()
	l.begin()
	_ = l.reader.SetReadDeadline(time.Now().Add(logPatience))
	if _, err := io.CopyN(&l.text, l.reader, size); err != nil {
		l.t.Fatal(err)
	}
}

// Read reads everything from now on, in the background.
func (l *Log) Read() {
	l.t.Helper()
	if l.ended != nil {
		return
	}
	l.begin()
	_ = l.reader.SetReadDeadline(time.Time{})
	l.ended = make(chan struct{})
	if l.isFile {
		close(l.ended)
		return
	}
	go func() {
		defer close(l.ended)
		_, _ = io.Copy(&l.text, l.reader) // a terminal ends with an error
	}()
}

// begin discards the first content and resumes a stopped terminal.
func (l *Log) begin() {
	l.t.Helper()
	_ = l.reader.SetReadDeadline(time.Now().Add(logPatience))
	_, err := io.CopyN(io.Discard, l.reader, l.filling)
	l.filling = 0
	if err == nil && l.resume != "" {
		_, err = l.reader.WriteString(l.resume)
		l.resume = ""
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// Text returns what has been read so far; once everything is read, all that is in a file.
func (l *Log) Text() string {
	if l.isFile && l.ended != nil {
		_, _ = io.Copy(&l.text, l.reader)
	}
	return l.text.String()
}

// All closes the Writer and returns the whole log, when the last program has closed it, too.
func (l *Log) All() string {
	l.t.Helper()
	l.Read()
	l.Writer.Close()
	select {
	case <-l.ended:
	case <-time.After(logPatience):
		l.t.Fatalf("the log does not end: %q", l.Text())
	}
	return l.Text()
}
