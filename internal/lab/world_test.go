package lab

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

// world is the network of one situation, and a container in it.
type world struct {
	*testing.T
	network
	// dir holds the world's files; everybody may read them.
	dir string
	// root is the container's file system.
	root string
	// env is the container's environment.
	env map[string]string
	// isLate is whether what is started begins late only.
	isLate bool
	// secret is a password that nothing may print, beside proxyPassword.
	secret string
	// entrypoints is the program that is started.
	entrypoints string
	// command is what the entrypoint is to start; Python's request by default.
	command []string
	// user is who starts it; root by default. logs is its standard error where
	// nobody reads that, and stop when it is asked to stop.
	user uint32
	logs *os.File
	stop time.Duration
}

// newWorld makes a network without any server, and a container that trusts the
// public authorities and asks nameServer.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, network: newNetwork(t), root: t.TempDir(), entrypoints: filepath.Join(shared.binaries, "entrypoint")}
	var err error
	if w.dir, err = os.MkdirTemp(shared.dir, "world"); err != nil {
		t.Fatal(err)
	}
	// squid and its kind are not root.
	if err := os.Chmod(w.dir, 0o777); err != nil {
		t.Fatal(err)
	}
	testkit.Put(t, w.root, "etc/ssl/certs/ca-certificates.crt", string(shared.public.root.pem()))
	w.asks(nameServer)
	w.env = map[string]string{
		"PATH": os.Getenv("PATH"), "FILESYSTEM_ROOT": w.root, "HOME": w.root, "LOCALSTACK_BUILD_VERSION": "4.14.0",
		"LOCALSTACK_AUTH_TOKEN": shared.token, "ACTIVATION_ATTEMPTS": "3",
	}
	return w
}

// unique is a word for this world alone.
func (w *world) unique(word string) string {
	return word + strings.TrimPrefix(filepath.Base(w.dir), "world")
}

func (w *world) program(name string) string { return filepath.Join(shared.binaries, name) }

// remove takes a file out of the container.
func (w *world) remove(name string) {
	w.Helper()
	if err := os.Remove(filepath.Join(w.root, name)); err != nil {
		w.Fatal(err)
	}
}

// outcome is what became of a start.
type outcome struct {
	ID     fault.ID `json:"id"`
	Reason string   `json:"reason"`
	// exit is the exit code, stdout what the command printed.
	exit   int
	stdout string
	// warnings are the log lines, log the same with their times.
	warnings string
	log      []logLine
	// after is how long it took from the start to the failure's first byte, to the
	// command's, or to an end without any.
	after time.Duration
	// requests is how many of ours the licensing server's web server got.
	requests int
	// python is what the emulator's Python was told as the command.
	python string
}

// logLine is a line of the log.
type logLine struct {
	// at is its time after the start.
	at      time.Duration
	Level   string `json:"level"`
	Message string `json:"message"`
}

// environ is the container's environment.
func (w *world) environ(more ...string) []string {
	for name, value := range w.env {
		more = append(more, name+"="+value)
	}
	return more
}

// start starts the container once; its command prints "started", and then what
// the emulator's Python is told by the licensing server.
func (w *world) start() outcome {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	argv := w.command
	if argv == nil {
		argv = append([]string{"sh", "-c", `echo started; exec "$@"`, "sh"}, w.python()...)
	}
	cmd := exec.CommandContext(ctx, w.entrypoints, argv...)
	cmd.Env = w.environ("LOG_FORMAT=json")
	w.become(cmd)
	stdout := output{began: time.Now()}
	cmd.Stdout = &stdout
	stderr := journal{began: stdout.began}
	cmd.Stderr = &stderr
	if w.logs != nil {
		cmd.Stderr = w.logs
	}
	cmd.WaitDelay = time.Second // a hook that is left behind may keep the log open
	if err := w.Inside(cmd.Start); err != nil {
		w.Fatal(err)
	}
	if w.stop > 0 {
		defer time.AfterFunc(w.stop, func() { _ = cmd.Process.Signal(syscall.SIGTERM) }).Stop()
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		w.Fatal(err)
	}
	ended, got := time.Since(stdout.began), stderr.read()
	got.exit, got.requests = exitCode(cmd.ProcessState), w.requests()
	got.stdout, got.python, _ = strings.Cut(stdout.text.String(), "\n")
	if got.ID == "" {
		got.after = cmp.Or(stdout.first, ended)
	}
	return got
}

// become has cmd run as the container's user, to whom the container belongs.
func (w *world) become(cmd *exec.Cmd) {
	w.Helper()
	if w.user == 0 {
		return
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: w.user}}
	for _, path := range []string{filepath.Dir(w.root), w.root} {
		if err := os.Chmod(path, 0o777); err != nil {
			w.Fatal(err)
		}
	}
}

// exitCode is as a shell has it.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// output is what a command prints, and when it began to, after the start.
type output struct {
	began time.Time
	first time.Duration
	text  strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	if o.first == 0 {
		o.first = time.Since(o.began)
	}
	return o.text.Write(p)
}

// entrypoint runs one of the entrypoint's subcommands in the container.
func (w *world) entrypoint(args ...string) (stdout, stderr string, code int) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.entrypoints, args...)
	cmd.Env = w.environ()
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := w.Inside(cmd.Start); err != nil {
		w.Fatal(err)
	}
	_ = cmd.Wait()
	return out.String(), credential.MaskAll(errs.String()), cmd.ProcessState.ExitCode()
}

// journal is standard error, line by line as it came.
type journal struct {
	began time.Time
	lines []logLine
	rest  string
}

func (j *journal) Write(p []byte) (int, error) {
	j.rest += string(p)
	for {
		line, rest, ended := strings.Cut(j.rest, "\n")
		if !ended {
			return len(p), nil
		}
		j.lines, j.rest = append(j.lines, logLine{at: time.Since(j.began), Message: line}), rest
	}
}

// read tells the failure from the log.
func (j *journal) read() (got outcome) {
	for _, line := range j.lines {
		var failure outcome
		if json.Unmarshal([]byte(line.Message), &failure) == nil && failure.ID != "" {
			got.ID, got.Reason, got.after = failure.ID, failure.Reason, line.at
			continue
		}
		text := credential.MaskAll(line.Message)
		line.Message = text
		_ = json.Unmarshal([]byte(text), &line) // what is no JSON is its own message
		got.log, got.warnings = append(got.log, line), got.warnings+text+"\n"
	}
	return got
}
