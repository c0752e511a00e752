package emulator

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

func TestMachineIDIsKeptBetweenRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache", "machine.json")
	first := machineID(path)
	if !regexp.MustCompile(`^gen_[0-9a-f]{12}$`).MatchString(first) {
		t.Errorf("got %q", first)
	}
	if again := machineID(path); again != first {
		t.Errorf("got %q, then %q", first, again)
	}
}

func TestMachineIDOfTheHostIsTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "machine.json")
	if err := os.WriteFile(path, []byte(`{"machine_id": "dkr_0123456789ab"}`), 0o444); err != nil {
		t.Fatal(err)
	}
	if got := machineID(path); got != "dkr_0123456789ab" {
		t.Errorf("got %q", got)
	}
}

func TestMachineIDIsReplacedWhenUnreadableAndGeneratedWhenItCannotBeKept(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "machine.json")
	for _, content := range []string{"", "nonsense", `{"machine_id": " "}`, `{"machine_id": 7}`} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if first, again := machineID(path), machineID(path); first != again || first == "" {
			t.Errorf("%q: got %q, then %q", content, first, again)
		}
	}
	if got := machineID(filepath.Join(path, "below-a-file.json")); got == "" {
		t.Error("no machine ID without a place to keep it")
	}
}
