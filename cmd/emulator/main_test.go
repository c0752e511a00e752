package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"localstack-entrypoint/internal/emulator"
)

// TestMain makes this test binary the command "emulator" on PATH.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"emulator": main})
}

// patience bounds the life of each emulator. It is far more than any needs.
const patience = time.Minute

// process is a running emulator on a free port of loopback.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout *bufio.Reader
	stderr *os.File
	base   string // http://host:port
}

// command prepares an emulator on a new filesystem root, or on the one in env.
func command(t testing.TB, env ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "emulator")
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"),
		"GATEWAY_LISTEN=127.0.0.1:0",
		"FILESYSTEM_ROOT=" + t.TempDir(),
		"GORACE=atexit_sleep_ms=0", // otherwise each exit takes a second
	}, env...)
	return cmd
}

func launch(t *testing.T, env ...string) *process {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "stderr")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	p := &process{t: t, cmd: command(t, env...), stderr: log}
	p.cmd.Stderr = log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// ready reads stdout up to `Ready.` and finds the address in the log.
func (p *process) ready() (printed string) {
	p.t.Helper()
	for {
		line, err := p.stdout.ReadString('\n')
		printed += line
		if err != nil {
			p.t.Fatalf("never ready: %q\n%s", printed, p.log())
		}
		if line == "Ready.\n" {
			break
		}
	}
	found := regexp.MustCompile(`Listening on (\S+)`).FindStringSubmatch(p.log())
	if found == nil {
		p.t.Fatalf("no address in %s", p.log())
	}
	p.base = "http://" + found[1]
	return printed
}

func (p *process) log() string {
	content, err := os.ReadFile(p.stderr.Name())
	if err != nil {
		p.t.Fatal(err)
	}
	return string(content)
}

// end reads the rest of stdout and returns the exit code; -1 for a signal.
func (p *process) end() (printed string, code int) {
	p.t.Helper()
	rest, _ := io.ReadAll(p.stdout)
	_ = p.cmd.Wait()
	return string(rest), p.cmd.ProcessState.ExitCode()
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) request(method, path, body string) (status int, answer string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	content, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(content)
}

func TestAGracefulStopExits0(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			p := launch(t, "LOCALSTACK_BUILD_VERSION=1.2.3")
			printed := p.ready()
			want := "\nLocalStack version: 1.2.3\nLocalStack build date: unknown\nLocalStack build git hash: unknown\n\nReady.\n"
			if printed != want {
				t.Errorf("printed %q, want %q", printed, want)
			}
			if strings.Contains(p.log(), "Ready") {
				t.Errorf("the log says Ready: %s", p.log())
			}
			if status, _ := p.request("GET", "/_localstack/health", ""); status != 200 {
				t.Errorf("health: %d", status)
			}
			p.signal(sig)
			if rest, code := p.end(); code != 0 || rest != "" {
				t.Errorf("code %d, printed %q after Ready.\n%s", code, rest, p.log())
			}
		})
	}
}

func TestASignalDuringSTARTHooksExits0(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "etc/localstack/init/start.d")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	const hook = "#!/bin/sh\necho waiting\nexec sleep 600\n" // exec: sleep is the process that gets the signal
	if err := os.WriteFile(filepath.Join(dir, "1.sh"), []byte(hook), 0o755); err != nil {
		t.Fatal(err)
	}
	p := launch(t, "FILESYSTEM_ROOT="+root)
	for line := ""; line != "waiting\n"; {
		var err error
		if line, err = p.stdout.ReadString('\n'); err != nil {
			t.Fatal(err, p.log())
		}
	}
	p.signal(syscall.SIGTERM)
	if rest, code := p.end(); code != 0 || rest != "" {
		t.Errorf("code %d, printed %q\n%s", code, rest, p.log())
	}
}

