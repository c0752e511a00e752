package docker

import (
	"os"
	"path/filepath"
	"testing"

	"localstack-entrypoint/internal/conformance/kit"
)

func TestTestcontainersNode(t *testing.T) {
	t.Parallel()
	const node = "/opt/node/bin/node"
	r := newRoomWithClients(t, node)
	kit.Client(t, "testcontainers for Node", r.run(node, "-p",
		`require("/opt/testcontainers-node/node_modules/@testcontainers/localstack/package.json").version`))
	r.copy("node/localstack.mjs")
	if err := os.Symlink("/opt/testcontainers-node/node_modules", filepath.Join(r.home, "node_modules")); err != nil {
		t.Fatal(err)
	}
	r.starts(
		attempt{name: "good token", run: withProgram(node, "localstack.mjs", referenceImage)},
		attempt{name: "good token, any tag", run: withProgram(node, "localstack.mjs", r.tag(referenceImage, "any"))},
		attempt{name: "refused token", refused: true, within: soon, run: withProgram(node, "localstack.mjs", referenceImage)},
	)
}
