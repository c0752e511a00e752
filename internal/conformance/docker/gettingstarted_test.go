package docker

import (
	"html"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/conformance/kit"
	"localstack-entrypoint/internal/testkit/lstk"
)

// guide is the page Getting Started of a member who has a license and a token.
type guide struct {
	*room
	token string
	lines []string
}

// newGuide reads the page of an authority.
func newGuide(r *room, a *kit.Authority) *guide {
	r.Helper()
	const email, password = "ada@example.com", "correct horse battery staple"
	ctx := r.Context()
	must := func(err error) {
		if err != nil {
			r.Fatal(err)
		}
	}
	workspace, err := a.CreateWorkspace(ctx, "Home")
	must(err)
	scope := a.In(workspace.ID)
	_, err = scope.CreateSubscription(ctx, authority.Terms{}, 1)
	must(err)
	_, invite, err := scope.AddMember(ctx, authority.NewMember{Email: email})
	must(err)
	_, err = scope.AssignLicense(ctx, email, "")
	must(err)
	_, token, err := scope.CreateMemberToken(ctx, email)
	must(err)
	web := strings.TrimSuffix(a.URL, "/v1")
	browser := lstk.NewBrowser(r.T, nil).Open(web + "/invite/" + invite.Secret.Reveal())
	browser.Submit("", "password", password, "again", password).Is(http.StatusOK, "Getting Started")
	g := &guide{room: r, token: token.Reveal()}
	for _, found := range regexp.MustCompile(`(?s)<pre class="lines"[^>]*><code>(.*?)</code></pre>`).
		FindAllStringSubmatch(browser.Text, -1) {
		g.lines = append(g.lines, html.UnescapeString(found[1]))
	}
	return g
}

// with are the lines of the page that have a text.
func (g *guide) with(text string) string {
	g.Helper()
	for _, lines := range g.lines {
		if strings.Contains(lines, text) {
			return lines
		}
	}
	g.Fatalf("the page has no lines with %q: %q", text, g.lines)
	return ""
}

// types runs lines in a shell, after those that ask for the token.
func (g *guide) types(lines string) string {
	g.Helper()
	g.put("token", 0o600, g.token+"\n")
	return g.run("bash", "-c", "{ "+g.with("read -rs")+"; } <token\n"+lines)
}

// What Getting Started shows is copied as it is: for a server on this machine, whose address a container with a network
// of its own does not reach.
func TestTheLinesOfGettingStarted(t *testing.T) {
	r := newRoom(t)
	a := r.localAuthority()
	g := newGuide(r, a)
	defaultPorts.Lock()
	t.Cleanup(defaultPorts.Unlock)
	kit.Client(t, "Getting Started", "lines")

	t.Run("Docker", func(t *testing.T) {
		g := g.in(t)
		line := g.with("docker run --rm --network host")
		id := g.types(strings.Replace(line, "docker run", "docker run --detach --pull never", 1))
		t.Cleanup(func() { _ = command("docker", "rm", "--force", "--volumes", id).Run() })
		g.isPro("127.0.0.1:4566")
	})
	t.Run("Docker Compose", func(t *testing.T) {
		p := newProject(t, "compose.yaml")
		p.set("LOCALSTACK_AUTH_TOKEN", "not yet") // "down" wants one, too
		g := &guide{room: p.room, token: g.token, lines: g.lines}
		g.put("compose.yaml", 0o644, g.with("services:\n"))
		g.types(g.with("docker compose up") + " --pull never")
		g.isPro("127.0.0.1:4566")
	})
	t.Run("GitHub Actions", func(t *testing.T) {
		g := g.in(t)
		var workflow struct {
			Jobs map[string]struct {
				RunsOn string `yaml:"runs-on"`
				Steps  []struct {
					Env map[string]string
					Run string
				}
			}
		}
		g.read(g.with("runs-on"), &workflow)
		step := workflow.Jobs["test"].Steps[0]
		if step.Env["LOCALSTACK_AUTH_TOKEN"] != "${{ secrets.LOCALSTACK_AUTH_TOKEN }}" ||
			workflow.Jobs["test"].RunsOn != "self-hosted" {
			t.Fatalf("the workflow is %+v", workflow)
		}
		g.set("LOCALSTACK_AUTH_TOKEN", g.token)
		g.set("API_ENDPOINT", step.Env["API_ENDPOINT"])
		g.runs(step.Run)
	})
	t.Run("GitLab CI", func(t *testing.T) {
		g := g.in(t)
		var pipeline struct {
			Test struct {
				Variables   map[string]string
				Script      []string
				AfterScript []string `yaml:"after_script"`
			}
		}
		g.read(g.with("after_script"), &pipeline)
		g.set("LOCALSTACK_AUTH_TOKEN", g.token)
		g.set("API_ENDPOINT", pipeline.Test.Variables["API_ENDPOINT"])
		g.runs(strings.Join(pipeline.Test.Script, "\n"))
	})
}

// The same with LocalStack's command line.
func TestTheLinesOfGettingStartedForTheCommandLine(t *testing.T) {
	r := newRoomWithClients(t, localstackProgram)
	c := localstackCLI{r, r.localAuthority(), "localstack-main"}.withImage()
	defaultPorts.Lock()
	t.Cleanup(defaultPorts.Unlock)
	g := newGuide(r, c.Authority)
	for _, name := range []string{"API_ENDPOINT", "LOCALSTACK_API_ENDPOINT", "IMAGE_NAME"} {
		delete(r.env, name)
	}
	g.set("PATH", g.env["PATH"]+":/opt/licenseclient/bin")
	g.types(g.with("localstack start"))
	g.isPro("127.0.0.1:4566")
	g.types("localstack stop")
}

func (g *guide) in(t *testing.T) *guide {
	part := *g
	part.room = g.room.in(t)
	return &part
}

// read reads YAML.
func (g *guide) read(text string, into any) {
	g.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		g.Fatalf("%v in\n%s", err, text)
	}
}

// runs runs a script of a CI job, which starts the container "localstack".
func (g *guide) runs(script string) {
	g.Helper()
	g.Cleanup(func() { _ = command("docker", "rm", "--force", "--volumes", "localstack").Run() })
	script = strings.Replace(script, "docker run", "docker run --pull never", 1)
	if said := g.run("bash", "-ec", script); !strings.Contains(said, `"is_license_activated":true`) {
		g.Errorf("the script says %s", said)
	}
	g.run("docker", "rm", "--force", "--volumes", "localstack")
}

// localAuthority is an authority that only this machine reaches.
func (r *room) localAuthority() *kit.Authority {
	r.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.Fatal(err)
	}
	return kit.NewAuthority(r.T, listener, server.Options{})
}
