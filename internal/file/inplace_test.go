package file

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// inPlace writes a file as one that cannot be replaced.
func inPlace(t *testing.T, base, name string, content []byte) (err error) {
	t.Helper()
	return inFolder(base, func(root *os.Root) error {
		f, err := overwrite(root, name, content, 0o604, true, unix.EBUSY)
		if err == nil {
			f.Close()
		}
		return err
	})
}

// mountAlone makes a file a mount by itself.
func mountAlone(t *testing.T, path string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	if err := unix.Mount(path, path, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("mounting is not allowed here: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(path, unix.MNT_DETACH)) })
}

func TestAFileThatIsMountedIsWrittenAndEmptied(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	path := filepath.Join(base, "cache", "license.json")
	must(t, WriteOwn(base, "cache/license.json", []byte("old"), 0o600))
	mountAlone(t, path)
	must(t, CanWrite(base, "cache/license.json"))
	for _, content := range []string{"longer than before", "short"} {
		must(t, WriteOwn(base, "cache/license.json", []byte(content), 0o600))
		holds(t, path, content)
	}
	must(t, RemoveOwn(base, "cache/license.json"))
	holds(t, path, "")
	if left := names(t, filepath.Join(base, "cache")); len(left) != 1 {
		t.Errorf("left %q", left)
	}
	must(t, unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""))
	const readOnly = "read-only file system"
	says(t, CanWrite(base, "cache/license.json"), readOnly)
	says(t, WriteOwn(base, "cache/license.json", []byte("document"), 0o600), readOnly)
	says(t, RemoveOwn(base, "cache/license.json"), readOnly)
}

func TestWhereAnybodyMayWriteNothingIsWrittenInPlace(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	path := filepath.Join(base, "bundle.pem")
	must(t, os.WriteFile(path, []byte("old"), 0o666))
	mountAlone(t, path)
	says(t, WriteUnsynced(base, "bundle.pem", []byte("new"), 0o644), unix.EBUSY.Error())
	holds(t, path, "old")
	if left := names(t, base); len(left) != 1 {
		t.Errorf("left %q", left)
	}
}

func TestAFileIsWrittenInPlace(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	path := filepath.Join(base, "license.json")
	must(t, os.WriteFile(path, []byte("old"), 0o600))
	must(t, os.Chmod(path, 0o460))
	before, err := os.Stat(path)
	must(t, err)
	for _, content := range []string{"longer than before", "short", "", strings.Repeat("x", MaxSize)} {
		must(t, inPlace(t, base, "license.json", []byte(content)))
		holds(t, path, content)
	}
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) || after.Mode() != 0o664 {
		t.Errorf("%v became %v, %v", before, after, err)
	}
}

func TestReadersOfAFileThatIsWrittenInPlaceSeeItWhole(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	// Within a page, as licenses are: between two, the kernel may interrupt a writer for longer than any reader waits.
	contents := [][]byte{bytes.Repeat([]byte("a"), 3000), bytes.Repeat([]byte("b"), 900), bytes.Repeat([]byte("c"), 3900)}
	pace := time.NewTicker(10 * readPause) // a disk is slower than this one
	defer pace.Stop()
	must(t, WriteOwn(base, "license.json", contents[0], 0o600))
	mountAlone(t, filepath.Join(base, "license.json"))
	var writer sync.WaitGroup
	done := make(chan struct{})
	writer.Go(func() {
		defer close(done)
		for i := range 100 {
			<-pace.C
			if err := WriteOwn(base, "license.json", contents[i%len(contents)], 0o600); err != nil {
				t.Error(err)
			}
		}
	})
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		content, err := ReadOwn(base, "license.json")
		if err != nil {
			t.Error(err)
		}
		content = bytes.TrimRight(content, "\n")
		isOne := false
		for _, one := range contents {
			isOne = isOne || bytes.Equal(content, one)
		}
		if !isOne {
			t.Errorf("read %d bytes, a mixture", len(content))
		}
	}
	writer.Wait()
}

func TestADiskThatIsFullKeepsTheOldContentOfAFileThatIsWrittenInPlace(t *testing.T) {
	t.Parallel()
	base := mountTmpfs(t, 0, "size=64k")
	path := filepath.Join(base, "license.json")
	must(t, os.WriteFile(path, []byte("old"), 0o600))
	err := inPlace(t, base, "license.json", bytes.Repeat([]byte("x"), 256<<10))
	if !errors.Is(err, unix.ENOSPC) {
		t.Errorf("%v", err)
	}
	holds(t, path, "old")
}

func TestAFileWithAnotherNameIsNotWrittenInPlace(t *testing.T) {
	t.Parallel()
	outside := write(t, "passwd", "root:x:0:0")
	base := filepath.Join(filepath.Dir(outside), "volume")
	must(t, os.Mkdir(base, 0o755))
	must(t, os.Link(outside, filepath.Join(base, "license.json")))
	says(t, inPlace(t, base, "license.json", []byte("document")), "device or resource busy")
	must(t, WriteOwn(base, "license.json", []byte("document"), 0o600)) // replaces only its name
	holds(t, outside, "root:x:0:0")
	holds(t, filepath.Join(base, "license.json"), "document")
}

func TestWhatIsNoFileIsNotWrittenInPlace(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	must(t, unix.Mkfifo(filepath.Join(base, "fifo"), 0o600))
	must(t, os.Symlink("fifo", filepath.Join(base, "link")))
	for _, name := range []string{"fifo", "link", "nothing"} {
		says(t, inPlace(t, base, name, []byte("document")), "device or resource busy")
	}
}
