package activate

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/license"
)

// mountVolume puts a tiny file system of its own where the volume is.
func mountVolume(t *testing.T, root string) (remount func(flags uintptr)) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	path := filepath.Join(root, volume)
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
		{"a file in place of the folder", "file exists", func(t *testing.T, s *scene) { s.put(t, volume+"/cache", "") }},
		{"a file in place of the volume", "not a directory", func(t *testing.T, s *scene) { s.put(t, volume, "") }},
		{"a folder that leads out of the volume", "path escapes from parent", func(t *testing.T, s *scene) {
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
					secret := strings.Repeat("s", 8<<10)
					d.Secret = &secret
				}))
				test.prepare(t, s)
				if err := s.run(t); err != "" {
					t.Error(err)
				}
				got := s.logged(zap.WarnLevel)
				want := "cannot store " + licenseID + " for a start without network: " + s.path(ownPath) + ": " + test.want
				if len(got) != 1 || got[0] != want {
					t.Errorf("warned %q, want %s", got, want)
				}
			})
		})
	}
}

var machineID12 = regexp.MustCompile(`^gen_[0-9a-f]{12}$`)

func TestTheMachinesIDIsMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	first, second := ThisMachine(root, true), ThisMachine(root, false)
	if !machineID12.MatchString(first.ID) || first.ID != second.ID || !first.CI || second.CI || first.CLI {
		t.Errorf("%+v, then %+v", first, second)
	}
	path := filepath.Join(root, volume, machineName)
	if content, err := os.ReadFile(path); err != nil || string(content) != `{"machine_id":"`+first.ID+`"}` {
		t.Errorf("kept %s, %v", content, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != machineMode {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if other := ThisMachine(t.TempDir(), false); other.ID == first.ID {
		t.Errorf("another volume has the same ID, %s", other.ID)
	}
}

func TestTheMachinesIDOfAnotherProgramIsTaken(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	path := filepath.Join(root, volume, machineName)
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	const theirs = "{\n  \"machine_id\": \"dkr_0123456789ab\", \"more\": 1\n}\n"
	must(t, os.WriteFile(path, []byte(theirs), 0o444))
	if got := ThisMachine(root, false).ID; got != "dkr_0123456789ab" {
		t.Errorf("took %s", got)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != theirs {
		t.Errorf("it became %s, %v", content, err)
	}
}

func TestNonsenseInPlaceOfTheMachinesIDIsReplaced(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "garbage", "[]", "{}", `{"machine_id":""}`, `{"machine_id":7}`} {
		root := t.TempDir()
		path := filepath.Join(root, volume, machineName)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(content), 0o600))
		first, second := ThisMachine(root, false).ID, ThisMachine(root, false).ID
		if !machineID12.MatchString(first) || first != second {
			t.Errorf("%q: %s, then %s", content, first, second)
		}
	}
}

func TestAReadOnlyVolumeHasAnotherMachineIDAtEachStart(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	mountVolume(t, root)(syscall.MS_RDONLY)
	first, second := ThisMachine(root, false).ID, ThisMachine(root, false).ID
	if !machineID12.MatchString(first) || !machineID12.MatchString(second) || first == second {
		t.Errorf("%s, then %s", first, second)
	}
}

func TestTheSystemIsOSKernelAndArchitecture(t *testing.T) {
	t.Parallel()
	if got := system(); !regexp.MustCompile(`^Linux\(Container\),[0-9]+\.[^,\x00]+,[a-z0-9_]+$`).MatchString(got) {
		t.Errorf("%q", got)
	}
}
