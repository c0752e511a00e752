package conventions

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Lock files pin what a file contains, not where it comes from: that is up to the settings of each machine.
func TestLockFilesNameNoRegistry(t *testing.T) {
	const clients = "../conformance/"
	names := regexp.MustCompile(`"resolved":|--(extra-)?index-url|--find-links|--trusted-host|<repositor(y|ies)>`)
	for _, pattern := range []string{"locks/*", "docker/testdata/node/package-lock.json", "docker/testdata/java/pom.xml"} {
		paths, err := filepath.Glob(clients + pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if found := names.Find(text); found != nil {
				t.Errorf("%s: %s", path, found)
			}
		}
	}
}
