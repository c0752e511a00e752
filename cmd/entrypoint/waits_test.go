package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// wait is a start that has to wait.
type wait struct {
	name    string
	says    string // of what it waits for
	arrange func(*world)
	disk    syscalls.Decision // for the calls that open files
}

// networkWaits are the starts that have to wait for the license.
var networkWaits = []wait{
	{name: "a silent name server", says: "waiting for the name server 127.0.0.1:PORT to resolve api.localstack.test (",
		arrange: func(w *world) { w.names(testkit.Silent{}) }},
	{name: "two silent name servers", says: "waiting for the name server 127.0.0.1:PORT to resolve api.localstack.test " +
		"and the name server 127.0.0.1:PORT to resolve api.localstack.test (",
		arrange: func(w *world) {
			w.names(testkit.Silent{})
			another := testkit.DNS(w.T, testkit.Silent{})
			first := testkit.DNS(w.T, testkit.Silent{})
			testkit.Put(w.T, w.root, "etc/resolv.conf", testkit.ResolvConf(first.Addr(), another.Addr()))
		}},
	{name: "a firewall that drops", says: "waiting for a connection to licenses.test (127.0.0.1:PORT) (",
		arrange: func(w *world) {
			testkit.Put(w.T, w.root, "etc/hosts", "127.0.0.1 licenses.test\n")
			_, port, _ := net.SplitHostPort(full(w.T))
			w.set("API_ENDPOINT", "http://licenses.test:"+port+"/v1")
		}},
	{name: "a proxy that does not connect",
		says: "waiting for the proxy http://127.0.0.1:PORT to connect to api.localstack.test (",
		arrange: func(w *world) {
			w.set("API_ENDPOINT", "https://api.localstack.test/v1")
			w.set("HTTPS_PROXY", "http://user:secret-password@"+silent(w.T))
		}},
	{name: "a proxy behind a firewall", says: "waiting for a connection to the proxy 127.0.0.1:PORT (",
		arrange: func(w *world) {
			w.set("API_ENDPOINT", "https://api.localstack.test/v1")
			w.set("HTTPS_PROXY", "http://user:secret-password@"+full(w.T))
		}},
	{name: "a server that does not speak TLS", says: "waiting for the TLS handshake with 127.0.0.1",
		arrange: func(w *world) { w.set("API_ENDPOINT", "https://"+silent(w.T)+"/v1") }},
	{name: "a server that does not answer", says: "waiting for the answer from 127.0.0.1:PORT (",
		arrange: func(w *world) { w.simulate("slow") }},
	{name: "a server that answers byte by byte", says: "waiting for the rest of the answer from 127.0.0.1:PORT (",
		arrange: func(w *world) { w.serve(drip) }},
	{name: "a credential on a slow disk", says: "waiting for the file ", arrange: func(w *world) {
		w.set("LOCALSTACK_AUTH_TOKEN", "")
		testkit.Put(w.T, w.root, "token", w.token)
		w.set("LOCALSTACK_AUTH_TOKEN_FILE", w.root+"/token")
	}, disk: slow("/token")},
	{name: "certificate authorities on a slow disk", says: "waiting for the certificate authorities in ",
		arrange: func(w *world) {
			w.secure(time.Hour, "127.0.0.1")
			w.trust("nothing")
		}, disk: slow("/ca.pem")},
}

// retries are the starts that try again.
var retries = []wait{
	{name: "a connection that is refused", says: "the connection to 127.0.0.1:PORT was refused; trying again (",
		arrange: func(w *world) { w.set("API_ENDPOINT", "http://"+unused(w.T)+"/v1") }},
	{name: "a proxy that is not there yet",
		says: "the proxy http://127.0.0.1:PORT cannot be reached: the connection to 127.0.0.1:PORT was refused; " +
			"trying again (",
		arrange: func(w *world) {
			w.set("API_ENDPOINT", "https://api.localstack.test/v1")
			w.set("HTTPS_PROXY", "http://user:secret-password@"+unused(w.T))
		}},
	{name: "a server with a problem", says: "127.0.0.1:PORT answered with status 500; trying again (",
		arrange: func(w *world) { w.simulate("server-error") }},
	{name: "a server that hangs up", says: "127.0.0.1 closed the connection without an answer; trying again (",
		arrange: func(w *world) { w.serve(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }) }},
	{name: "a name server that has a problem", says: "SERVF*IL from 127.0.0.1:PORT",
		arrange: func(w *world) { w.names(testkit.Zone{"*": {Rcode: dns.RcodeServerFailure}}) }},
}

