package version

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	platform := runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + ")"
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "1b2621bcdef0123456789abcdef0123456789abc"}
	date := debug.BuildSetting{Key: "vcs.time", Value: "2026-11-26T16:55:03Z"}
	for name, tt := range map[string]struct {
		settings []debug.BuildSetting
		want     string
	}{
		"a commit": {
			[]debug.BuildSetting{revision, date, {Key: "vcs.modified", Value: "false"}},
			"program " + Number + " (commit 1b2621b, 2026-11-26, " + platform,
		},
		"a commit and more": {
			[]debug.BuildSetting{revision, date, {Key: "vcs.modified", Value: "true"}},
			"program " + Number + " (commit 1b2621b with changes, 2026-11-26, " + platform,
		},
		"no checkout": {nil, "program " + Number + " (" + platform},
	} {
		if got := describe("program", tt.settings); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestTheImageHasTheNumber(t *testing.T) {
	t.Parallel()
	plan := exec.CommandContext(t.Context(), "make", "--dry-run", "--directory", "../..", "image")
	plan.Env = append(os.Environ(), "MAKEFLAGS=") // the caller may be a make, too
	commands, err := plan.CombinedOutput()
	if want := "LOCALSTACK_BUILD_VERSION=" + Number + " "; err != nil || !strings.Contains(string(commands), want) {
		t.Errorf("%v, no %q in %s", err, want, commands)
	}
}
