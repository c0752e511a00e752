package machine

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"localstack-entrypoint/internal/file"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func idIn(volume string) string {
	id, _ := ID(file.NewVolume(volume, 0))
	return id
}

var machineID12 = regexp.MustCompile(`^gen_[0-9a-f]{12}$`)

func TestTheMachinesIDIsMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	volume := t.TempDir()
	first, second := idIn(volume), idIn(volume)
	if !machineID12.MatchString(first) || first != second {
		t.Errorf("%s, then %s", first, second)
	}
	path := filepath.Join(volume, IDFile)
	if content, err := os.ReadFile(path); err != nil || string(content) != `{"machine_id":"`+first+`"}` {
		t.Errorf("kept %s, %v", content, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != mode {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if other := idIn(t.TempDir()); other == first {
		t.Errorf("another volume has the same ID, %s", other)
	}
}

func TestTheMachinesIDOfAnotherProgramIsTaken(t *testing.T) {
	t.Parallel()
	volume := t.TempDir()
	path := filepath.Join(volume, IDFile)
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	const theirs = "{\n  \"machine_id\": \"dkr_0123456789ab\", \"more\": 1\n}\n"
	must(t, os.WriteFile(path, []byte(theirs), 0o444))
	if got := idIn(volume); got != "dkr_0123456789ab" {
		t.Errorf("took %s", got)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != theirs {
		t.Errorf("it became %s, %v", content, err)
	}
}

func TestNonsenseInPlaceOfTheMachinesIDIsReplaced(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "garbage", "[]", "{}", `{"machine_id":" "}`, `{"machine_id":7}`} {
		volume := t.TempDir()
		path := filepath.Join(volume, IDFile)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(content), 0o600))
		first, second := idIn(volume), idIn(volume)
		if !machineID12.MatchString(first) || first != second {
			t.Errorf("%q: %s, then %s", content, first, second)
		}
	}
}

func TestAVolumeThatCannotBeWrittenHasAnotherIDAtEachStart(t *testing.T) {
	t.Parallel()
	volume := t.TempDir()
	// A file where the folder belongs: also root cannot write there.
	must(t, os.WriteFile(filepath.Join(volume, "cache"), nil, 0o644))
	first, second := idIn(volume), idIn(volume)
	if !machineID12.MatchString(first) || !machineID12.MatchString(second) || first == second {
		t.Errorf("%s, then %s", first, second)
	}
	_, err := ID(file.NewVolume(volume, 0))
	if want := filepath.Join(volume, IDFile) + ": not a directory"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestARehearsedStartUsesTheIdentityAndSavesNone(t *testing.T) {
	t.Parallel()
	volume := t.TempDir()
	id, err := Rehearse(file.NewVolume(volume, 0))
	if entries, _ := os.ReadDir(volume); err == nil || !machineID12.MatchString(id) || len(entries) > 0 {
		t.Errorf("%s, %v, and there is %v", id, err, entries)
	}
	kept := idIn(volume)
	if id, err := Rehearse(file.NewVolume(volume, 0)); err != nil || id != kept {
		t.Errorf("%s, %v instead of %s", id, err, kept)
	}
}

func TestTheSystemIsOSKernelAndArchitecture(t *testing.T) {
	t.Parallel()
	for inContainer, name := range map[bool]string{true: `Linux\(Container\)`, false: "Linux"} {
		got := System(inContainer)
		if !regexp.MustCompile(`^` + name + `,[0-9]+\.[^,\x00]+,[a-z0-9_]+$`).MatchString(got) {
			t.Errorf("%q", got)
		}
	}
}
