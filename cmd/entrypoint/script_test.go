package main

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"localstack-entrypoint/internal/testkit"
)

// The transcripts in testdata/script are the readable specification of the
// program: one file per behavior, with the real programs, a real license
// authority and real name servers on loopback. Beside testscript's own
// commands they have these:
//
//	exits CODE PROGRAM [ARG…]    run it; the exit code must be CODE
//	authority start [FLAG…]      a license authority; sets API_ENDPOINT
//	authority stop
//	authority log [N]            its access log becomes the output, when it has so many questions
//	nameserver FILE              a name server, the only one of resolv.conf; FILE has
//	                             "NAME ADDRESS…", "NAME CODE [EDE TEXT…]" or "NAME silent";
//	                             sets NAMESERVER and NAMESERVER_PORT
//	keep VARIABLE                the last output, trimmed, becomes a variable
//	answers URL                  ask URL until it answers; its body becomes the output
//	port VARIABLE                a free port on loopback becomes a variable
//	signal NUMBER                send a signal to the command in the background
func TestScripts(t *testing.T) {
	testkit.RunScripts(t, testscript.Params{
		Dir:                 "testdata/script",
		Setup:               setupScript,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":      exits,
			"authority":  authority,
			"keep":       keep,
			"nameserver": nameserver,
			"answers":    answers,
			"port":       port,
			"signal":     signal,
		},
	})
}

type serverKey struct{}

// setupScript gives every transcript a file system of its own, in which no
// name server answers, so that nothing can leave this machine.
func setupScript(env *testscript.Env) error {
	root := filepath.Join(env.WorkDir, "root")
	env.Values[serverKey{}] = new(*licenseServer)
	env.Setenv("PATH", binaries+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Setenv("FILESYSTEM_ROOT", root)
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("LOCALSTACK_BUILD_VERSION", "4.14.0")
	env.Setenv("ACTIVATION_ATTEMPTS", "1") // so that a start that fails does not take 15 s
	if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "etc/resolv.conf"), []byte("nameserver [127.0.0.1]:1\n"), 0o600)
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%s: %v", args[1], err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("%s ended with exit code %d, want %d", args[1], code, want)
	}
}

func authority(ts *testscript.TestScript, neg bool, args []string) {
	server := ts.Value(serverKey{}).(**licenseServer)
	switch {
	case neg || len(args) == 0:
		ts.Fatalf("usage: authority start|stop|log")
	case args[0] == "start":
		started, err := startLicenseServer(ts.MkAbs("authority"), args[1:]...)
		ts.Check(err)
		ts.Defer(started.Stop)
		*server = started
		ts.Setenv("API_ENDPOINT", started.URL)
	case args[0] == "stop":
		(*server).Stop()
	case args[0] == "log":
		if len(args) == 2 {
			want, err := strconv.Atoi(args[1])
			ts.Check(err)
			(*server).asked(want)
		}
		_, err := ts.Stdout().Write([]byte((*server).log.String()))
		ts.Check(err)
	}
}

func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keep VARIABLE")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

func answers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: answers URL")
	}
	body, err := await(context.Background(), args[0])
	ts.Check(err)
	_, err = ts.Stdout().Write(slices.Concat(body, []byte("\n")))
	ts.Check(err)
}

func signal(ts *testscript.TestScript, neg bool, args []string) {
	running := ts.BackgroundCmds()
	if neg || len(args) != 1 || len(running) != 1 {
		ts.Fatalf("usage: signal NUMBER, with one command in the background")
	}
	number, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(running[0].Process.Signal(syscall.Signal(number)))
}

func port(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: port VARIABLE")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer free.Close()
	ts.Setenv(args[0], strconv.Itoa(free.Addr().(*net.TCPAddr).Port))
}
