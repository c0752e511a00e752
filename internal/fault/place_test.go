package fault

import (
	"strings"
	"testing"
)

func TestARemedyWithAFixHasOneForEachPlatform(t *testing.T) {
	t.Parallel()
	for _, row := range Table() {
		if !aFix.MatchString(row.Remedy) {
			continue
		}
		for _, platform := range []Place{Docker, Compose, Kubernetes} {
			if _, found := row.FirstFix([]Place{platform, Docker}); !found {
				t.Errorf("%s has no fix for %s", row.ID, platform)
			}
		}
	}
}

// A user's own licensing server must not be looked for under another name.
func TestRemediesAndFixesNameTheServerInUse(t *testing.T) {
	t.Parallel()
	const isDefault = "It defaults to `https://api.localstack.cloud/v1`"
	for _, row := range Table() {
		texts := []string{row.Remedy}
		for _, fix := range row.Fixes {
			texts = append(texts, fix.Do)
		}
		for _, text := range texts {
			if strings.Contains(strings.ReplaceAll(text, isDefault, ""), "api.localstack.cloud") {
				t.Errorf("%s has the default server instead of {host}, {address} or {server}: %s", row.ID, text)
			}
		}
	}
}
