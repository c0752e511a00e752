package testkit

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Serving is a program that serves HTTP until SIGTERM, and whose log decides about nothing: not whether it lives, nor
// how fast it answers, nor how much memory it takes.
type Serving struct {
	Command func(t testing.TB, address string) *exec.Cmd // that listens on host:port
	Path    string                                       // of a request, for which there is a line with this path
	Loses   string                                       // begins a line of the log about lines that are missing
}

const (
	// manyRequests have more lines than a program keeps for a reader.
	manyRequests = 1200
	// servingTime bounds the time for all of them, and a stop, which takes a wait of 0.2 s for each log.
	servingTime = 10 * time.Second
	stopTime    = 2 * time.Second
)

// badLogs are the logs that take nothing, or no more.
func badLogs() map[string]func(testing.TB) *Log {
	bad := map[string]func(testing.TB) *Log{"closed pipe": ClosedPipe, "/dev/full": fullDevice}
	for name, open := range StuckLogs {
		bad[name] = open
	}
	return bad
}

// fullDevice is a disk without space.
func fullDevice(t testing.TB) *Log {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	l := &Log{t: t, Writer: full, reader: full}
	t.Cleanup(l.close)
	return l
}

// streams are which of a program's two outputs go to the log.
var streams = map[string]func(cmd *exec.Cmd, log *os.File){
	"stdout": func(cmd *exec.Cmd, log *os.File) { cmd.Stdout = log },
	"stderr": func(cmd *exec.Cmd, log *os.File) { cmd.Stderr = log },
	"both":   func(cmd *exec.Cmd, log *os.File) { cmd.Stdout, cmd.Stderr = log, log },
}

// CheckLogs runs the program with every kind of log that takes no lines.
func (s Serving) CheckLogs(t *testing.T) {
	for name, open := range badLogs() {
		for stream, connect := range streams {
			t.Run(name+" as "+stream, func(t *testing.T) {
				t.Parallel()
				log := open(t)
				flags := log.Flags()
				p := s.start(t, func(cmd *exec.Cmd) { connect(cmd, log.Writer) })
				p.request(10)
				p.stop()
				if after := log.Flags(); after != flags {
					t.Errorf("the flags of the log were %#x and are %#x", flags, after)
				}
			})
			t.Run(name+" as "+stream+", and it cannot start", func(t *testing.T) {
				t.Parallel()
				s.cannotStart(t, func(cmd *exec.Cmd) { connect(cmd, open(t).Writer) })
			})
		}
	}
	for _, closed := range []string{">&-", "2>&-", ">&- 2>&-"} {
		t.Run("closed by "+closed, func(t *testing.T) {
			t.Parallel()
			p := s.start(t, func(cmd *exec.Cmd) {
				cmd.Args = append([]string{"sh", "-c", `exec "$0" "$@" ` + closed}, cmd.Args...)
				cmd.Path = "/bin/sh"
			})
			p.request(2)
			p.stop()
		})
	}
	for name, open := range StuckLogs {
		t.Run(name+" that is read again", func(t *testing.T) {
			t.Parallel()
			s.readAgain(t, open(t))
		})
	}
	for name, open := range map[string]func(testing.TB) *Log{"pipe": EmptyPipe, "file": File, "terminal": Terminal} {
		t.Run("why it cannot start is written to a "+name, func(t *testing.T) {
			t.Parallel()
			log := open(t)
			s.cannotStart(t, func(cmd *exec.Cmd) { cmd.Stdout, cmd.Stderr = log.Writer, log.Writer })
			if text := log.All(); !strings.Contains(text, "address already in use") || !strings.HasSuffix(text, "\n") {
				t.Errorf("it says %q", text)
			}
		})
	}
}

// readAgain has the log read after the requests. There is a line for each, or a word about it.
func (s Serving) readAgain(t *testing.T, log *Log) {
	p := s.start(t, func(cmd *exec.Cmd) { cmd.Stderr = log.Writer })
	p.request(manyRequests)
	log.Read()
	p.stop()
	text := log.All()
	lines, dropped := strings.Count(text, s.Path), 0
	for _, found := range regexp.MustCompile(regexp.QuoteMeta(s.Loses)+`(\d+)`).FindAllStringSubmatch(text, -1) {
		count, _ := strconv.Atoi(found[1])
		dropped += count
	}
	const others = 5 // lines that are not about requests
	if all := lines + dropped; lines == 0 || dropped == 0 || all < manyRequests || all > manyRequests+others {
		t.Errorf("%d requests have %d lines, and %d were dropped: %.1000s", manyRequests, lines, dropped, text)
	}
}

// cannotStart has the program listen where another one does.
func (s Serving) cannotStart(t *testing.T, connect func(*exec.Cmd)) {
	t.Helper()
	busy, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	p := s.launch(t, busy.Addr().String(), connect)
	p.ends(1)
}

// serving is such a program that runs.
type serving struct {
	t     testing.TB
	cmd   *exec.Cmd
	url   string
	ended chan struct{}
}

var served atomic.Uint32

// start starts the program on an address of its own, as its output does not tell of it, and returns when it answers.
func (s Serving) start(t testing.TB, connect func(*exec.Cmd)) *serving {
	t.Helper()
	pid, n := os.Getpid(), served.Add(1)
	address := fmt.Sprintf("127.%d.%d.%d:4566", 1+pid>>8%250, pid%256, n%256)
	p := s.launch(t, address, connect)
	for until := time.Now().Add(logPatience); ; time.Sleep(time.Millisecond) {
		conn, err := net.Dial("tcp4", address)
		if err == nil {
			conn.Close()
			return p
		}
		select {
		case <-p.ended:
			t.Fatalf("it does not start: %v", p.cmd.ProcessState)
		default:
			if time.Now().After(until) {
				t.Fatal(err)
			}
		}
	}
}

func (s Serving) launch(t testing.TB, address string, connect func(*exec.Cmd)) *serving {
	t.Helper()
	p := &serving{t, s.Command(t, address), "http://" + address + s.Path, make(chan struct{})}
	connect(p.cmd)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// request sends requests, one after the other.
func (p *serving) request(times int) {
	p.t.Helper()
	client := &http.Client{Timeout: servingTime}
	defer client.CloseIdleConnections()
	began := time.Now()
	for range times {
		response, err := client.Get(p.url)
		if err != nil {
			p.t.Fatal(err)
		}
		response.Body.Close()
	}
	if took := time.Since(began); took > servingTime {
		p.t.Errorf("%d requests took %s", times, took)
	}
}

// stop sends SIGTERM.
func (p *serving) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(unix.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	p.ends(0)
}

// ends waits for the end of the program.
func (p *serving) ends(code int) {
	p.t.Helper()
	began := time.Now()
	select {
	case <-p.ended:
	case <-time.After(logPatience):
		p.t.Fatal("it does not end")
	}
	if got := p.cmd.ProcessState; got.ExitCode() != code {
		p.t.Errorf("it ends with %v, want %d", got, code)
	}
	if took := time.Since(began); took > stopTime {
		p.t.Errorf("it ends after %s", took)
	}
}
