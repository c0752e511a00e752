package emulator

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
)

// The levels clients know how to filter.
const (
	levelInfo  = "INFO"
	levelWarn  = "WARN"
	levelError = "ERROR"
)

// Names of our loggers; clients hide lines by them.
const (
	logEmulator = "localstack.emulator"
	logHooks    = "localstack.runtime.init"
	logInternal = "localstack.internal"
	logRequests = "localstack.request.aws"
	logS3       = "localstack.services.s3"
)

// logger writes the line layout of LocalStack's own log: `<time> LEVEL ---
// [thread] logger : message`. Its thread is always the same: goroutines have no
// names.
type logger struct {
	mu  sync.Mutex
	out io.Writer
	now func() time.Time
}

func newLogger(out io.Writer) *logger { return &logger{out: out, now: time.Now} }

func (l *logger) printf(level, name, format string, args ...any) {
	message := strings.Map(onOneLine, fmt.Sprintf(format, args...))
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.out, "%s %5s --- [%12s] %-26s : %s\n",
		l.now().Format("2006-01-02T15:04:05.000"), level, "MainThread", name, message)
}

// onOneLine keeps text from a client from faking lines or colours.
func onOneLine(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}
