package docker

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/conformance/kit"
)

// The Compose file with a license authority of one's own, as it is.
func TestComposeDemo(t *testing.T) {
	t.Parallel()
	p := newProject(t, composeFile(t, "compose.yaml"))
	kit.Client(t, "docker compose", p.version())
	t.Logf("up --wait ended %.2f s after Ready.", p.up().Seconds())
	p.isPro(p.address("4566"))
	for _, line := range strings.Split(p.log(), "\n") {
		if strings.Contains(line, " WARN ") {
			t.Errorf("it warns: %s", line)
		}
	}
	p.run(p.compose("down")...)
	if left := p.run(p.compose("ps", "--all", "--quiet")...); left != "" {
		t.Errorf("these are left: %s", left)
	}
}

// up --wait ends at most an interval after the emulator is ready.
func TestHealthChecksAreASecondApart(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	for _, image := range []string{referenceImage, shellImage} {
		if interval := r.docker("image", "inspect", "--format", "{{.Config.Healthcheck.Interval}}", image); interval != "1s" {
			t.Errorf("%s: a check every %s, want 1s", image, interval)
		}
	}
}

// The examples, with another authority than the real one.
func TestComposeExamples(t *testing.T) {
	t.Parallel()
	kit.Client(t, "docker compose", newProject(t).version())
	examples, err := filepath.Glob(filepath.Join(repository, "image/examples/compose*.yaml"))
	if err != nil || len(examples) < 2 {
		t.Fatalf("%v, %v", examples, err)
	}
	for _, path := range examples {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			p := newProject(t, composeFile(t, "examples/"+filepath.Base(path)))
			a := p.authority(server.Options{})
			token := p.asks(a)
			p.set("LOCALSTACK_AUTH_TOKEN", token)
			p.set("TOKEN_FILE", p.put("token", 0o600, token+"\n"))
			p.up()
			p.isPro(p.address("4566"))
			a.Wants(t, "POST /v1/license/request 200")
		})
	}
	t.Run("compose.yaml without a token", func(t *testing.T) {
		t.Parallel()
		p := newProject(t, composeFile(t, "examples/compose.yaml"))
		p.refuses("get one at https://app.localstack.cloud/workspace/auth-tokens")
		p.set("LOCALSTACK_AUTH_TOKEN", "x") // for down
	})
}

// The README's Compose files, with either kind of secret. They publish port 4566.
func TestComposeOfTheREADME(t *testing.T) {
	kit.Client(t, "docker compose", newProject(t).version())
	fromEnvironment := regexp.MustCompile(`environment: LOCALSTACK_AUTH_TOKEN +# or (file: \S+)`)
	files := snippets(t)
	if len(files) == 0 {
		t.Fatal("the README has no Compose file")
	}
	for _, text := range files {
		text = strings.ReplaceAll(text, "image: IMAGE", "image: "+referenceImage)
		for name, text := range map[string]string{"as it is": text, "file": fromEnvironment.ReplaceAllString(text, "$1")} {
			t.Run(name, func(t *testing.T) {
				p := newProject(t)
				p.files = []string{p.put("compose.yaml", 0o644, text)}
				a := p.authority(server.Options{})
				token := p.asks(a)
				if name == "file" {
					p.put("token", 0o600, token)
				} else {
					p.set("LOCALSTACK_AUTH_TOKEN", token)
				}
				p.up()
				p.isPro("127.0.0.1:4566")
				a.Wants(t, "POST /v1/license/request 200")
			})
		}
	}
}

// localstacksCompose is the Compose file of LocalStack's documentation for the pro edition:
// https://github.com/localstack/localstack/blob/v4.14.0/docker-compose-pro.yml
const localstacksCompose = `
services:
  localstack:
    container_name: "${LOCALSTACK_DOCKER_NAME:-localstack-main}"
    image: localstack/localstack-pro  # required for Pro
    ports:
      - "127.0.0.1:4566:4566"            # LocalStack Gateway
      - "127.0.0.1:4510-4559:4510-4559"  # external services port range
      - "127.0.0.1:443:443"              # LocalStack HTTPS Gateway (Pro)
    environment:
      # Activate LocalStack Pro: https://docs.localstack.cloud/getting-started/auth-token/
      - LOCALSTACK_AUTH_TOKEN=${LOCALSTACK_AUTH_TOKEN:?}  # required for Pro
      # LocalStack configuration: https://docs.localstack.cloud/references/configuration/
      - DEBUG=${DEBUG:-0}
      - PERSISTENCE=${PERSISTENCE:-0}
    volumes:
      - "${LOCALSTACK_VOLUME_DIR:-./volume}:/var/lib/localstack"
      - "/var/run/docker.sock:/var/run/docker.sock"
`

