package lab

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/creack/pty"

	"localstack-entrypoint/internal/fault"
)

var showDoctor = flag.Bool("doctor", false, "show what the doctor says of every situation, on a terminal and in JSON")

// examination is what `entrypoint doctor --json` says.
type examination struct {
	Outcome  string `json:"outcome"`
	ExitCode int    `json:"exit_code"`
	Failure  struct {
		ID fault.ID `json:"id"`
	} `json:"failure"`
	Checks []check `json:"checks"`
}

// check is one of the doctor's.
type check struct {
	Name     string      `json:"name"`
	State    fault.State `json:"state"`
	ID       fault.ID    `json:"id"`
	Fact     string      `json:"fact"`
	Evidence []string    `json:"evidence"`
}

// doctor has the container examined.
func (w *world) doctor(t *testing.T) examination {
	t.Helper()
	stdout, stderr, code := w.entrypoint("doctor", "--json", "--", "echo")
	var told examination
	if err := json.Unmarshal([]byte(stdout), &told); err != nil {
		t.Fatalf("doctor --json: %v in %q\n%s", err, stdout, stderr)
	}
	if told.ExitCode != code {
		t.Errorf("doctor ends with exit code %d, and says %d", code, told.ExitCode)
	}
	return told
}

// check is the one of that name.
func (e examination) check(t *testing.T, name string) check {
	t.Helper()
	for _, one := range e.Checks {
		if one.Name == name {
			return one
		}
	}
	t.Fatalf("the doctor has no check %q: %+v", name, e.Checks)
	return check{}
}

// agreeWithStart has the doctor forecast what has just become of a start, and
// warn of something where there is something to warn of.
func agreeWithStart(t *testing.T, w *world, said outcome, warning fault.ID) examination {
	t.Helper()
	// With it, a start with a CI token would send no request.
	stored := filepath.Join(w.root, "var/lib/localstack/cache/license.json")
	if err := os.Remove(stored); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	told := w.doctor(t)
	want := said.exit
	if want == 0 && told.Outcome == "unknown" {
		want = fault.ExitUnknown // a CI token's license is not requested
	}
	if told.Failure.ID != said.ID || told.ExitCode != want {
		t.Errorf("the doctor forecasts %s %q and exit code %d; the start ended with %q and %d",
			told.Outcome, told.Failure.ID, told.ExitCode, said.ID, said.exit)
	}
	warns := func(c check) bool { return c.State == fault.Warned && c.ID == warning }
	if warning != "" && !slices.ContainsFunc(told.Checks, warns) {
		t.Errorf("the doctor does not warn of %s: %+v", warning, told.Checks)
	}
	return told
}

// show shows the doctor at work.
func (w *world) show(t *testing.T, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.program("entrypoint"), "doctor", "--", "echo")
	cmd.Env = w.environ()
	var terminal *os.File
	if err := w.Inside(func() (err error) { terminal, err = pty.Start(cmd); return err }); err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	shown, _ := io.ReadAll(terminal) // ends with an error when the program does
	_ = cmd.Wait()
	inJSON, _, _ := w.entrypoint("doctor", "--json", "--", "echo")
	fmt.Printf("== %s\n$ entrypoint doctor\n%s$ entrypoint doctor --json\n%s\n", name, shown, inJSON)
}
