package container

import (
	"context"
	"os"
	"slices"
	"strings"

	"localstack-entrypoint/internal/fault"
)

// dockersDNS is the name server that Docker gives containers of networks other than its default one.
const dockersDNS = "127.0.0.11"

// sign is what a platform is recognized by.
type sign struct {
	platform fault.Place
	isSeen   bool
	says     string
}

// signs are the signs of platforms, the most specific one first. Compose cannot be told from a network that
// was made with docker network create; fixes for Docker follow those for Compose.
func (c Container) signs() []sign {
	const isSet, itsServer = " is set", "the name server is " + dockersDNS
	docker := c.exists(".dockerenv")
	dockersNetwork := !c.OnKubernetes && c.asksDockersDNS()
	compose := dockersNetwork && !c.OnGitHub && !c.OnGitLab // these make networks, too
	return []sign{
		{fault.GitHub, c.OnGitHub, "GITHUB_ACTIONS" + isSet},
		{fault.GitLab, c.OnGitLab, "GITLAB_CI" + isSet},
		{fault.CI, c.OnCI, "CI" + isSet},
		{fault.Kubernetes, c.OnKubernetes, "KUBERNETES_SERVICE_HOST" + isSet},
		{fault.Podman, c.exists("run/.containerenv"), "/run/.containerenv exists"},
		{fault.Compose, compose, itsServer},
		{fault.Docker, docker, "/.dockerenv exists"},
		{fault.Docker, dockersNetwork && !docker, itsServer},
	}
}

// Platforms are what the container runs on, the most specific one first; none where nothing tells.
func (c Container) Platforms() (platforms []fault.Place) {
	for _, sign := range c.signs() {
		if sign.isSeen {
			platforms = append(platforms, sign.platform)
		}
	}
	if slices.Contains(platforms, fault.Podman) && !slices.Contains(platforms, fault.Docker) {
		platforms = append(platforms, fault.Docker) // its commands have Docker's options
	}
	return platforms
}

// platform says what the container runs on.
func (c Container) platform(context.Context) fault.Check {
	const name = "platform"
	var seen []string
	for _, sign := range c.signs() {
		if sign.isSeen {
			seen = append(seen, string(sign.platform)+" ("+sign.says+")")
		}
	}
	if len(seen) == 0 {
		return fault.Skip(name, "not recognized")
	}
	return fault.Pass(name, strings.Join(seen, ", "))
}

func (c Container) exists(path string) bool {
	_, err := os.Stat(c.path(path))
	return err == nil
}

func (c Container) asksDockersDNS() bool {
	conf, _ := c.read("etc/resolv.conf")
	for line := range strings.Lines(conf) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "nameserver" && words[1] == dockersDNS {
			return true
		}
	}
	return false
}
