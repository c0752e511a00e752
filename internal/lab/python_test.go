package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
)

// debianPython is the one that has the packages of .ci/packages.
const debianPython = "/usr/bin/python3"

// client is what became of a request of Python's, as the emulator sends it.
type client struct {
	// Stage is where the request failed, as in the failure table, or "server" when there was an answer.
	Stage string `json:"stage"`
	// Says is the answer's status or the error.
	Says string `json:"says"`
}

// inContainer gives a program the files of the container whose root is its
// first argument, as far as libc and requests read them. What the container
// does not have is empty.
const inContainer = `
for file in etc/resolv.conf etc/hosts etc/ssl/certs; do
	if [ -e "$0/$file" ]; then mount --bind "$0/$file" "/$file"; else mount --bind /dev/null "/$file"; fi || exit
done
exec "$@"`

// python is the command line that has Python ask the licensing server.
func (w *world) python() []string {
	w.Helper()
	script, err := filepath.Abs("testdata/client.py")
	if err != nil {
		w.Fatal(err)
	}
	return []string{"unshare", "--mount", "sh", "-c", inContainer, w.root, debianPython, "-I", script}
}

// asksWithPython has Python ask the licensing server in the container, without
// the entrypoint.
func (w *world) asksWithPython() (client, error) {
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	argv := w.python()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = w.environ()
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := w.Inside(cmd.Start); err != nil {
		return client{}, err
	}
	if err := cmd.Wait(); err != nil {
		return client{}, fmt.Errorf("%w: %s", err, errs.String())
	}
	return readClient(out.String())
}

func readClient(printed string) (said client, err error) {
	if err = json.Unmarshal([]byte(printed), &said); err != nil {
		err = fmt.Errorf("%w in %q", err, printed)
	}
	return said, err
}

// emulators is what the emulator's Python is told: where a start has worked, as
// its command; where it has failed, without the entrypoint, while the caller
// does something else.
func (w *world) emulators(said outcome) func(*testing.T) client {
	type told struct {
		client
		err error
	}
	answer := make(chan told, 1)
	go func() {
		var got told
		if said.ID == "" {
			got.client, got.err = readClient(said.python)
		} else {
			got.client, got.err = w.asksWithPython()
		}
		answer <- got
	}()
	return func(t *testing.T) client {
		t.Helper()
		got := <-answer
		if got.err != nil {
			t.Fatalf("python: %v", got.err)
		}
		return got.client
	}
}

// agreeWithPython reports where a start gets through and the emulator's Python
// does not, or the other way round. why is the reason for a difference that has
// to be.
func agreeWithPython(t *testing.T, seen observed, why string) {
	agrees := seen.agrees(t)
	if !agrees && why == "" {
		t.Errorf("the start ended with %q, and the emulator's Python gets to %s: %s\n%s", seen.ID, seen.emulators.Stage,
			seen.emulators.Says, seen.warnings)
	}
	if agrees && why != "" {
		t.Errorf("both end alike, with %q and %q; so it is not true that %s", seen.ID, seen.emulators.Says, why)
	}
}

// agrees reports whether a start has said what the emulator will meet. Where it
// has failed, Python fails, too: at the same stage, at a later one that our
// finding explains, or at an earlier one that the doctor warns of. Where it has
// worked, Python gets through, or we have warned, at the start or by the doctor.
func (o observed) agrees(t *testing.T) bool {
	t.Helper()
	through, theirs := o.emulators.Stage == fault.StageServer.String(), stageOf(o.emulators.Stage)
	if o.ID == "" {
		return through || o.warned() || o.told.warned(theirs)
	}
	ours, known := fault.Lookup(o.ID)
	switch {
	case !known:
		t.Fatalf("no row %q", o.ID)
	case through:
		return ours.Stage >= fault.StageServer
	case ours.Stage == fault.StageNone: // the configuration is wrong, for Python, too
		return true
	case theirs == ours.Stage, theirs > ours.Stage && ours.Explains(fault.Row{Stage: theirs}):
		return true
	}
	return o.told.warned(theirs)
}

// warned reports whether a start warned of something.
func (o outcome) warned() bool {
	return slices.ContainsFunc(o.log, func(line logLine) bool { return line.Level == "warn" })
}

// warned reports whether the doctor warned of something at a stage of the way.
func (e examination) warned(stage fault.Stage) bool {
	return slices.ContainsFunc(e.Checks, func(one check) bool {
		return one.State == fault.Warned && stage != fault.StageNone && stageOf(one.Name) == stage
	})
}

// stageOf is the stage of a name; StageNone for others.
func stageOf(name string) fault.Stage {
	for stage := fault.StageNone; stage <= fault.StageLicense; stage++ {
		if stage.String() == name {
			return stage
		}
	}
	return fault.StageNone
}
