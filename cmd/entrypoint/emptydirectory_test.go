package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"localstack-entrypoint/internal/file"
)

// places are where a start expects a file: the variable that names it, its path below the root, and what comes before
// what is said about an empty directory there. %s is its path.
var places = []struct{ variable, path, says string }{
	{"LOCALSTACK_AUTH_TOKEN_FILE", "run/secrets/token", `LOCALSTACK_AUTH_TOKEN_FILE="%s": it is`},
	{"LOCALSTACK_API_KEY_FILE", "run/secrets/key", `LOCALSTACK_API_KEY_FILE="%s": it is`},
	{"REQUESTS_CA_BUNDLE", "ca.pem", `REQUESTS_CA_BUNDLE="%s" is ignored: it is`},
	{"CURL_CA_BUNDLE", "ca.pem", `CURL_CA_BUNDLE="%s" is ignored: it is`},
	{"SSL_CERT_FILE", "ca.pem", `SSL_CERT_FILE="%s" is ignored: it is`},
	{"", "usr/local/share/ca-certificates/corp.crt", "%s is ignored: it is"},
	{"", "etc/pki/ca-trust/source/anchors/corp.pem", "%s is ignored: it is"},
	{"", "etc/localstack/conf.d/license.json", "ignoring %s: it is"},
	{"", "usr/lib/localstack/license.json", "ignoring %s: it is"},
	{"", "var/lib/localstack/cache/license.json", "ignoring %s: it is"},
	{"", "var/lib/localstack/cache/machine.json", "each start is another machine to the licensing server: %s: it is"},
	{"", "etc/localstack/init/boot.d/hook.sh", "%s: it is"},
	{"", "etc/localstack/init/boot.d/hook.py", "%s: it is"},
	{"LOCALSTACK_SUPERVISOR_COMMAND", "start.sh", "%s: is a directory: it is"},
	{"", "etc/resolv.conf", "%s: it is"},
	{"", "etc/hosts", "%s: it is"},
}

func TestADirectoryThatDockerMadeIsCalledThat(t *testing.T) {
	t.Parallel()
	_, byDocker, _ := strings.Cut(file.ErrEmptyDirectory.Error(), "; ")
	for _, place := range places {
		t.Run(place.variable+" "+place.path, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set("API_ENDPOINT", "https://api.localstack.test/v1")
			path := filepath.Join(w.root, place.path)
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			switch {
			case strings.HasSuffix(place.variable, "_FILE") && strings.HasPrefix(place.variable, "LOCALSTACK_"):
				w.set("LOCALSTACK_AUTH_TOKEN", "")
			case strings.Contains(place.path, "ca-"):
				w.set("ACTIVATE_PRO", "0") // or they are read only once the server answers
			case place.variable == "LOCALSTACK_SUPERVISOR_COMMAND":
				w.command = path
			}
			w.set(place.variable, path)
			_, stderr, _ := w.start("LOG_FORMAT=text")
			said := strings.ReplaceAll(place.says, "%s", path)
			if !strings.Contains(stderr, said) || !strings.Contains(stderr, byDocker) {
				t.Errorf("lacks %s … %s: %s", said, byDocker, stderr)
			}
		})
	}
}
