package docker

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/conformance/kit"
)

// composePlugin is the folder with the plugin docker-compose that .ci/clients builds; "" without it.
var composePlugin = os.Getenv("CLIENTS_COMPOSE")

// project is a Compose project.
type project struct {
	*room
	files []string
}

// newProject is a project of Compose files, beside which its own files are, such as a token. It ends with the test.
func newProject(t *testing.T, files ...string) *project {
	t.Helper()
	r := newRoom(t)
	if composePlugin == "" {
		t.Skip("make clients sets CLIENTS_COMPOSE: the folder with the plugin docker-compose")
	}
	p := &project{r, files}
	r.set("DOCKER_CONFIG", r.home+"/docker")
	if err := os.MkdirAll(r.home+"/docker/cli-plugins", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(composePlugin+"/docker-compose", r.home+"/docker/cli-plugins/docker-compose"); err != nil {
		t.Fatal(err)
	}
	r.set("PORT", "0") // whichever is free
	r.set("PAGES_PORT", "0")
	t.Cleanup(func() {
		if p.files != nil {
			p.run(p.compose("down", "--volumes", "--timeout", "0")...)
		}
	})
	return p
}

// compose is a command of Compose for the project.
func (p *project) compose(args ...string) []string {
	name := strings.ToLower(filepath.Base(p.home))
	all := []string{"docker", "compose", "--progress", "plain", "--project-name", name}
	for _, file := range p.files {
		all = append(all, "--file", file)
	}
	return append(all, args...)
}

// up starts the services and waits for their health checks, and returns how long after "Ready." of localstack
// that ended.
func (p *project) up() time.Duration {
	p.Helper()
	p.run(p.compose("up", "--wait", "--no-build", "--pull", "never")...)
	up := time.Now()
	ready, _, _ := strings.Cut(p.line("Ready."), " ")
	at, err := time.Parse(time.RFC3339Nano, ready)
	if err != nil {
		p.Fatal(err)
	}
	return up.Sub(at)
}

// version is that of the plugin.
func (p *project) version() string { return p.run("docker", "compose", "version", "--short") }

// log is localstack's, without tokens.
func (p *project) log() string {
	p.Helper()
	return p.logs(p.run(p.compose("ps", "--all", "--quiet", "localstack")...))
}

// line is a line of localstack's log, with its time.
func (p *project) line(text string) string {
	p.Helper()
	log, _ := p.try("docker", "logs", "--timestamps", p.run(p.compose("ps", "--all", "--quiet", "localstack")...))
	for line := range strings.Lines(log) {
		if strings.HasSuffix(line, " "+text+"\n") {
			return line
		}
	}
	p.Fatalf("the log has no line %q:\n%s", text, log)
	return ""
}

// address is where a port of localstack is published.
func (p *project) address(port string) string {
	p.Helper()
	return p.run(p.compose("port", "localstack", port)...)
}

// override adds a Compose file to the others.
func (p *project) override(content string) {
	p.files = append(p.files, p.put("override.yaml", 0o644, content))
}

// asks has localstack ask an authority instead of the real one, and returns a token of it.
func (p *project) asks(a *kit.Authority) (token string) {
	p.Helper()
	p.override("services: {localstack: {environment: {API_ENDPOINT: '" + a.URL + "'}}}\n")
	token, _ = a.Token(authority.NewToken{Kind: authority.Developer})
	return token
}

// composeFile is the path of one in image.
func composeFile(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(repository, "image", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// snippets are the Compose files in the README.
func snippets(t *testing.T) (files []string) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(repository, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllSubmatch(readme, -1) {
		if text := string(block[1]); strings.HasPrefix(text, "services:") {
			files = append(files, text)
		}
	}
	return files
}
