package emulator

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/layout"
)

func TestPersistenceIsAFeatureOfPro(t *testing.T) {
	root := t.TempDir()
	e, log := newTest(t, Options{Persistence: On, Root: layout.Root(root)})
	got := log.String()
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, "PERSISTENCE=1") || strings.Contains(got, "license") {
		t.Errorf("logged %q", got)
	}
	ask(e, "PUT", "/forgotten", "")
	ask(e, "PUT", "/forgotten/key", "content")
	if _, err := os.Stat(filepath.Join(root, "var/lib/localstack/state")); err == nil {
		t.Error("something is on disk")
	}
}

func TestAStateThatCannotBeKeptStopsTheStart(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "var"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	options := Options{Persistence: On, Root: layout.Root(root), ProActivated: "1"}
	_, err := New(options, Process{Stdout: io.Discard, Stderr: io.Discard})
	if err == nil || !strings.HasPrefix(err.Error(), "cannot keep S3 on disk: ") {
		t.Errorf("got %v", err)
	}
}

// A volume of an earlier version is taken over, or it stays as it is and the start fails.
func TestAVolumeOfAnEarlierVersionIsTakenOver(t *testing.T) {
	former, err := os.ReadFile("../s3/testdata/former.bolt")
	if err != nil {
		t.Fatal(err)
	}
	options := Options{Persistence: On, Root: layout.Root(t.TempDir()), ProActivated: "1"}
	state := filepath.Join(options.Root.Volume(), "state")
	if err := os.MkdirAll(state, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name string, content []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(state, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	damaged := []byte(strings.Repeat("no database ", 1000))
	write("s3.bolt", damaged)
	_, err = New(options, Process{Stdout: io.Discard, Stderr: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "cannot convert the S3 objects of an earlier version in "+state) {
		t.Errorf("got %v", err)
	}
	if still, err := os.ReadFile(filepath.Join(state, "s3.bolt")); err != nil || string(still) != string(damaged) {
		t.Errorf("the damaged file has changed: %v", err)
	}

	write("s3.bolt", former)
	write("s3.db.new", damaged) // of a start that was killed
	e, log := newTest(t, options)
	if w := ask(e, "GET", "/former/dir/%C3%BC", ""); w.Code != 200 || w.Body.String() != "content" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "Converted the S3 objects of an earlier version in ") {
		t.Errorf("logged %q", log)
	}
	files, err := os.ReadDir(state)
	if err != nil || len(files) != 1 || files[0].Name() != "s3.db" {
		t.Errorf("in the folder: %v, %v", files, err)
	}
}

// Another process that converts the volume as well would remove what this one writes.
func TestOnlyOneProcessConvertsAVolume(t *testing.T) {
	former, err := os.ReadFile("../s3/testdata/former.bolt")
	if err != nil {
		t.Fatal(err)
	}
	options := Options{Persistence: On, Root: layout.Root(t.TempDir()), ProActivated: "1"}
	state := filepath.Join(options.Root.Volume(), "state")
	if err := os.MkdirAll(state, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(state, "s3.bolt"), former, 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := os.Open(state)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := unix.Flock(int(other.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	_, err = New(options, Process{Stdout: io.Discard, Stderr: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "does another container use the same volume?") {
		t.Errorf("got %v", err)
	}
	if files, err := os.ReadDir(state); err != nil || len(files) != 1 || files[0].Name() != "s3.bolt" {
		t.Errorf("in the folder: %v, %v", files, err)
	}
}
