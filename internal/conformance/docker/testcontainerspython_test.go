package docker

import (
	"testing"

	"localstack-entrypoint/internal/conformance/kit"
)

func TestTestcontainersPython(t *testing.T) {
	t.Parallel()
	const python = "/opt/testcontainers/bin/python"
	r := newRoomWithClients(t, python)
	kit.Client(t, "testcontainers for Python", r.run(python, "-c",
		`from importlib.metadata import version; print(version("testcontainers"))`))
	r.copy("python/localstack.py")
	run := func(args ...string) func(*licensed) (string, bool) {
		return withProgram(append([]string{python, "localstack.py"}, args...)...)
	}
	r.starts(
		attempt{name: "good token", run: run(referenceImage)},
		attempt{name: "good token, failing fast, any tag", run: run(r.tag(referenceImage, "any"), "--fail-fast")},
		attempt{name: "refused token", refused: true, within: late, run: run(referenceImage)},
		attempt{name: "refused token, failing fast", refused: true, within: soon, run: run(referenceImage, "--fail-fast")},
	)
}
