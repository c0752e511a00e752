package file

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// write makes a file with content below a new folder, and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// says checks what an error says.
func says(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// holds checks the content of a file.
func holds(t *testing.T, path, want string) {
	t.Helper()
	if content, err := os.ReadFile(path); err != nil || string(content) != want {
		t.Errorf("%s holds %.100q, %v", path, content, err)
	}
}

// obstacles are what can stand where a file is expected. Each is made at path.
var obstacles = []struct {
	name, want string
	make       func(t *testing.T, path string)
}{
	{"nothing", "no such file or directory", func(*testing.T, string) {}},
	{"a directory", "it is a directory", func(t *testing.T, path string) { must(t, os.MkdirAll(path+"/full", 0o755)) }},
	{"a directory by Docker",
		"it is an empty directory; Docker creates one if the path to mount does not exist on the host",
		func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o755)) }},
	// Nobody ever writes into it: a reader that waits for somebody waits for ever.
	{"a FIFO", "it is a FIFO or a device, not a regular file", func(t *testing.T, path string) {
		must(t, syscall.Mkfifo(path, 0o600))
	}},
	{"a file larger than 1 MiB", "the file is larger than 1 MiB", func(t *testing.T, path string) {
		must(t, os.WriteFile(path, make([]byte, MaxSize+1), 0o600))
	}},
	{"a link to itself", "too many levels of symbolic links", func(t *testing.T, path string) {
		must(t, os.Symlink(path, path))
	}},
	{"a link to nothing", "no such file or directory", func(t *testing.T, path string) {
		must(t, os.Symlink("gone", path))
	}},
}

func TestReadRefusesWhatIsNoSmallRegularFile(t *testing.T) {
	t.Parallel()
	for _, obstacle := range obstacles {
		t.Run(obstacle.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "secret")
			obstacle.make(t, path)
			_, err := Read(path)
			says(t, err, obstacle.want)
		})
	}
}

func TestReadRefusesDevices(t *testing.T) {
	t.Parallel()
	if content, err := Read("/dev/zero"); err == nil {
		t.Errorf("read %d bytes", len(content))
	}
}

func TestReadOwnRefusesWhatIsNoSmallRegularFile(t *testing.T) {
	t.Parallel()
	for _, obstacle := range obstacles {
		t.Run(obstacle.name, func(t *testing.T) {
			t.Parallel()
			base := t.TempDir()
			obstacle.make(t, filepath.Join(base, "license.json"))
			_, err := ReadOwn(base, "license.json")
			says(t, err, obstacle.want)
		})
	}
}

func TestReadTakesAFileOfExactlyOneMiB(t *testing.T) {
	t.Parallel()
	path := write(t, "secret", strings.Repeat("x", MaxSize))
	if content, err := Read(path); err != nil || len(content) != MaxSize {
		t.Errorf("read %d bytes, error %v", len(content), err)
	}
}

func TestReadFollowsLinksAsKubernetesMountsSecrets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "..2026_11_21"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "..2026_11_21", "token"), []byte("ls-x"), 0o600))
	must(t, os.Symlink("..2026_11_21", filepath.Join(dir, "..data")))
	must(t, os.Symlink("..data/token", filepath.Join(dir, "token")))
	if content, err := Read(filepath.Join(dir, "token")); err != nil || string(content) != "ls-x" {
		t.Errorf("read %q, error %v", content, err)
	}
}

func TestReadOwnReturnsWhatWriteOwnWrote(t *testing.T) {
	t.Parallel()
	base := filepath.Join(t.TempDir(), "var", "lib", "localstack")
	for _, content := range [][]byte{[]byte("first"), {}, bytes.Repeat([]byte("x"), MaxSize)} {
		must(t, WriteOwn(base, "cache/license.json", content, 0o600))
		if got, err := ReadOwn(base, "cache/license.json"); err != nil || !bytes.Equal(got, content) {
			t.Errorf("read %d bytes, want %d, error %v", len(got), len(content), err)
		}
	}
}