// unused is an address where nobody listens.
func unused(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// full is the address of a listener that accepts no more connections: the kernel drops what comes.
func full(t *testing.T) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		t.Cleanup(func() { unix.Close(fd) })
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	if err == nil {
		err = unix.Listen(fd, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	own, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", own.(*unix.SockaddrInet4).Port)
	for range 3 { // two would do
		conn, err := net.DialTimeout("tcp", address, 300*time.Millisecond)
		if err == nil {
			t.Cleanup(func() { conn.Close() })
		}
	}
	return address
}

// silent is the address of a server that takes everything and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(io.Discard, conn)
				conn.Close()
			}()
		}
	}()
	return listener.Addr().String()
}

// slow makes the opening of a file take longer than nobody would notice.
func slow(suffix string) syscalls.Decision {
	return func(c *syscalls.Call) unix.Errno {
		if slices.ContainsFunc(c.Files(), func(path string) bool { return strings.HasSuffix(path, suffix) }) {
			c.Delay(2 * time.Second)
		}
		return syscalls.Continue
	}
}

var (
	portNumber = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	waitLine   = regexp.MustCompile(`(waiting for|trying again).* \((\S+) s so far`)
	// misread is how clients take a line for another one: contract 6 and 9.27.
	misread = regexp.MustCompile(`(?i)ready|fail|invalid|expired|error|could not|unable`)
)

// timed notes when each line came, with the ports replaced.
type timed struct {
	began time.Time
	lines []string
	at    []time.Duration
}

func (l *timed) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		l.lines = append(l.lines, portNumber.ReplaceAllString(line, "127.0.0.1:PORT"))
		l.at = append(l.at, time.Since(l.began))
	}
	return len(text), nil
}

// happen starts the entrypoint, and returns what it says.
func (s wait) happen(w *world) *timed {
	w.Helper()
	s.arrange(w)
	log := &timed{began: time.Now()}
	cmd := exec.CommandContext(w.Context(), filepath.Join(binaries, "entrypoint"), "true")
	cmd.Env, cmd.Stderr = w.environ(), log
	if s.disk != nil {
		syscalls.Intercept(w.T, cmd, syscalls.Opens, s.disk)
	} else if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	_ = cmd.Wait()
	return log
}

func TestAStartThatWaitsForTheLicenseSaysSo(t *testing.T) {
	t.Parallel()
	for _, s := range slices.Concat(networkWaits, retries) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set("ACTIVATION_TIMEOUT", "4.5")
			w.set("ACTIVATION_ATTEMPTS", "")
			w.set("LOG_FORMAT", "text")
			log := s.happen(w)
			first := slices.IndexFunc(log.lines, waitLine.MatchString)
			if first < 0 || !strings.Contains(log.lines[first], s.says) {
				t.Fatalf("%q is missing in %s", s.says, log.lines)
			}
			if at := log.at[first]; at < 1500*time.Millisecond || at > 2*time.Second+noise {
				t.Errorf("the first line came after %s", at)
			}
			for _, line := range log.lines {
				if waitLine.MatchString(line) && misread.MatchString(line) {
					t.Errorf("clients misread %s", line)
				}
				if strings.Contains(line, "secret-password") {
					t.Errorf("the password is in %s", line)
				}
			}
		})
	}
}

func TestAWaitIsToldInJSONAndWithoutTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("LOG_FORMAT", "json")
	w.set("ACTIVATION_TIMEOUT", "2")
	log := wait{arrange: func(w *world) {
		w.names(testkit.Silent{})
		w.set("API_ENDPOINT", "https://"+w.token+".test/v1")
	}}.happen(w)
	var line struct{ Level, Message string }
	if err := json.Unmarshal([]byte(log.lines[0]), &line); err != nil {
		t.Fatalf("%v in %q", err, log.lines)
	}
	const want = "waiting for the name server 127.0.0.1:PORT to resolve ****.test ("
	if line.Level != "warn" || !strings.HasPrefix(line.Message, want) {
		t.Errorf("the line is %s", log.lines[0])
	}
	if all := strings.ToLower(strings.Join(log.lines, "")); strings.Contains(all, strings.ToLower(w.token[20:])) {
		t.Errorf("the token is in %s", all)
	}
}

func TestAStartThatIsSlowerThanOthersSaysNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	log := wait{arrange: func(w *world) {
		document := w.document(func(*license.Document) {})
		w.serve(func(out http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(time.Second):
				_, _ = out.Write(document)
			case <-r.Context().Done():
			}
		})
	}}.happen(w)
	if slices.ContainsFunc(log.lines, waitLine.MatchString) {
		t.Errorf("it says %s", log.lines)
	}
}
