package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Each thing that the authority may say is missing has a remedy.
func TestEveryMissingThingHasARemedy(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../internal/authority/*.go")
	found := 0
	for _, path := range files {
		text, readErr := os.ReadFile(path)
		err = errors.Join(err, readErr)
		for _, call := range regexp.MustCompile(`\b(?:without|errUnknown)\("([^"]+)"`).FindAllSubmatch(text, -1) {
			found++
			if remedies[string(call[1])] == "" {
				t.Errorf("%s: a missing %s has no remedy", path, call[1])
			}
		}
	}
	if err != nil || found < len(remedies) {
		t.Errorf("there are %d, %v", found, err)
	}
}
