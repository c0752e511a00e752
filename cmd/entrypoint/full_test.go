package main

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/cage"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// online are starts that ask the license authority, each with something that may take a thread more.
var online = map[string]func(*stage){
	"plain":         func(*stage) {},
	"one processor": func(s *stage) { s.set("GOMAXPROCS", "1") },
	"after a hook":  func(s *stage) { s.script("hook.sh", "exit 3") },
	"over TLS":      overTLS,
	"talkative":     func(s *stage) { s.set("LS_LOG", "trace") },
	"many names":    func(s *stage) { s.set("NO_PROXY", strings.Repeat("name.test,", 1000)) },
}

// overTLS puts a server with TLS before the authority.
func overTLS(s *stage) {
	target, err := url.Parse(strings.TrimSuffix(s.env["API_ENDPOINT"], "/v1"))
	if err != nil {
		s.Fatal(err)
	}
	server := s.server(httputil.NewSingleHostReverseProxy(target))
	server.StartTLS()
	s.trust(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	s.set("API_ENDPOINT", server.URL+"/v1")
}

// newOnline prepares such a start. The emulator lives until SIGTERM.
func newOnline(
	t *testing.T, log func(testing.TB) *testkit.Log, arrange func(*stage),
) (*stage, *licenseServer) {
	s := newStage(t, log)
	server, _ := s.authority()
	s.set("ACTIVATE_PRO", "1")
	s.set("LS_LOG", "")
	arrange(s)
	s.asPID1(`echo up >"$WORDS"; exec sleep 60`)
	return s, server
}

// forgetLicense removes the stored license, so that the next restart sends a request.
func (s *stage) forgetLicense() {
	s.Helper()
	if err := os.Remove(s.license()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.Error(err)
	}
}

// TestARestartInAFullContainerIsWaitedOut leaves no room for any further process or thread, while PID 1
// asks for the license.
func TestARestartInAFullContainerIsWaitedOut(t *testing.T) {
	t.Parallel()
	c := newPool(t, 12)
	defer c.all.Wait()
	for name, arrange := range online {
		c.run(name, func(t *testing.T) {
			s, server := newOnline(t, testkit.EmptyPipe, arrange)
			full := cage.New(t, 100)
			s.Args = append([]string{"sh", "-c", `echo 0 >"$0" && exec "$@"`, full.Door, s.Path}, s.Args[1:]...)
			s.Path = "/bin/sh"
			s.log.Read()
			s.start()
			s.hears("up")
			s.forgetLicense()
			full.Allow(1)
			s.sends(unix.SIGUSR1)
			s.says([]string{"cannot restart the command: resource temporarily unavailable", "retrying in 1s"})
			if n := server.asked(2); n != 2 {
				t.Errorf("the server was asked %d times", n)
			}
			full.Allow(100)
			s.hears("up")
			s.sends(unix.SIGTERM)
			s.ends(143, time.Now())
		})
	}
}

// TestPID1StartsNoThreadOnceItHasStartedAProcess: that may have filled the container. Neither does it when
// the disk hangs and the log is not read, which keeps some of its threads.
func TestPID1StartsNoThreadOnceItHasStartedAProcess(t *testing.T) {
	t.Parallel()
	c := newPool(t, 12)
	defer c.all.Wait()
	for name, arrange := range online {
		for _, stuck := range []bool{false, true} {
			c.run(fmt.Sprintf("%s, stuck %v", name, stuck), func(t *testing.T) {
				log := testkit.EmptyPipe
				if stuck {
					log = testkit.FullPipe
				}
				s, _ := newOnline(t, log, arrange)
				if !stuck {
					s.log.Read()
				}
				threads := s.startWithoutThreads(stuck)
				for range 2 {
					s.hears("up")
					for range 1000 {
						s.sends(unix.SIGWINCH)
						s.sends(unix.SIGCHLD)
					}
					s.forgetLicense()
					s.sends(unix.SIGUSR1)
				}
				s.hears("up")
				s.sends(unix.SIGTERM)
				s.ends(143, time.Now())
				if n := threads.Load(); n > 0 {
					t.Errorf("it asked for %d threads", n)
				}
			})
		}
	}
}

// startWithoutThreads starts it so that it gets no thread once it has started a process, and counts those
// that it asks for. Its disk may hang.
func (s *stage) startWithoutThreads(diskHangs bool) (asked *atomic.Int32) {
	asked = new(atomic.Int32)
	var begun atomic.Bool
	calls := syscalls.Forks
	if diskHangs {
		calls = append(calls, syscalls.Syncs...)
	}
	s.began = time.Now()
	syscalls.Intercept(s.T, s.Cmd, calls, func(call *syscalls.Call) unix.Errno {
		switch {
		case slices.Contains(syscalls.Syncs, call.Number):
			call.Hold(nil)
		case call.PID != s.Process.Pid:
		case call.MakesProcess():
			begun.Store(true)
		case begun.Load():
			asked.Add(1)
			return unix.EAGAIN
		}
		return syscalls.Continue
	})
	return asked
}
