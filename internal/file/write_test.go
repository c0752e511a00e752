package file

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// names are what is below dir.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

func TestWriteOwnGivesTheFileItsModeWhateverTheUmask(t *testing.T) {
	// Not parallel: the umask is the whole process's.
	defer syscall.Umask(syscall.Umask(0o077))
	base := t.TempDir()
	for _, mode := range []fs.FileMode{0o600, 0o664} {
		name := fmt.Sprintf("file-%o", mode)
		for range 2 { // made, then replaced
			must(t, WriteOwn(base, name, []byte("content"), mode))
			info, err := os.Stat(filepath.Join(base, name))
			must(t, err)
			if info.Mode() != mode {
				t.Errorf("mode %o, want %o", info.Mode(), mode)
			}
		}
	}
}

func TestOtherUsersFindTheFileInFoldersThatAreMadeWhateverTheUmask(t *testing.T) {
	// Not parallel: the umask is the whole process's.
	defer syscall.Umask(syscall.Umask(0o077))
	base := filepath.Join(t.TempDir(), "volume")
	must(t, WriteOwn(base, "some/deep/folder/file", nil, 0o644))
	for folder := filepath.Join(base, "some/deep/folder"); folder != filepath.Dir(base); folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		must(t, err)
		if info.Mode() != fs.ModeDir|folderMode {
			t.Errorf("%s has the mode %o", folder, info.Mode())
		}
	}
}

func TestWriteOwnSaysWhyItCannotAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want string
		make       func(t *testing.T, base string)
	}{
		{"a directory in place of the file", "it is a directory", func(t *testing.T, base string) {
			must(t, os.MkdirAll(filepath.Join(base, "cache", "license.json", "full"), 0o755))
		}},
		{"a directory by Docker in place of the file", ErrEmptyDirectory.Error(), func(t *testing.T, base string) {
			must(t, os.MkdirAll(filepath.Join(base, "cache", "license.json"), 0o755))
		}},
		{"a file in place of the folder", "not a directory", func(t *testing.T, base string) {
			must(t, os.WriteFile(filepath.Join(base, "cache"), nil, 0o600))
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			base := t.TempDir()
			test.make(t, base)
			before := everything(t, base)
			says(t, CanWrite(base, "cache/license.json"), test.want)
			says(t, WriteOwn(base, "cache/license.json", []byte("document"), 0o600), test.want)
			if after := everything(t, base); after != before {
				t.Errorf("before %s, after %s", before, after)
			}
		})
	}
	says(t, WriteOwn(write(t, "volume", ""), "cache/license.json", nil, 0o600), "not a directory")
}

// everything is a list of all paths below base.
func everything(t *testing.T, base string) string {
	t.Helper()
	var all strings.Builder
	must(t, filepath.WalkDir(base, func(path string, _ fs.DirEntry, err error) error {
		fmt.Fprintln(&all, path)
		return err
	}))
	return all.String()
}

func TestReadersSeeOneOfManyWritersWhole(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	content := func(writer int) []byte { return bytes.Repeat([]byte{byte('a' + writer)}, 64<<10) }
	must(t, WriteOwn(base, "license.json", content(0), 0o600))
	var writers sync.WaitGroup
	for writer := range 8 {
		writers.Go(func() {
			for range 20 {
				if err := WriteOwn(base, "license.json", content(writer), 0o600); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		got, err := ReadOwn(base, "license.json")
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 64<<10 || !bytes.Equal(got, content(int(got[0]-'a'))) {
			t.Fatalf("read a mixture of %d bytes", len(got))
		}
	}
	if left := names(t, base); len(left) != 1 {
		t.Errorf("left %q", left)
	}
}

func TestWriteOwnSweepsUpAfterWritersThatCrashed(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	old, young := filepath.Join(base, "license.json.OLD.tmp"), filepath.Join(base, "license.json.YOUNG.tmp")
	other := filepath.Join(base, "machine.json.OLD.tmp")
	for _, path := range []string{old, young, other} {
		must(t, os.WriteFile(path, []byte("half"), 0o600))
		if path != young {
			long := time.Now().Add(-2 * abandonedAfter)
			must(t, os.Chtimes(path, long, long))
		}
	}
	must(t, WriteOwn(base, "license.json", []byte("document"), 0o600))
	// A name is no pattern, wherever a link leads.
	must(t, os.Symlink("?*", filepath.Join(base, "link")))
	must(t, WriteOwn(base, "link", nil, 0o600))
	must(t, os.Remove(filepath.Join(base, "link")))
	must(t, os.Remove(filepath.Join(base, "?*")))
	const want = "license.json license.json.YOUNG.tmp machine.json.OLD.tmp"
	if got := strings.Join(names(t, base), " "); got != want {
		t.Errorf("left %s, want %s", got, want)
	}
}
