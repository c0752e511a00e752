package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

// underStack runs the entrypoint with a soft limit of 8 MiB for the stack, as containers have it: the kernel then takes
// 2 MiB of arguments and environment. It reports whether the kernel takes the environment for the entrypoint at all.
func (w *world) underStack(ulimit string, env []string, command ...string) (said string, code int, taken bool) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	argv := []string{"-c", ulimit + ` && exec "$@"`, "sh", filepath.Join(binaries, "entrypoint")}
	cmd := exec.CommandContext(ctx, "/bin/sh", append(argv, command...)...)
	cmd.Env = env
	output, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err.Error(), 0, false
	}
	said, code = string(output), cmd.ProcessState.ExitCode()
	return said, code, code != fault.ExitNotExecutable || strings.Contains(said, "Localstack returning")
}

// filled is the environment with variables of size bytes in total.
func (w *world) filled(name string, size int) []string {
	const longest = 100_000
	env := w.environ("LOCALSTACK_SMALL=kept")
	for i := 0; size > 0; i++ {
		value := min(size, longest)
		env = append(env, fmt.Sprintf("%s%d=%s", name, i, strings.Repeat("x", value)))
		size -= value
	}
	return env
}

// largest is the largest environment that the kernel takes for the entrypoint.
func (w *world) largest(name, ulimit string, command ...string) []string {
	w.Helper()
	const least, most = 1 << 20, 2 << 20
	size := sort.Search(most-least, func(n int) bool {
		_, _, taken := w.underStack(ulimit, w.filled(name, least+n), command...)
		return !taken
	})
	if size == 0 || size == most-least {
		w.Fatalf("there is no limit between %d and %d bytes", least, most)
	}
	return w.filled(name, least+size-1)
}

const softStack, hardStack = "ulimit -S -s 8192", "ulimit -s 8192"

func TestWhateverEnvironmentTheKernelTakesForUsItTakesForTheEmulator(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"LOCALSTACK_LARGE", "LARGE"} {
		for _, supervise := range []string{"0", "1"} {
			t.Run(name+" "+supervise, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.set("ACTIVATE_PRO", "0")
				w.set("SUPERVISE", supervise)
				w.script("hook.sh", `test "${#`+name+`0}" = 100000`)
				command := []string{"sh", "-c", `echo "${#` + name + `0} $SMALL ${LARGE11+is set}"`}
				env := w.largest(name, softStack, command...)
				said, code, _ := w.underStack(softStack, env, command...)
				if code != 0 || strings.Contains(said, "ERROR") {
					t.Fatalf("exit code %d: %.500s", code, said)
				}
				want := "100000 kept is set"
				if name == "LOCALSTACK_LARGE" {
					want = "100000 kept \n"
					const warning = "not set are LARGE10, LARGE11, LARGE12 and "
					if !strings.Contains(said, warning) {
						t.Errorf("nothing says %q: %.500s", warning, said)
					}
				}
				if !strings.Contains(said, want) {
					t.Errorf("%.500s", said)
				}
			})
		}
	}
}

func TestAPathThatCannotGrowStaysAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	testkit.Put(t, w.root, "opt/code/localstack/.venv/bin/tool", "")
	path := "/usr/bin:/bin:/" + strings.Repeat("x", 131_071-len("PATH=/usr/bin:/bin:/"))
	w.set("PATH", path)
	stdout, stderr, code := w.start("LOG_FORMAT=text")
	if code != 0 || stdout != "" {
		t.Errorf("exit code %d: %.500s", code, stderr)
	}
}

func TestAnEnvironmentThatIsTooLargeIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("LOCALSTACK_SUPERVISOR_COMMAND", "true "+strings.Repeat("x", 50_000))
	env := w.largest("LARGE", hardStack, "doctor", "--offline")
	said, code, _ := w.underStack(hardStack, env)
	const reason = "The command to run cannot be executed because arguments and environment are too large: " +
		"the environment has 20"
	if code != fault.ExitNotExecutable || !strings.Contains(said, reason) ||
		!strings.Contains(said, `the largest one is "LARGE11" with 98 KiB`) || strings.Contains(said, "xxxx") {
		t.Errorf("exit code %d: %.1000s", code, said)
	}
	said, code, _ = w.underStack(hardStack, env, "doctor", "--offline")
	if code != fault.ExitLicense || !strings.Contains(said, "with exit code 126 (command.environment)") {
		t.Errorf("the doctor predicts %d: %.1000s", code, said)
	}
}