func TestAClientsKillExits0(t *testing.T) {
	p := launch(t)
	p.ready()
	if status, answer := p.request("POST", "/_localstack/health", `{"action":"kill"}`); status != 200 || answer != "ok" {
		t.Errorf("%d %q", status, answer)
	}
	if _, code := p.end(); code != 0 {
		t.Errorf("code %d\n%s", code, p.log())
	}
}

func TestStoredObjectsSurviveSIGKILLWithProOnly(t *testing.T) {
	for name, want := range map[string]int{"pro": 200, "community": 404} {
		t.Run(name, func(t *testing.T) {
			env := []string{"FILESYSTEM_ROOT=" + t.TempDir(), "LOCALSTACK_PERSISTENCE=yes"}
			if name == "pro" {
				env = append(env, "PRO_ACTIVATED=1")
			}
			p := launch(t, env...)
			p.ready()
			p.request("PUT", "/bucket", "")
			if status, answer := p.request("PUT", "/bucket/a/key", "content"); status != 200 {
				t.Fatal(status, answer)
			}
			p.signal(syscall.SIGKILL)
			p.end()

			p = launch(t, env...)
			p.ready()
			status, answer := p.request("GET", "/bucket/a/key", "")
			if status != want || status == 200 && answer != "content" {
				t.Errorf("%d %q, want %d", status, answer, want)
			}
			p.signal(syscall.SIGTERM)
			p.end()
		})
	}
}

func TestEveryBadVariableIsNamedAndTheExitCodeIs78(t *testing.T) {
	cmd := command(t, "GATEWAY_LISTEN=0.0.0.0:http", "PERSISTENCE=maybe", "SUPERVISOR_PID=-1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 78 || stdout.Len() != 0 {
		t.Errorf("code %d, printed %q", code, stdout.String())
	}
	want := []string{
		`invalid configuration: GATEWAY_LISTEN="0.0.0.0:http": "0.0.0.0:http" has no port between 0 and 65535; ` +
			`use [host]:port, for example 0.0.0.0:4566 or [::]:4566`,
		`invalid configuration: PERSISTENCE="maybe": use one of 1, true, yes, on or 0, false, no, off`,
		`invalid configuration: SUPERVISOR_PID="-1": use a process ID, 1 or greater`,
	}
	if got := strings.Split(strings.TrimSpace(stderr.String()), "\n"); !slices.Equal(got, want) {
		t.Errorf("got\n%s", stderr.String())
	}
}

func TestNoSecretInAVariableIsShown(t *testing.T) {
	const token, password = "ls-aBcD1234-eFgH-iJkL-mNoP-qRsTuVwXyZ12", "hun,ter2"
	cmd := command(t, "GATEWAY_LISTEN=http://me:"+password+"@h:1", "PERSISTENCE="+token, "SUPERVISOR_PID=\x1b[31m")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	_ = cmd.Run()
	for _, secret := range []string{"eFgH", "hun", "ter2", "\x1b"} {
		if got := stderr.String(); strings.Contains(got, secret) || strings.Count(got, "\n") != 3 {
			t.Errorf("printed %s", got)
		}
	}
}

func TestAPortInUseExits1(t *testing.T) {
	busy, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	cmd := command(t, "GATEWAY_LISTEN="+busy.Addr().String())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	_ = cmd.Run()
	want := "emulator: cannot listen on " + busy.Addr().String() + ": bind: address already in use"
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(stderr.String(), want) {
		t.Errorf("code %d\n%s", code, stderr.String())
	}
}

func TestBlankVariablesMeanTheDefaults(t *testing.T) {
	for _, name := range []string{"GATEWAY_LISTEN", "PERSISTENCE", "SUPERVISOR_PID"} {
		t.Setenv(name, "")
	}
	t.Setenv("LOCALSTACK_BUILD_DATE", "today")
	opts, problems := options()
	got := fmt.Sprint(opts.Listen.In(true)[0].String(), opts.SupervisorPID, opts.BuildDate)
	if len(problems) != 0 || got != fmt.Sprint("0.0.0.0:4566", emulator.PID(0), "today") {
		t.Errorf("%+v, %v", opts, problems)
	}
}
