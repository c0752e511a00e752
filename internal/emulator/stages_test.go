package emulator

import (
	"testing"

	"localstack-entrypoint/internal/hook"
)

func TestParseStageAcceptsAnyCase(t *testing.T) {
	for name, want := range map[string]hook.Stage{
		"boot": hook.Boot, "Start": hook.Start, "READY": hook.Ready, "sHutdown": hook.Shutdown,
		"": "", "run": "", "boot ": "",
	} {
		got, ok := parseStage(name)
		if ok != (want != "") || ok && got != want {
			t.Errorf("parseStage(%q) = %q, %v; want %q", name, got, ok, want)
		}
	}
}
