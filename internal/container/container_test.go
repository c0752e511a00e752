package container

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/testkit"
)

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tree is a file system by path and content.
type tree map[string]string

// plant makes the file systems, one over the other, and the container in them.
func plant(t testing.TB, trees ...tree) Container {
	t.Helper()
	root := t.TempDir()
	for _, files := range trees {
		for name, content := range files {
			testkit.Put(t, root, name, content)
		}
	}
	return Container{Root: layout.Root(root)}
}

// want is what a check is expected to say. Facts are regular expressions for
// the whole line.
type want struct {
	state    fault.State
	fact     string
	evidence []string
}

func passed(fact string, evidence ...string) want  { return want{fault.Passed, fact, evidence} }
func warned(fact string, evidence ...string) want  { return want{fault.Warned, fact, evidence} }
func skipped(fact string, evidence ...string) want { return want{fault.Skipped, fact, evidence} }

func (w want) compare(t *testing.T, got fault.Check) {
	t.Helper()
	if got.State != w.state || !matches(w.fact, got.Fact) {
		t.Errorf("%s: %s\nwant %s: %s", got.State, got.Fact, w.state, w.fact)
	}
	if !slices.EqualFunc(w.evidence, got.Evidence, matches) {
		t.Errorf("evidence %q\nwant %q", got.Evidence, w.evidence)
	}
	row := "system." + got.Name
	if (got.State == fault.Warned) != (got.Finding != nil) || got.Finding != nil && string(got.Finding.ID) != row {
		t.Errorf("the finding is %v, want %s", got.Finding, row)
	}
}

func matches(pattern, line string) bool {
	return regexp.MustCompile("^(?:" + pattern + ")$").MatchString(line)
}

// Another process makes the check that the variable names, and writes it to
// this descriptor. It may be of a user who can open nothing of ours.
const (
	checkVariable    = "CONTAINER_TEST_CHECK"
	answerDescriptor = 3
)

// TestHelperLooksFromAnotherProcess is no test of its own: it is this program
// in the situation that another test has made for it.
func TestHelperLooksFromAnotherProcess(t *testing.T) {
	checks := Container{GatewayListen: ":4566,:443"}.Checks()
	asked := slices.IndexFunc(checks, func(c Check) bool { return c.Name == os.Getenv(checkVariable) })
	if asked < 0 {
		return
	}
	seen := checks[asked].Make(t.Context())
	if seen.Finding != nil {
		seen.Finding.Cause = nil // an error has no JSON
	}
	answer := os.NewFile(answerDescriptor, "answer")
	noError(t, json.NewEncoder(answer).Encode(seen))
	noError(t, answer.Close())
}

// lookFrom runs script in namespaces of its own, and returns what the check by
// that name sees from where "$LOOK" is in the script.
func lookFrom(t *testing.T, namespaces uintptr, script, name string) (seen fault.Check) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may make namespaces")
	}
	program, err := os.Executable()
	noError(t, err)
	answer, err := os.Create(filepath.Join(t.TempDir(), "answer"))
	noError(t, err)
	defer answer.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, "/bin/sh", "-c", script)
	command.Env = append(os.Environ(), checkVariable+"="+name, "GORACE=atexit_sleep_ms=0",
		"LOOK="+program+" -test.run=^TestHelperLooksFromAnotherProcess$")
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces, Unshareflags: syscall.CLONE_NEWNS}
	command.ExtraFiles = []*os.File{answer} // the first of them is descriptor 3
	command.WaitDelay = 10 * time.Second
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", script, err, out)
	}
	content, err := os.ReadFile(answer.Name())
	noError(t, err)
	noError(t, json.Unmarshal(content, &seen))
	return seen
}

func TestEveryCheckHasItsName(t *testing.T) {
	t.Parallel()
	for _, check := range plant(t).Checks() {
		if got := check.Make(t.Context()).Name; got != check.Name {
			t.Errorf("%s calls itself %s", check.Name, got)
		}
	}
}

// needs skips a test where a program is not installed.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
}

func TestSizesAreHumanReadable(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[uint64]string{
		0: "0 KiB", 4096: "4 KiB", 41 << 20: "41 MiB", 512 << 20: "512 MiB", 1536 << 20: "1.5 GiB",
	} {
		if got := size(bytes); got != want {
			t.Errorf("%d bytes are %s, want %s", bytes, got, want)
		}
	}
}
