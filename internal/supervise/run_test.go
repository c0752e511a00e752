package supervise

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
)

func TestExitCodeOfTheCommandPassesThrough(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for _, code := range []int{0, 1, 2, 55, 77, 78, 125, 126, 127, 128, 137, 143, 254, 255} {
			init("/bin/sh", "-c", "exit "+strconv.Itoa(code)).exits(code)
		}
	})
}

func TestDeathBySignalIs128PlusIt(t *testing.T) {
	each(t, onPipes, func(t *testing.T, init starter) {
		for _, sig := range []unix.Signal{unix.SIGHUP, unix.SIGABRT, unix.SIGKILL, unix.SIGSEGV, unix.SIGTERM, 64} {
			init("/bin/sh", "-c", "ulimit -c 0; kill -"+strconv.Itoa(int(sig))+" $$").exits(128 + int(sig))
		}
	})
}

// foreign begins like a program for another machine.
const foreign = "\x7fELF\x02\x02\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x16\x00\x00\x00\x01"

func TestCommandThatCannotStartIsSaidAndGivesItsCode(t *testing.T) {
	t.Parallel()
	file := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cases := []struct {
		path, reason string
		code         int
	}{
		{"/no/such/command", "no such file or directory", fault.ExitNotFound},
		{"/tmp", "permission denied: it is a directory, not a program", fault.ExitNotExecutable},
		{file("plain", "exit 0", 0o600), "permission denied: it is not executable: chmod +x FILE; " +
			"in a ConfigMap of Kubernetes, defaultMode: 0755", fault.ExitNotExecutable},
		{file("script", "#!/no/such/shell\n", 0o700), "no such file or directory: " +
			`its interpreter "/no/such/shell" does not exist in this image`, fault.ExitNotFound},
		{file("foreign", foreign, 0o700), "exec format error: it is a program for linux/s390x, and this machine is " +
			"linux/" + runtime.GOARCH + ": use a build for linux/" + runtime.GOARCH, fault.ExitNotExecutable},
	}
	for _, c := range cases {
		for _, how := range []setup{asPID1, asChild} {
			p := start(t, how, "init", c.path)
			p.exits(c.code)
			if said, want := p.silence(), "cannot run "+c.path+": "+c.reason; !slices.Equal(said, []string{want}) {
				t.Errorf("%s: %q, want %q", c.path, said, want)
			}
		}
	}
}

func TestScriptWithoutInterpreterLineRunsInTheShell(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte(`echo "$0 $*"; exit 5`), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"init", "exec"} {
		p := start(t, asChild, role, script, "a", "b c")
		p.expect(script + " a b c")
		p.exits(5)
	}
}

func TestZombieFromBeforeOurTimeIsReaped(t *testing.T) {
	t.Parallel()
	const script = `while grep -qs ') Z' /proc/[0-9]*/stat; do :; done; exit 7`
	start(t, asPID1, "heir", "init", "/bin/sh", "-c", script).exits(7)
}

func TestSubreaperAdoptsOrphans(t *testing.T) {
	t.Parallel()
	const script = `
		orphan=$(/bin/sh -c 'sleep 60 >/dev/null 2>&1 & echo $!')
		grep -q "^PPid:[[:space:]]*$PPID\$" /proc/$orphan/status && exit 7`
	p := start(t, asChild, "init", "/bin/sh", "-c", script)
	p.exits(7)
	if warnings := p.warnings(); len(warnings) > 0 {
		t.Error(warnings)
	}
}

// TestCommandStartsWithDefaultSignals starts from a parent that ignores and blocks signals.
func TestCommandStartsWithDefaultSignals(t *testing.T) {
	t.Parallel()
	cat := []string{"/bin/cat", "/proc/self/status"}
	state := func(argv ...string) string {
		p := start(t, asChild, append(argv, cat...)...)
		p.exits(0)
		var state []string
		for _, line := range p.silence() {
			if name, value, _ := strings.Cut(line, ":\t"); name == "SigBlk" || name == "SigIgn" || name == "SigCgt" {
				state = append(state, name+" "+strings.TrimLeft(value, "0"))
			}
		}
		return strings.Join(state, ", ")
	}
	// Whoever runs the tests may ignore more, such as the C library's signal 32.
	hostile := regexp.MustCompile(`^SigBlk 8000004a00, SigIgn [0-9a-f]*201007, SigCgt $`)
	const plain = "SigBlk , SigIgn , SigCgt "
	if got := state("hostile"); !hostile.MatchString(got) {
		t.Errorf("the parent is not hostile: %s, want %s", got, hostile)
	}
	if got := state("hostile", "init"); got != plain {
		t.Errorf("supervised: %s", got)
	}
	if got := state("hostile", "exec"); got != plain {
		t.Errorf("executed in place: %s", got)
	}
}

func TestFailedExecExplainsAndLeavesSignalsWorking(t *testing.T) {
	t.Parallel()
	p := start(t, asChild, "exec", "/no/such/command")
	p.exits(128 + int(unix.SIGTERM))
	if want := []string{"cannot run /no/such/command: no such file or directory"}; !slices.Equal(p.silence(), want) {
		t.Errorf("%q, want %q", p.said, want)
	}
}
