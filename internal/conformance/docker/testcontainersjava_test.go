package docker

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/conformance/kit"
)

func TestTestcontainersJava1(t *testing.T) {
	t.Parallel()
	r, run := newRoomForJava(t, "1.21.4", "org.testcontainers.containers.localstack")
	r.starts(
		attempt{name: "good token", run: run(shellImage)},
		attempt{name: "refused token", refused: true, within: late, run: run(shellImage)},
	)
	t.Run("a tag that is no version", func(t *testing.T) {
		t.Parallel()
		shown, failed := run(r.tag(shellImage, "any"))(r.licensed(t, false))
		if !failed || !strings.Contains(shown, "services list must not be empty") { // as LocalStack before 0.13 wants
			t.Errorf("failed: %t\n%s", failed, shown)
		}
	})
}

func TestTestcontainersJava2(t *testing.T) {
	t.Parallel()
	r, run := newRoomForJava(t, "2.0.5", "org.testcontainers.localstack")
	anyTag := r.tag(referenceImage, "any")
	r.starts(
		attempt{name: "good token", run: run(shellImage)},
		attempt{name: "good token, any tag, image without a shell", run: run(anyTag, "--own-entrypoint")},
		attempt{name: "refused token", refused: true, within: late, run: run(shellImage)},
		attempt{name: "refused token, failing fast", refused: true, within: soon, run: run(shellImage, "--fail-fast")},
	)
}

// newRoomForJava compiles the program for a version of testcontainers, where the class LocalStackContainer is in
// this package. It returns a function that makes a start of it.
func newRoomForJava(t *testing.T, version, name string) (*room, func(args ...string) func(*licensed) (string, bool)) {
	t.Helper()
	r := newRoom(t)
	jars := os.Getenv("CLIENTS_JAVA")
	if jars == "" {
		t.Skip("make clients sets CLIENTS_JAVA: the folder with the jars")
	}
	kit.Client(t, "testcontainers for Java", version)
	program, err := os.ReadFile("testdata/java/LocalStack.java")
	if err != nil {
		t.Fatal(err)
	}
	r.put("LocalStack.java", 0o644, strings.Replace(string(program), "org.testcontainers.localstack", name, 1))
	classes := r.home + ":" + filepath.Join(jars, version, "*")
	r.limit = late // the machine may be busy
	r.run("javac", "-J-XX:TieredStopAtLevel=1", "-cp", classes, "LocalStack.java")
	java := []string{"java", "-XX:TieredStopAtLevel=1", "-Duser.home=" + r.home, "-cp", classes, "LocalStack"}
	return r, func(args ...string) func(*licensed) (string, bool) { return withProgram(slices.Concat(java, args)...) }
}
