package docker

import (
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/conformance/kit"
)

// The docker command itself, as the README shows it.
func TestDockerRun(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	kit.Client(t, "docker", strings.TrimSpace(r.docker("version", "--format", "{{.Client.Version}}")))
	a := r.authority(server.Options{})
	token, _ := a.Token(authority.NewToken{Kind: authority.Developer})

	t.Run("good token", func(t *testing.T) {
		r := r.in(t)
		id := r.runContainer("--env", "API_ENDPOINT="+a.URL, "--env", "LOCALSTACK_AUTH_TOKEN="+token,
			"--publish", "127.0.0.1::4566", referenceImage)
		r.isPro(r.docker("port", id, "4566"))
		a.Wants(t, "POST /v1/license/request 200")
	})
	t.Run("no token", func(t *testing.T) {
		r := r.in(t)
		id := r.runContainer("--env", "API_ENDPOINT="+a.URL, referenceImage)
		if code := r.docker("wait", id); code != "55" {
			t.Errorf("exit code %s, want 55:\n%s", code, r.logs(id))
		}
		a.Wants(t)
	})
}

// Clients in their own root see the engine and this machine's published ports.
func TestRootSeesTheEngine(t *testing.T) {
	t.Parallel()
	r := newRoomWithClients(t, "/usr/bin/python3")
	seen := r.run("python3", "-c", `
import http.client, socket
class Engine(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/var/run/docker.sock")
engine = Engine("engine")
engine.request("GET", "/_ping")
print(engine.getresponse().read().decode())
`)
	if seen != "OK" {
		t.Errorf("the engine answers %q", seen)
	}
}
