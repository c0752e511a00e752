package file

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOnlyAFileOfOursGetsAnotherMode: who may write to the volume could give a secret a name of ours.
func TestOnlyAFileOfOursGetsAnotherMode(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	at := func(name string) string { return filepath.Join(base, name) }
	for _, name := range []string{"ours", "secret"} {
		must(t, os.WriteFile(at(name), nil, 0o600))
	}
	must(t, os.Link(at("secret"), at("another name")))
	must(t, os.Mkdir(at("folder"), 0o700))
	must(t, unix.Mkfifo(at("fifo"), 0o600))
	volume := NewVolume(base, 0)
	for name, want := range map[string]error{
		"ours": nil, "another name": unix.EPERM, "folder": unix.EPERM, "fifo": unix.EPERM,
	} {
		before, err := os.Stat(at(name))
		must(t, err)
		if err := volume.Chmod(name, 0o644); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
		after, err := os.Stat(at(name))
		must(t, err)
		if (after.Mode() != before.Mode()) != (want == nil) {
			t.Errorf("%s has the mode %v", name, after.Mode())
		}
	}
}
