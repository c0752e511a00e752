package docker

import (
	"fmt"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/conformance/kit"
)

// The example for Docker Swarm, with a secret of Swarm. It publishes port 4566.
func TestSwarm(t *testing.T) {
	r := newRoom(t)
	kit.Client(t, "docker stack", r.docker("version", "--format", "{{.Client.Version}}"))
	r.docker("swarm", "init", "--advertise-addr", host)
	t.Cleanup(func() { _ = command("docker", "swarm", "leave", "--force").Run() })
	a := r.authority(server.Options{})
	token, _ := a.Token(authority.NewToken{Kind: authority.Developer})

	t.Run("good token", func(t *testing.T) {
		s := deploy(r.in(t), a, token)
		s.isPro(s.address() + ":4566")
		a.Wants(t, "POST /v1/license/request 200")
	})
	t.Run("unknown token", func(t *testing.T) {
		s := deploy(r.in(t), a, "ls-"+strings.Repeat("A", 8)+"-1111-2222-3333-"+strings.Repeat("4", 12))
		s.eventually("a failed task", func() (string, bool) {
			tasks := s.docker("service", "ps", "--no-trunc", "--format", "{{.Error}}", "localstack_localstack")
			return tasks, strings.Contains(tasks, "task: non-zero exit (55)")
		})
	})
}

// stack is the example, deployed.
type stack struct{ *room }

// deploy deploys the example with a token. It is removed after the test, and nothing of it must be left.
func deploy(r *room, a *kit.Authority, token string) stack {
	r.Helper()
	secret := r.put("token", 0o600, token)
	r.docker("secret", "create", "localstack-auth-token", secret)
	here := r.put("here.yaml", 0o644, `
version: "3.8"
services:
  localstack:
    environment:
      API_ENDPOINT: `+a.URL+"\n")
	r.docker("stack", "deploy", "--resolve-image", "never",
		"--compose-file", composeFile(r.T, "examples/swarm.yaml"), "--compose-file", here, "localstack")
	s := stack{r}
	r.Cleanup(s.remove)
	return s
}

// address is that of the task's container in the network through which this machine reaches it. The published port
// needs IPVS, which not every kernel has.
func (s stack) address() (address string) {
	s.Helper()
	s.eventually("a running task", func() (string, bool) {
		id := s.docker("ps", "--no-trunc", "--quiet", "--filter", "label=com.docker.swarm.service.name=localstack_localstack")
		of := fmt.Sprintf(`{{with index .Containers %q}}{{.IPv4Address}}{{end}}`, id)
		seen, _, _ := s.exec("docker", "network", "inspect", "--format", of, "docker_gwbridge")
		address, _, _ = strings.Cut(strings.TrimSpace(seen), "/")
		return seen, address != ""
	})
	return address
}

// remove asks again where the engine refuses: a network is in use until the last task in it has ended.
func (s stack) remove() {
	s.Helper()
	s.eventually("the stack is removed", func() (string, bool) {
		said, code := s.try("docker", "stack", "rm", "localstack")
		return said, code == 0
	})
	s.eventually("no container is left", func() (string, bool) {
		left := s.docker("ps", "--all", "--quiet", "--filter", "label=com.docker.stack.namespace=localstack")
		return left, left == ""
	})
	s.docker("secret", "rm", "localstack-auth-token")
}
