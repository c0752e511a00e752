package docker

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/conformance/kit"
)

// The cluster examples, which "podman kube play" starts without a cluster. It makes a shell command of each probe,
// so they need the image with a shell.
func TestPodmanKube(t *testing.T) {
	t.Parallel()
	p := newPodman(t)
	version := strings.TrimPrefix(p.podman("--version"), "podman version ")
	encodes := strings.HasPrefix(version, "4.3.") // it mounts the values as they are in the Secret, still encoded
	kit.Client(t, "podman kube play", version)
	defaultPorts.Lock() // Podman 4.3 publishes what containers listen to
	t.Cleanup(defaultPorts.Unlock)
	token, _ := p.Token(authority.NewToken{Kind: authority.Developer})
	encoded := base64.StdEncoding.EncodeToString([]byte(token))

	t.Run("kubernetes.yaml", func(t *testing.T) {
		p := p.in(t)
		// For variables, Podman 4.3 wants other secrets than those that it makes of a Secret.
		p.hasSecret(`{"auth-token":"` + encoded + `"}`)
		id := p.plays("kubernetes.yaml")
		p.isReady(id)
		p.isPro(p.podAddress())
		p.stops(id)
	})
	t.Run("kubernetes-secret-file.yaml", func(t *testing.T) {
		p := p.in(t)
		secret := "kind: Secret\napiVersion: v1\nmetadata: {name: localstack}\ndata: {auth-token: " + encoded + "}\n"
		p.podman("kube", "play", p.put("secret.yaml", 0o600, secret))
		p.removesLater("secret", "rm", "localstack")
		id := p.plays("kubernetes-secret-file.yaml")
		if encodes {
			p.says(id, "base64")
			p.says(id, "exit code 55")
			return
		}
		p.isReady(id)
	})
	if !encodes {
		return
	}
	t.Run("kubernetes-secret-file.yaml with a secret that is not encoded", func(t *testing.T) {
		p := p.in(t)
		p.hasSecret("data: {auth-token: " + token + "}")
		id := p.plays("kubernetes-secret-file.yaml")
		p.isReady(id)
		p.isPro(p.podAddress())
		p.stops(id)
	})
}

// podAddress is where the pod's emulator is. Not every Podman publishes its port.
func (p podman) podAddress() string {
	p.Helper()
	infra := p.podman("pod", "inspect", "--format", "{{.InfraContainerID}}", "localstack-pod-0")
	return p.podman("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", infra) + ":4566"
}

// hasSecret makes the examples' secret.
func (p podman) hasSecret(content string) {
	p.Helper()
	p.podman("secret", "create", "localstack", p.put("secret", 0o600, content))
	p.removesLater("secret", "rm", "localstack")
}

// plays starts an example, with our image and our authority, and returns its container's name.
func (p podman) plays(example string) (name string) {
	p.Helper()
	text, err := os.ReadFile(repository + "/image/examples/" + example)
	if err != nil {
		p.Fatal(err)
	}
	const image = "localhost/localstack-entrypoint-shell:loaded" // not latest, which it would pull
	p.podman("tag", podmanShellImage, image)
	yaml := strings.NewReplacer(
		"registry.example.com/localstack-entrypoint:latest", image,
		"          env:\n", "          env:\n            - {name: API_ENDPOINT, value: '"+p.URL+"'}\n",
	).Replace(string(text))
	path := p.put(example, 0o644, yaml)
	p.removesLater("volume", "rm", "--force", "localstack", "state", "tmp")
	p.removesLater("pod", "rm", "--force", "--time", "0", "localstack-pod-0")
	p.podman("kube", "play", path)
	return "localstack-pod-0-localstack"
}
