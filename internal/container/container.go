// Package container looks at the container that this program runs in: its limits,
// its mounts, its first process, and what the kernel keeps it from.
package container

import (
	"fmt"
	"path/filepath"
	"strings"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
)

// Container is the container that this program runs in. Each of its checks
// looks at one thing that PID 1 and the emulator need from it. None of them
// fails a start: an emulator may do without.
type Container struct {
	Root layout.Root
	// DockerHost is where Docker is to be reached as DOCKER_HOST says it, ""
	// for its default socket.
	DockerHost string
	// GatewayListen is the text of GATEWAY_LISTEN: where the gateway is to listen.
	GatewayListen string
	// Override is the text of OVERRIDE_IN_DOCKER, which says whether this is a container.
	Override string
	// OnKubernetes, OnGitHub, OnGitLab and OnCI are true where these have set the variables that tell of them.
	OnKubernetes, OnGitHub, OnGitLab, OnCI bool
}

// path is where the container's fixed path is.
func (c Container) path(elements ...string) string { return c.Root.At(filepath.Join(elements...)) }

// read returns what a file of the kernel's says, without the blanks around it.
func (c Container) read(elements ...string) (string, error) {
	content, err := file.Read(c.path(elements...))
	if err != nil {
		return "", fmt.Errorf("cannot read %s: %w", c.path(elements...), err)
	}
	return strings.TrimSpace(string(content)), nil
}
