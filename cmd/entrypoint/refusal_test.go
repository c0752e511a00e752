package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/activate"
	"localstack-entrypoint/internal/testkit"
)

const refusalNote = "var/lib/localstack/cache/entrypoint-refusal.json"

// refusals are the notes of refusals in the volume.
func (w *world) refusals() (notes []activate.RefusalNote) {
	w.Helper()
	content, err := os.ReadFile(filepath.Join(w.root, refusalNote))
	if err == nil {
		err = json.Unmarshal(content, &notes)
	}
	if err != nil {
		w.Fatal(err)
	}
	return notes
}

// rewrite changes the note of a refusal.
func (w *world) rewrite(change func(*activate.RefusalNote)) {
	w.Helper()
	notes := w.refusals()
	if len(notes) != 1 {
		w.Fatalf("there are %d notes of a refusal", len(notes))
	}
	change(&notes[0])
	content, err := json.Marshal(notes)
	if err != nil {
		w.Fatal(err)
	}
	testkit.Put(w.T, w.root, refusalNote, string(content))
}

// asked is how often the license authority was asked for a license. Its log says so
// a moment after its answer: this waits for the last one that is wanted.
func (s *licenseServer) asked(want int) (times int) {
	for until := time.Now().Add(patience); times < want && time.Now().Before(until); time.Sleep(time.Millisecond) {
		times = strings.Count(s.log.String(), "/v1/license/")
	}
	return times
}

func TestARefusedStartThatIsRepeatedWaitsAndSaysLess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server, _ := w.authority("token revoke ID")
	began := time.Now()
	for start := 1; start <= 6; start++ {
		_, stderr, code := w.start("LOG_FORMAT=text")
		if code != 55 || server.asked(start) != start {
			t.Fatalf("start %d: exit code %d, asked %d times: %s", start, code, server.asked(start), stderr)
		}
		if missing(stderr, []string{"Localstack returning with exit code 55. Reason: \n",
			"The credentials defined in your environment are invalid."}) != "" {
			t.Errorf("start %d says %s", start, stderr)
		}
		banner, summary := strings.Contains(stderr, "===="), strings.Contains(stderr, "\nLicense activation failed: ")
		if banner != (start < 3) || summary != (start >= 3) {
			t.Errorf("start %d says %s", start, stderr)
		}
		took, isHeldBack := time.Since(began), strings.Contains(stderr, "retrying in")
		if start > 3 && took < time.Second || start <= 3 && isHeldBack {
			t.Errorf("start %d took %s and says %s", start, took, stderr)
		}
		// All but a second of what the next start is to wait has passed already.
		w.rewrite(func(note *activate.RefusalNote) {
			wait := []time.Duration{1, 1, 1, 2, 4, 8}[start-1] * time.Second
			began = time.Now()
			note.Last, note.Since = began.Add(time.Second-wait), began.Add(time.Second-wait)
		})
	}
	if notes := w.refusals(); len(notes) != 1 || notes[0].Times != 6 {
		t.Errorf("the notes are %+v", notes)
	}
}

func TestARefusalThatIsRepeatedHasItsCountInJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authority("license expire ID")
	for _, want := range []int{1, 2, 3} {
		_, stderr, _ := w.start("LOG_FORMAT=json")
		var said struct {
			ID    string
			Times int       `json:"refused_times"`
			Since time.Time `json:"refused_since"`
		}
		if err := json.Unmarshal([]byte(stderr[strings.LastIndex(strings.TrimSpace(stderr), "\n")+1:]), &said); err != nil {
			t.Fatalf("%v in %s", err, stderr)
		}
		if said.ID != "license.expired" || said.Times != want || time.Since(said.Since) > patience {
			t.Errorf("start %d says %+v", want, said)
		}
	}
}

func TestALicenseThatIsAssignedMeanwhileEndsTheLoop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, run := w.authority("license unassign ID")
	for range 3 {
		w.start("LOG_FORMAT=text")
	}
	run("license assign ID")
	if _, stderr, code := w.start("LOG_FORMAT=text"); code != 0 || !strings.Contains(stderr, "Successfully ") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(w.root, refusalNote)); err == nil {
		t.Error("the note is still there")
	}
}

func TestAnotherTokenIsTriedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authority("token revoke ID")
	w.start("LOG_FORMAT=text")
	w.rewrite(func(note *activate.RefusalNote) { note.Times = 20 })
	w.authority() // with a token of its own, where the last one was
	w.rewrite(func(note *activate.RefusalNote) { note.Endpoint = w.env["API_ENDPOINT"] })
	if _, stderr, code := w.start("LOG_FORMAT=text"); code != 0 || strings.Contains(stderr, "retrying in") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestAQuietRefusalIsHeldBackQuietly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server, _ := w.authority("token revoke ID")
	w.set("LOG_LICENSE_ISSUES", "0")
	w.start("LOG_FORMAT=text")
	began := time.Now()
	w.rewrite(func(note *activate.RefusalNote) { note.Times, note.Last = 3, began })
	_, stderr, code := w.start("LOG_FORMAT=text")
	if code != 55 || strings.Contains(stderr, "refused") || strings.Contains(stderr, "License") || server.asked(2) != 2 {
		t.Errorf("exit code %d, asked %d times, %s", code, server.asked(2), stderr)
	}
	if waited := time.Since(began); waited < time.Second {
		t.Errorf("it waited for %s only", waited)
	}
}

func TestWithoutProNoNoteIsReadOrWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authority("token revoke ID")
	w.start("LOG_FORMAT=text")
	w.rewrite(func(note *activate.RefusalNote) { note.Times = 20 })
	before, _ := os.ReadFile(filepath.Join(w.root, refusalNote))
	w.set("ACTIVATE_PRO", "0")
	if _, stderr, code := w.start("LOG_FORMAT=text"); code != 0 || stderr != "" {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if after, _ := os.ReadFile(filepath.Join(w.root, refusalNote)); string(after) != string(before) {
		t.Errorf("the note became %s", after)
	}
}

func TestSIGTERMWhileAStartWithoutAnInitIsHeldBackExits143(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server, _ := w.authority("token revoke ID")
	w.start("LOG_FORMAT=text")
	w.rewrite(func(note *activate.RefusalNote) { note.Times = 20 })
	w.set("SUPERVISE", "0")
	p := w.asPID1("true")
	p.begin(t)
	eventually(t, "a wait", func() bool { return strings.Contains(p.stderr.String(), "retrying in ") })
	_ = p.Process.Signal(syscall.SIGTERM)
	p.wants(t, 143, "")
	if stderr := p.stderr.String(); strings.Contains(stderr, "License activation failed") || server.asked(1) != 1 {
		t.Errorf("asked %d times, says %s", server.asked(1), stderr)
	}
}