// LocalStack's own Compose file, with our image.
func TestComposeOfLocalStack(t *testing.T) {
	p := newProject(t)
	kit.Client(t, "docker compose", p.version())
	p.docker("tag", referenceImage, "localstack/localstack-pro")
	p.files = []string{p.put("compose.yaml", 0o644, localstacksCompose)}
	a := p.authority(server.Options{})
	p.set("LOCALSTACK_AUTH_TOKEN", p.asks(a))
	p.set("PERSISTENCE", "1")
	p.set("DEBUG", "1")
	p.up()
	t.Run("pro", func(t *testing.T) { p.in(t).isPro("127.0.0.1:4566") })
	t.Run("https", func(t *testing.T) {
		body, err := p.getTLS("127.0.0.1:443", "/_localstack/health")
		if err != nil || !strings.Contains(body, `"services"`) {
			t.Errorf("%q, %v\n%s", body, err, p.log())
		}
	})
	t.Run("restart", func(t *testing.T) {
		r := project{p.in(t), p.files}
		r.run(r.compose("restart", "--timeout", "10")...)
		r.isPro("127.0.0.1:4566")
		a.Wants(t, "POST /v1/license/request 200", "POST /v1/license/activate 200")
	})
}

// withSecret is a Compose file with a secret, such as "file: ./token", and more for the service.
func withSecret(secret, more string) string {
	return `
services:
  localstack:
    image: ` + referenceImage + `
    ports: ["127.0.0.1:${PORT}:4566"]
    environment:
      LOCALSTACK_AUTH_TOKEN_FILE: /run/secrets/token
    secrets: [token]
    volumes: ["state:/var/lib/localstack"]
    ` + more + `
secrets:
  token:
    ` + secret + `
volumes:
  state:
`
}

// Compose's secrets, in every form, and what a user is told of those that do not work.
func TestComposeSecrets(t *testing.T) {
	t.Parallel()
	kit.Client(t, "docker compose", newProject(t).version())
	const readOnly = "read_only: true"
	for name, test := range map[string]struct {
		secret, more string
		without      bool   // TOKEN is empty
		refused      string // what Compose says
		banner       string // what the container says
	}{
		"file":            {secret: "file: ./token"},
		"environment":     {secret: "environment: TOKEN"},
		"file, read-only": {secret: "file: ./token", more: readOnly},
		"environment, read-only": {secret: "environment: TOKEN", more: readOnly,
			refused: "in read-only service localstack: `file` is the sole supported option"},
		"environment, empty": {secret: "environment: TOKEN", without: true,
			banner: "Compose creates no file for a secret whose variable is unset or empty"},
		"external":               {secret: "external: true", refused: "unsupported external secret token"},
		"environment, with user": {secret: "environment: TOKEN", more: "user: '1000'"},
		"file, with user":        {secret: "file: ./token", more: "user: '1000'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t)
			p.files = []string{p.put("compose.yaml", 0o644, withSecret(test.secret, test.more))}
			a := p.authority(server.Options{})
			token := p.asks(a)
			p.put("token", 0o644, token)
			if test.without {
				token = ""
			}
			p.set("TOKEN", token)
			switch {
			case test.refused != "":
				p.refuses(test.refused)
			case test.banner != "":
				p.fails(a, test.banner)
			default:
				p.up()
				p.isPro(p.address("4566"))
				a.Wants(t, "POST /v1/license/request 200")
			}
		})
	}
}

// refuses wants Compose to say this instead of starting anything.
func (p *project) refuses(text string) {
	p.Helper()
	output, code := p.try(p.compose("up", "--wait", "--no-build", "--pull", "never")...)
	if code == 0 || !strings.Contains(output, text) {
		p.Errorf("exit code %d, want an error with %q:\n%s", code, text, output)
	}
}

// fails wants localstack to end with 55 and a banner with this text, and to ask nobody.
func (p *project) fails(a *kit.Authority, text string) {
	p.Helper()
	output, code := p.try(p.compose("up", "--wait", "--no-build", "--pull", "never")...)
	if code == 0 {
		p.Errorf("exit code 0: %s", output)
	}
	container := p.run(p.compose("ps", "--all", "--quiet", "localstack")...)
	if got := p.docker("inspect", "--format", "{{.State.ExitCode}}", container); got != "55" {
		p.Errorf("exit code %s, want 55", got)
	}
	if log := p.log(); !strings.Contains(log, text) {
		p.Errorf("the log has no %q:\n%s", text, log)
	}
	a.Wants(p)
}
