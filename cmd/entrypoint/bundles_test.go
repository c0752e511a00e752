package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// mountedName is where a certificate authority is mounted.
const mountedName = "usr/local/share/ca-certificates/corp.crt"

// bundles are the files that were written for the emulator into a folder below the root.
func (w *world) bundles(folder string) []string {
	w.Helper()
	paths, err := filepath.Glob(filepath.Join(w.root, folder, "ca-bundle-*"))
	if err != nil {
		w.Fatal(err)
	}
	return paths
}

// mountedStage is a container with an authority, and pro features off.
func mountedStage(t *testing.T) *stage {
	t.Helper()
	s := newStage(t, testkit.EmptyPipe)
	s.log.Read()
	testkit.Put(t, s.root, mountedName, testkit.NewAuthority(t, "Corp CA").PEM)
	testkit.Put(t, s.root, testkit.SystemBundle, testkit.NewAuthority(t, "System CA").PEM)
	s.asPID1(obedient)
	return s
}

// A disk that does not answer costs a start no more than 0.2 s, whether it has the authority or should get the bundle.
func TestADiskThatHangsDelaysNoBundle(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		numbers []uintptr
		path    string // of what hangs, below the root
		says    string
	}{
		"authority": {syscalls.Opens, mountedName, "are ignored: the disk does not respond"},
		"volume": {slices.Concat(syscalls.Opens, syscalls.Renames), "var/lib/localstack/cache/ca-bundle-",
			"/tmp/ca-bundle-"},
		"whole volume": {slices.Concat(onDisk(), unlinks), "var/lib/localstack", "/tmp/ca-bundle-"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quick(t, func() (wrong string) {
				s := mountedStage(t)
				s.intercepted(func(call *syscalls.Call) unix.Errno {
					hangs := func(path string) bool { return strings.HasPrefix(path, filepath.Join(s.root, c.path)) }
					if slices.Contains(c.numbers, call.Number) && slices.ContainsFunc(call.Files(), hangs) {
						call.Hold(nil)
					}
					return syscalls.Continue
				})
				s.hears("up")
				took := time.Since(s.began)
				s.sends(unix.SIGTERM)
				s.ends(5, time.Now())
				if log := s.log.All(); !strings.Contains(log, c.says) {
					return "it says " + log
				}
				if took > prompt {
					return "the emulator started after " + took.String()
				}
				return ""
			})
		})
	}
}

// The same bundle has the same name, so restarts add none.
func TestRestartsLeaveOneBundle(t *testing.T) {
	t.Parallel()
	s := mountedStage(t)
	s.start()
	s.hears("up")
	first := s.bundles("var/lib/localstack/cache")
	for range 3 {
		s.sends(unix.SIGUSR1)
		s.hears("up")
	}
	s.sends(unix.SIGTERM)
	s.ends(5, time.Now())
	if last := s.bundles("var/lib/localstack/cache"); len(first) != 2 || !slices.Equal(first, last) {
		t.Errorf("%q after restarts, %q before", last, first)
	}
}

// A container that runs for days says now and then that it uses its bundles, also without pro features.
func TestARunningContainerKeepsItsBundles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	testkit.Put(t, w.root, mountedName, testkit.NewAuthority(t, "Corp CA").PEM)
	if _, stderr, code := w.start("LOG_FORMAT=text"); code != 0 {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	used := w.bundles("var/lib/localstack/cache")
	unused := w.volumePath("cache/ca-bundle-00000000000000000000000000000000.pem")
	testkit.Put(t, w.root, "var/lib/localstack/cache/"+filepath.Base(unused), "x")
	for _, path := range append(used, unused) {
		old := time.Now().Add(-30 * time.Hour)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	renewal := exec.Command(filepath.Join(binaries, "entrypoint"))
	renewal.Args, renewal.Env = []string{renewName}, w.environ()
	if out, err := renewal.CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	if left := w.bundles("var/lib/localstack/cache"); len(used) == 0 || !slices.Equal(left, used) {
		t.Errorf("%q are left, used are %q", left, used)
	}
}

// Who puts the certificate itself into a variable may put its key there, too.
func TestPEMTextInAVariableIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := testkit.NewAuthority(t, "Corp CA").PEM
	testkit.Put(t, w.root, mountedName, text)
	for _, variable := range []string{"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"} {
		w.set(variable, strings.ReplaceAll(text, "CERTIFICATE", "PRIVATE KEY"))
	}
	w.set("LS_LOG", "debug")
	w.set("API_ENDPOINT", "https://127.0.0.1:1/v1")
	secret := strings.Split(text, "\n")[2]
	for _, pro := range []string{"0", "1"} {
		w.set("ACTIVATE_PRO", pro)
		for _, format := range []string{"text", "json"} {
			_, stderr, _ := w.start("LOG_FORMAT=" + format)
			if !strings.Contains(stderr, "REQUESTS_CA_BUNDLE is ignored: it holds PEM text instead of a path") ||
				strings.Contains(stderr, secret) {
				t.Errorf("ACTIVATE_PRO=%s, %s: %s", pro, format, stderr)
			}
		}
	}
	for _, args := range [][]string{{"doctor", "--verbose"}, {"doctor", "--json"}} {
		if stdout, stderr, _ := run3(t, w.environ(), "entrypoint", args...); strings.Contains(stdout+stderr, secret) {
			t.Errorf("%q: %s%s", args, stdout, stderr)
		}
	}
}

// The emulator needs the user's bundles also where the activation, which tells what is wrong with them, needs none.
func TestADamagedBundleIsNamedWithoutARequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("API_ENDPOINT", "https://127.0.0.1:1/v1")
	w.trust("no certificate")
	w.store(func(*license.Document) {})
	_, stderr, code := w.start("LOG_FORMAT=text")
	if code != 0 || !strings.Contains(stderr, saysCached) || strings.Contains(stderr, saysOffline) ||
		strings.Count(stderr, "REQUESTS_CA_BUNDLE=") != 1 {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}
