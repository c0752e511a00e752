package activate

import (
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/license"
)

// mountVolume puts a tiny file system of its own where the volume is.
func mountVolume(t *testing.T, root layout.Root) (remount func(flags uintptr)) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	path := root.Volume()
	must(t, os.MkdirAll(path, 0o755))
	if err := syscall.Mount("tmpfs", path, "tmpfs", 0, "size=16k"); err != nil {
		t.Skipf("mounting is not allowed here: %v", err)
	}
	t.Cleanup(func() { must(t, syscall.Unmount(path, syscall.MNT_DETACH)) })
	return func(flags uintptr) { must(t, syscall.Mount("", path, "", syscall.MS_REMOUNT|flags, "")) }
}

func TestADiskThatCannotBeWrittenIsOnlyAWarning(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want string
		prepare    func(t *testing.T, s *scene)
	}{
		{"full", "no space left on device", func(t *testing.T, s *scene) {
			mountVolume(t, s.root)
			s.put(t, volume+"/cache/filler", strings.Repeat("x", 12<<10))
		}},
		{"read-only", "read-only file system", func(t *testing.T, s *scene) { mountVolume(t, s.root)(syscall.MS_RDONLY) }},
		{"a file in place of the folder", "not a directory", func(t *testing.T, s *scene) { s.put(t, volume+"/cache", "") }},
		{"a file in place of the volume", "not a directory", func(t *testing.T, s *scene) { s.put(t, volume, "") }},
		{"a folder that leads out of the volume",
			"/.*/cache is a link to \"/.*/etc\", which is not in /.*/localstack", func(t *testing.T, s *scene) {
				must(t, os.MkdirAll(s.path(volume), 0o755))
				must(t, os.Symlink(s.path("etc"), s.path(volume+"/cache")))
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				// A document of 8 KiB does not fit where 4 KiB are left.
				s := newScene(t, grant(func(d *license.Document) {
					d.Secret = []byte(`"` + strings.Repeat("s", 8<<10) + `"`)
				}))
				test.prepare(t, s)
				if err := s.run(t); err != "" {
					t.Error(err)
				}
				got := s.logged(zap.WarnLevel)
				want := "cannot store " + licenseID + " for a start without network: " + s.path(ownPath) + ": " + test.want
				isNamed := strings.Contains(test.want, "link") // when it is read as well
				if len(got) == 0 || len(got) > 1 && !isNamed || !regexp.MustCompile("^"+want+"$").MatchString(got[len(got)-1]) {
					t.Errorf("warned %q, want %s", got, want)
				}
			})
		})
	}
}
