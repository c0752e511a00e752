package emulator

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3/backend/s3bolt"

	"localstack-entrypoint/internal/layout"
)

// What a storage on disk hands out belongs to the database file, and is gone or
// overwritten soon after. A client that reads slowly must not notice.
func TestASlowReaderGetsTheObjectItAskedFor(t *testing.T) {
	db, err := openState(filepath.Join(t.TempDir(), "s3.bolt"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := &store{Backend: s3bolt.New(db)}
	if err := s.CreateBucket("busy"); err != nil {
		t.Fatal(err)
	}
	put := func(key, fill string) {
		content := strings.Repeat(fill, 500_000)
		if _, err := s.PutObject("busy", key, nil, strings.NewReader(content), int64(len(content)), nil); err != nil {
			t.Error(err)
		}
	}
	put("shared", "a")
	object, err := s.GetObject("busy", "shared", nil)
	if err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for n := range 8 {
				put("shared", "b")
				put(fmt.Sprintf("grow/%d/%d", i, n), "c") // the file has to be mapped anew
			}
		})
	}
	writers.Wait()
	content, err := io.ReadAll(object.Contents)
	if err != nil || string(content) != strings.Repeat("a", 500_000) {
		t.Errorf("got %d bytes of something else, %v", len(content), err)
	}
}

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
