package docker

import (
	"path/filepath"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/conformance/kit"
)

func TestPodman(t *testing.T) {
	t.Parallel()
	p := newPodman(t)
	kit.Client(t, "podman", strings.TrimPrefix(p.podman("--version"), "podman version "))
	token, _ := p.Token(authority.NewToken{Kind: authority.Developer})
	withToken := []string{"--env", "LOCALSTACK_AUTH_TOKEN=" + token}
	for _, part := range []struct {
		name string
		do   func(podman, string, []string)
	}{
		{"run, healthcheck, stop, start, kill", podman.lives},
		{"run with --init", podman.runsBelowAnInit},
		{"secrets", podman.readsSecrets},
		{"read-only, of another user, without capabilities", podman.runsConfined},
		{"a pod that shares its processes", podman.runsInAPod},
		{"run --replace", podman.isReplaced},
		{"build", podman.builds},
		{"no license", podman.ends55},
		{"restart=on-failure", podman.restarts},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.do(p.in(t), token, withToken)
		})
	}
}

// lives is one container's life.
func (p podman) lives(_ string, withToken []string) {
	id := p.starts(append(withToken, "--publish", "127.0.0.1::4566", podmanImage)...)
	p.isReady(id)
	p.isPro(p.podman("port", id, "4566"))
	p.stops(id)
	p.podman("start", id)
	p.says(id, "Successfully activated license")
	p.podman("restart", "--time", "30", id)
	p.isPro(p.podman("port", id, "4566"))
	p.podman("kill", "--signal", "USR1", id) // starts the emulator again
	p.eventually("a fourth Ready.", func() (string, bool) {
		log := p.logs(id)
		return log, strings.Count(log, "\nReady.\n") == 4
	})
	p.podman("kill", id)
	p.podman("wait", id)
	p.has(id, "{{.State.ExitCode}}", "137")
}

// runsBelowAnInit has catatonit as PID 1.
func (p podman) runsBelowAnInit(_ string, withToken []string) {
	id := p.starts(append(withToken, "--init", podmanImage)...)
	p.isReady(id)
	p.stops(id)
	if out, code := p.try("run", "--rm", "--init", podmanImage); code != 55 {
		p.Errorf("without a token: exit code %d, want 55:\n%s", code, out)
	}
}

func (p podman) readsSecrets(token string, _ []string) {
	name := p.secret(token)
	for _, options := range [][]string{
		{"--secret", name + ",type=env,target=LOCALSTACK_AUTH_TOKEN"},
		{"--secret", name, "--env", "LOCALSTACK_AUTH_TOKEN_FILE=/run/secrets/" + name},
		{
			"--secret", name + ",target=token,uid=1234,mode=0400", "--user", "1234",
			"--env", "LOCALSTACK_AUTH_TOKEN_FILE=/run/secrets/token",
		},
	} {
		p.isReady(p.starts(append(options, podmanImage)...))
	}
}

func (p podman) runsConfined(_ string, withToken []string) {
	id := p.starts(append(withToken, "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges",
		"--user", "1234", podmanImage)...)
	p.isReady(id)
	p.stops(id)
}

// runsInAPod is no PID 1 there: that is the pod's own.
func (p podman) runsInAPod(_ string, withToken []string) {
	pod := p.podman("pod", "create", "--share", "pid,net,ipc")
	p.removesLater("pod", "rm", "--force", "--time", "0", pod)
	id := p.starts(append(withToken, "--pod", pod, podmanImage)...)
	p.isReady(id)
	p.stops(id)
	failing := p.starts("--pod", pod, podmanImage)
	if code := p.podman("wait", failing); code != "55" {
		p.Errorf("without a token: exit code %s, want 55:\n%s", code, p.logs(failing))
	}
}

func (p podman) isReplaced(_ string, withToken []string) {
	options := append(withToken, "--name", "replaced", "--replace", podmanImage)
	before := p.starts(options...)
	p.isReady(before)
	after := p.starts(options...)
	p.isReady(after)
	p.has("replaced", "{{.Id}}", after)
}

// builds the image by itself. The format is Docker's, because the other one has no health check.
func (p podman) builds(_ string, withToken []string) {
	context, err := filepath.Abs(repository)
	if err != nil {
		p.Fatal(err)
	}
	const image = "localhost/localstack-entrypoint:built"
	p.podman("build", "--format", "docker", "--target", "reference", "--network", "none", "--tag", image, context)
	id := p.starts(append(withToken, image)...)
	p.isReady(id)
	p.stops(id)
}

// ends55 in the terminal, which shows why.
func (p podman) ends55(string, []string) {
	out, code := p.try("run", "--rm", podmanImage)
	if code != 55 || !strings.Contains(out, "License activation failed!") {
		p.Errorf("exit code %d, want 55:\n%s", code, out)
	}
}

// restarts has a crash loop of four starts. The third failure is one line, because nothing has changed; the fourth
// start waits before it asks.
func (p podman) restarts(string, []string) {
	token, _ := p.Token(authority.NewToken{Kind: authority.Developer, Simulate: "invalid"})
	failing := p.starts("--restart", "on-failure:3", "--env", "LOCALSTACK_AUTH_TOKEN="+token, podmanImage)
	p.eventually("the end of the fourth start", func() (string, bool) {
		seen := p.podman("inspect", "--format", "{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}}", failing)
		return seen, seen == "exited 3 55"
	})
	log := p.logs(failing)
	if ends, banners := strings.Count(log, "exit code 55"), strings.Count(log, "License activation failed!"); ends != 4 ||
		banners != 2 {
		p.Errorf("%d ends and %d banners, want 4 and 2:\n%s", ends, banners, log)
	}
}
