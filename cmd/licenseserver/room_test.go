package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/license"
)

// room is a data directory with one token, and the server on it.
type room struct {
	testing.TB
	dir, token string
	*process
}

// newRoom makes a data directory. start runs a server on it.
func newRoom(t testing.TB) *room {
	t.Helper()
	r := &room{TB: t, dir: t.TempDir()}
	r.token = r.run("token", "create", "--type", "developer")
	return r
}

func (r *room) data() string     { return filepath.Join(r.dir, "data") }
func (r *room) database() string { return filepath.Join(r.data(), "authority.db") }

// command is the program in the directory.
func (r *room) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(r.Context(), "licenseserver", args...)
	cmd.Dir, cmd.Env = r.dir, append(os.Environ(), noExitDelay)
	return cmd
}

// run runs a command that must succeed, and returns what it prints.
func (r *room) run(args ...string) string {
	r.Helper()
	var stderr bytes.Buffer
	cmd := r.command(args...)
	cmd.Stderr = &stderr
	printed, err := cmd.Output()
	if err != nil {
		r.Fatalf("%v: %s", err, &stderr)
	}
	return strings.TrimSpace(string(printed))
}

// start starts the server, which runs until the end of the test or stop.
func (r *room) start(args ...string) { r.startAfter("true", args...) }

// startAfter is start, after a command of the shell in the same process.
func (r *room) startAfter(shell string, args ...string) {
	r.Helper()
	running, err := startShell(r.dir, shell, args...)
	if err != nil {
		r.Fatal(err)
	}
	r.process = running
	r.Cleanup(func() {
		if err := running.stop(); err != nil {
			r.Errorf("the server ends with %v: %s", err, &running.stderr)
		}
	})
}

// said is how often the log has a text.
func (r *room) said(text string) int { return strings.Count(r.stderr.String(), text) }

// reply is the answer to a request; status is 0 without one.
type reply struct {
	status int
	text   string // the body, or why there is no answer
	took   time.Duration
}

// body is a request for a license.
func body(token string) string {
	raw, _ := json.Marshal(license.Request{
		Credentials: license.Credentials{Type: license.AuthToken, Token: token},
		Product:     license.Product{Name: license.ProductName, Version: "4.14.0"},
	})
	return string(raw)
}

// activate asks for a license with a token, over a connection of its own.
func (r *room) activate(token string) reply {
	return exchange(r.url+"/v1/license/request", body(token))
}

// ready asks whether the server is ready.
func (r *room) ready() reply { return exchange(r.url+"/readyz", "") }

func exchange(url, body string) reply {
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	began := time.Now()
	var response *http.Response
	var err error
	if body == "" {
		response, err = client.Get(url)
	} else {
		response, err = client.Post(url, "", strings.NewReader(body)) // LocalStack's client sends no Content-Type
	}
	if err != nil {
		return reply{0, err.Error(), time.Since(began)}
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{0, err.Error(), time.Since(began)}
	}
	return reply{response.StatusCode, string(content), time.Since(began)}
}

// replies are the answers to many requests.
type replies struct {
	mu  sync.Mutex
	all []reply
}

func (r *replies) add(one reply) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
}

// byStatus counts them.
func (r *replies) byStatus() map[int]int {
	counts := make(map[int]int)
	for _, one := range r.all {
		counts[one.status]++
	}
	return counts
}

// slowest is the longest time that one took.
func (r *replies) slowest() time.Duration {
	return slices.MaxFunc(r.all, func(a, b reply) int { return int(a.took - b.took) }).took
}

func (r *replies) String() string {
	texts := make(map[int]string)
	for _, one := range r.all {
		texts[one.status] = one.text
	}
	slowest := r.slowest().Round(time.Millisecond)
	return fmt.Sprintf("%v, the slowest after %s, such as %.300s", r.byStatus(), slowest, fmt.Sprint(texts))
}

// load has clients activate until until, each over and over.
func (r *room) load(clients int, until func() bool) *replies {
	var all replies
	var running sync.WaitGroup
	for range clients {
		running.Go(func() {
			for !until() {
				all.add(r.activate(r.token))
			}
		})
	}
	running.Wait()
	return &all
}

// after returns a function that reports whether a time is over.
func after(wait time.Duration) func() bool {
	end := time.Now().Add(wait)
	return func() bool { return time.Now().After(end) }
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for isLate := after(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if isLate() {
			t.Fatalf("never: %s", what)
		}
	}
}
