package pages

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit"
)

// container is the entrypoint with the reference emulator, as in a container. What it prints has no token.
type container struct {
	testing.TB
	url   string
	cmd   *exec.Cmd
	log   testkit.Buffer
	ended chan struct{}
}

// container starts a container with a token, and with more variables. It ends with the test.
func (a *authority) container(token string, environment ...string) *container {
	a.Helper()
	address, root := freeAddress(), a.TempDir()
	c := &container{TB: a, url: "http://" + address, ended: make(chan struct{})}
	for _, folder := range []string{"etc", "tmp", "var/lib/localstack"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			a.Fatal(err)
		}
	}
	c.cmd = exec.Command(program(a, "entrypoint"), "emulator")
	c.cmd.Env = append(environment, "HOME="+root,
		"PATH="+filepath.Dir(program(a, "emulator")), "FILESYSTEM_ROOT="+root, "GATEWAY_LISTEN="+address,
		"API_ENDPOINT="+a.URL+"/v1", "LOCALSTACK_AUTH_TOKEN="+token)
	c.cmd.Stdout, c.cmd.Stderr = &c.log, &c.log
	if err := c.cmd.Start(); err != nil {
		a.Fatal(err)
	}
	go func() { defer close(c.ended); _ = c.cmd.Wait() }()
	a.Cleanup(func() {
		_ = c.cmd.Process.Signal(unix.SIGTERM)
		select {
		case <-c.ended:
		case <-time.After(patience):
			a.Error("the entrypoint does not end")
			_ = c.cmd.Process.Kill()
		}
		if strings.Contains(c.log.String(), token) {
			a.Error("the container prints its token")
		}
	})
	tell(a.Name(), "$ LOCALSTACK_AUTH_TOKEN=**** docker-entrypoint.sh emulator")
	return c
}

// isActivated waits until the container is ready, and checks that it says so: pro, and activated.
func (c *container) isActivated() {
	c.Helper()
	await(c, "the container is ready", func() bool {
		select {
		case <-c.ended:
			c.Fatalf("the container has ended:\n%s", masked(c.log.String()))
		default:
		}
		return strings.Contains(c.log.String(), "Ready.")
	})
	response, err := http.Get(c.url + "/_localstack/info")
	if err != nil {
		c.Fatal(err)
	}
	defer response.Body.Close()
	var info struct {
		Edition     string `json:"edition"`
		IsActivated bool   `json:"is_license_activated"`
	}
	if err := json.NewDecoder(response.Body).Decode(&info); err != nil {
		c.Fatal(err)
	}
	if info.Edition != "pro" || !info.IsActivated {
		c.Errorf("/_localstack/info says %+v", info)
	}
	tell(c.Name(), "  → Ready.")
	tell(c.Name(), "$ curl "+c.url+"/_localstack/info")
	tell(c.Name(), `  → "edition": "pro", "is_license_activated": true`)
}

// refuses waits until the container has ended because it has no license, with these texts in what it prints.
func (c *container) refuses(texts ...string) {
	c.Helper()
	select {
	case <-c.ended:
	case <-time.After(patience):
		c.Fatalf("the container does not end:\n%s", masked(c.log.String()))
	}
	const refused = 55
	log := masked(c.log.String())
	if code := c.cmd.ProcessState.ExitCode(); code != refused {
		c.Errorf("the container ends with %d, want %d:\n%s", code, refused, log)
	}
	for _, text := range texts {
		if !strings.Contains(log, text) {
			c.Errorf("the container does not say %q, but:\n%s", text, log)
		}
	}
	for line := range strings.Lines(log) {
		tell(c.Name(), "  "+strings.TrimRight(line, "\n"))
	}
	tell(c.Name(), "  → exit code 55")
}
