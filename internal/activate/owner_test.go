package activate

import (
	"os"
	"syscall"
	"testing"
	"testing/synctest"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/report"
)

func TestTheReasonSaysThatNothingIsStoredInANewVolume(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		isNew   bool
		prepare func(t *testing.T, s *scene)
	}{
		"no directory at all": {true, func(*testing.T, *scene) {}},
		"an empty volume":     {true, func(t *testing.T, s *scene) { must(t, os.MkdirAll(s.path(volume), 0o755)) }},
		"directories of an image": {true, func(t *testing.T, s *scene) {
			must(t, os.MkdirAll(s.path(volume+"/cache"), 0o755))
		}},
		"an identity": {true, func(t *testing.T, s *scene) { s.put(t, volume+"/cache/machine.json", "{}") }},
		"a new file system": {true, func(t *testing.T, s *scene) {
			s.put(t, volume+"/lost+found/inode", "")
		}},
		"a note of a refusal":  {false, func(t *testing.T, s *scene) { s.put(t, notePath, "[]") }},
		"state of an emulator": {false, func(t *testing.T, s *scene) { s.put(t, volume+"/state/s3", "") }},
		"a file":               {false, func(t *testing.T, s *scene) { s.put(t, volume+"/notes", "") }},
		"garbage in our place": {false, func(t *testing.T, s *scene) { s.put(t, ownPath, "garbage") }},
		"a license that was mounted, for another version": {false, func(t *testing.T, s *scene) {
			s.put(t, mountedPath, "garbage")
			s.put(t, volume+"/state/s3", "")
		}},
		"nothing can be written":        {false, func(t *testing.T, s *scene) { mountVolume(t, s.root)(syscall.MS_RDONLY) }},
		"a file in place of the volume": {false, func(t *testing.T, s *scene) { s.put(t, volume, "") }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, unreachable())
				test.prepare(t, s)
				failed := asFault(t, s.Run(t.Context()))
				if got := failed.Stored != nil && failed.Stored.ID == fault.StoredNone; got != test.isNew {
					t.Errorf("it is new: %t; %s", got, report.Reason(failed))
				}
			})
		})
	}
}
