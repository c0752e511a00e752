package docker

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTestcontainersNode(t *testing.T) {
	t.Parallel()
	r := newRoomWithClients(t)
	const node = "/opt/node/bin/node"
	client(t, "testcontainers for Node", r.run(node, "-p",
		`require("/opt/node/node_modules/@testcontainers/localstack/package.json").version`))
	r.copy("node/localstack.mjs")
	if err := os.Symlink("/opt/node/node_modules", filepath.Join(r.home, "node_modules")); err != nil {
		t.Fatal(err)
	}
	r.starts(
		attempt{name: "good token", run: of(node, "localstack.mjs", referenceImage)},
		attempt{name: "good token, any tag", run: of(node, "localstack.mjs", r.tag(referenceImage, "any"))},
		attempt{name: "revoked token", revoked: true, within: soon, run: of(node, "localstack.mjs", referenceImage)},
	)
}
