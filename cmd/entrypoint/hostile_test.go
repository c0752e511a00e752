package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"localstack-entrypoint/internal/license"
)

// say puts a server in the licensing server's place that sends reply as it is,
// whatever it is asked, and keeps the connection open.
func (w *world) say(reply string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.Cleanup(func() { conn.Close() })
			request := make([]byte, 4096)
			_, _ = conn.Read(request)
			_, _ = conn.Write([]byte(reply))
		}
	}()
	w.set("API_ENDPOINT", "http://"+listener.Addr().String()+"/v1")
}

// secret is the part of the world's token that must never be seen.
func (w *world) secret() string { return w.token[len("lsci-demo0000"):] }

func TestAServerCannotMakeUsPrintTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := fmt.Sprintf(`{"error": true, "message": "licensing.%s"}`, w.token)
	for name, reply := range map[string]string{
		"unasked bytes behind an answer":  "HTTP/1.1 204 X\r\n\r\n" + w.token,
		"an invalid header":               "HTTP/1.1 200 OK\r\nContent-Length: " + w.token + "\r\n\r\n",
		"no HTTP at all":                  w.token + "\r\n\r\n",
		"a refusal that repeats it":       fmt.Sprintf("HTTP/1.1 403 X\r\nContent-Length: %d\r\n\r\n%s", len(body), body),
		"a redirect that repeats it":      "HTTP/1.1 302 X\r\nLocation: //" + w.secret() + "\r\nContent-Length: 0\r\n\r\n",
		"a status line that repeats some": "HTTP/1.1 403 " + w.secret() + "\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.say(reply)
			w.set("ACTIVATION_ATTEMPT_TIMEOUT", "2")
			for _, format := range []string{"LOG_FORMAT=text", "LOG_FORMAT=json"} {
				w.set("LS_LOG", "trace")
				stdout, stderr, code := w.start(format)
				if code != 55 || strings.Contains(stdout+stderr, w.secret()[1:12]) {
					t.Errorf("exit code %d, %s%s", code, stdout, stderr)
				}
			}
		})
	}
}

func TestAProxyCannotMakeUsPrintItsPassword(t *testing.T) {
	t.Parallel()
	const password, sent = "geheim:4711", "Ym9iOmdlaGVpbTo0NzEx"
	title := "<title>Login failed for bob:" + password + " (" + sent + ")</title>"
	for name, reply := range map[string]string{
		"in a title":             fmt.Sprintf("HTTP/1.1 403 X\r\nContent-Length: %d\r\n\r\n%s", len(title), title),
		"in a request's name":    "HTTP/1.1 500 X\r\nContent-Length: 0\r\nX-Request-Id: " + sent + "\r\n\r\n",
		"in its question for it": "HTTP/1.1 407 X\r\nContent-Length: 0\r\nProxy-Authenticate: " + sent + "\r\n\r\n",
		"in a redirect":          "HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: http://" + sent + ".test/\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.say(reply)
			proxy := strings.TrimSuffix(strings.TrimPrefix(w.env["API_ENDPOINT"], "http://"), "/v1")
			w.set("HTTP_PROXY", "http://bob:geheim%3A4711@"+proxy)
			w.set("API_ENDPOINT", "http://license.test/v1")
			w.set("LS_LOG", "trace")
			for _, args := range []string{"true", "doctor --verbose -- true", "doctor --json -- true"} {
				for _, format := range []string{"LOG_FORMAT=text", "LOG_FORMAT=json"} {
					stdout, stderr, code := run3(t, w.environ(format), "entrypoint", strings.Fields(args)...)
					said := strings.ToLower(stdout + stderr)
					if code != 55 || strings.Contains(said, "geheim") || strings.Contains(said, strings.ToLower(sent[:10])) {
						t.Errorf("%v: exit code %d, %s%s", args, code, stdout, stderr)
					}
				}
			}
		})
	}
}

func TestWhatASubcommandIsAskedForIsNotRepeatedWhenItIsTheCredential(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"LOCALSTACK_AUTH_TOKEN", "LOCALSTACK_API_KEY"} {
		for _, args := range [][]string{{"explain"}, {"dns"}, {"dns", "example.test"}, {"dns", "@127.0.0.1", "-p"}} {
			w := newWorld(t)
			secret := w.env["LOCALSTACK_AUTH_TOKEN"]
			if variable == "LOCALSTACK_API_KEY" {
				w.set("LOCALSTACK_AUTH_TOKEN", "")
				secret = "geheim47110815"
			}
			w.set(variable, secret)
			stdout, stderr, _ := run3(t, w.environ(), "entrypoint", append(args, secret)...)
			if said := stdout + stderr; said == "" || strings.Contains(said, secret[len(secret)-12:len(secret)-2]) {
				t.Errorf("%v says %s", args, said)
			}
		}
	}
}

func TestADocumentThatRepeatsTheTokenIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(200, string(w.document(func(d *license.Document) { d.Type = w.token })))
	_, stderr, code := w.start("LOG_FORMAT=text")
	if code != 0 || strings.Contains(stderr, w.secret()) || !strings.Contains(stderr, "it contains the credential") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(w.root, "var/lib/localstack/cache/license.json")); err == nil {
		t.Error("it was kept")
	}
}

func TestAnUpgradeThatNeverComesKeepsToTheTimeBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n")
	w.set("ACTIVATION_ATTEMPT_TIMEOUT", "0.3")
	if _, stderr, code := w.start("LOG_FORMAT=json"); code != 55 || !strings.Contains(stderr, "network.timeout") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

func TestAFIFOInPlaceOfASystemFileDoesNotHoldTheStartUp(t *testing.T) {
	t.Parallel()
	const names = "etc/hosts etc/resolv.conf etc/ssl/certs/ca-certificates.crt var/lib/localstack"
	for name := range strings.FieldsSeq(names) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			path := filepath.Join(w.root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			_ = os.Remove(path)
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
			w.set("API_ENDPOINT", "https://127.0.0.1:1/v1")
			if _, stderr, code := w.start("LOG_FORMAT=json"); code != 55 || !strings.Contains(stderr, "network.refused") {
				t.Errorf("exit code %d, %s", code, stderr)
			}
		})
	}
}

func TestAClosedStderrDoesNotEndTheStart(t *testing.T) {
	t.Parallel()
	for _, supervise := range []string{"0", "1"} {
		w := newWorld(t)
		w.set("ACTIVATE_PRO", "0")
		w.set("LOCALSTACK_PATH", "causes a warning")
		w.set("SUPERVISE", supervise)
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		reader.Close()
		p := w.asPID1("sh", "-c", "exit 7")
		p.Stderr = writer
		if code := p.code(t); code != 7 {
			t.Errorf("SUPERVISE=%s: exit code %d", supervise, code)
		}
		writer.Close()
	}
}
