package emulator

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/gateway"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/testkit"
)

// patience bounds every wait. It is far more than any takes.
const patience = 30 * time.Second

// receive returns the next value of a channel.
func receive[T any](t *testing.T, from <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-from:
	case <-time.After(patience):
		t.Fatalf("nothing within %s", patience)
	}
	return value
}

// run is an Emulator that runs in this process, on a free port of loopback.
type run struct {
	t     *testing.T
	opts  Options
	stop  context.CancelFunc
	addrs chan []net.Addr
	done  chan error // what Run returned
	out   *bufio.Reader
	log   testkit.Buffer
	lines []string // of stdout, as read so far
	base  string   // http://host:port, once it listens
}

// hookScript waits until the test opens its gate, a FIFO, for writing.
const hookScript = "#!/bin/sh\necho \"hook $0\"\nexec cat \"$GATES/$(basename $0)\"\n"

// newRun makes a run with one waiting hook for each stage named.
func newRun(t *testing.T, stages ...string) *run {
	t.Helper()
	r := &run{t: t, addrs: make(chan []net.Addr, 1), done: make(chan error, 1)}
	r.opts = Options{
		Root: layout.Root(t.TempDir()), Listen: gateway.Listen{{Host: "127.0.0.1"}},
		Version: "1.2.3", BuildDate: "today", GitHash: "abc",
	}
	for _, stage := range stages {
		dir := filepath.Join(r.opts.Root.Hooks(), stage+".d")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, stage+".sh"), []byte(hookScript), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(r.gate(stage), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *run) gate(stage string) string { return filepath.Join(string(r.opts.Root), stage+".sh") }

// start runs the emulator.
func (r *run) start() {
	r.t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { out.Close() })
	if err := out.SetReadDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
	r.out = bufio.NewReader(out)
	e, err := New(r.opts, Process{
		Environ: []string{"PATH=" + os.Getenv("PATH"), "GATES=" + string(r.opts.Root)},
		Stdout:  in, Stderr: &r.log,
		HookStdout: in, HookStderr: &r.log,
		Listening: func(addrs []net.Addr) { r.addrs <- addrs },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	r.stop = cancel
	go func() {
		err := e.Run(ctx)
		in.Close()
		r.done <- err
	}()
}

// inHook waits until the hook of a stage runs. The function that it returns ends the hook.
func (r *run) inHook(stage string) (end func()) {
	r.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		gate, err := os.OpenFile(r.gate(stage), os.O_WRONLY|syscall.O_NONBLOCK, 0)
		switch {
		case err == nil:
			return func() { gate.Close() }
		case !errors.Is(err, syscall.ENXIO) || time.Now().After(deadline): // ENXIO: nobody reads it yet
			r.t.Fatal(err)
		}
	}
}

// listening waits until the gateway listens.
func (r *run) listening() {
	r.t.Helper()
	r.base = "http://" + receive(r.t, r.addrs)[0].String()
}

// until reads stdout up to a line, or to its end.
func (r *run) until(want string) {
	r.t.Helper()
	for {
		line, err := r.out.ReadString('\n')
		line = strings.TrimSuffix(line, "\n")
		if err == nil {
			r.lines = append(r.lines, line)
		}
		if err != nil || line == want {
			return
		}
	}
}

// wait reads the rest of stdout and returns the error of Run.
func (r *run) wait() error {
	r.t.Helper()
	r.until("\x00")
	return receive(r.t, r.done)
}

func (r *run) request(method, path, body string) (status int, answer string) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.base+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	client := http.Client{Timeout: patience}
	response, err := client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response.StatusCode, string(content)
}
