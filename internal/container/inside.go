package container

import (
	"slices"
	"strings"
)

// Inside reports whether this process runs in a container, and what says so. The order is that of LocalStack's
// in_docker: OVERRIDE_IN_DOCKER decides, then the files of LocalStack's images, those of Docker and Podman, and what
// the kernel shows of containers. Kubernetes, LXC and systemd-nspawn are recognized as well.
func (c Container) Inside() (inside bool, sign string) {
	if override, isSet := parseOverride(c.Override); isSet {
		return override, "OVERRIDE_IN_DOCKER is " + strings.TrimSpace(c.Override)
	}
	if c.OnKubernetes {
		return true, "KUBERNETES_SERVICE_HOST is set"
	}
	for _, file := range []string{
		"usr/lib/localstack/.community-version", "usr/lib/localstack/.pro-version", "tmp/localstack/.marker",
		".dockerenv", "run/.containerenv",
		"run/secrets/kubernetes.io", "var/run/secrets/kubernetes.io",
		"run/systemd/container", "run/host/container-manager", // of systemd in a container, and of systemd-nspawn
	} {
		if c.exists(file) {
			return true, "/" + file + " exists"
		}
	}
	return c.kernelShows()
}

// parseOverride reads OVERRIDE_IN_DOCKER. As in LocalStack, what is no boolean counts as not set.
func parseOverride(text string) (inside, isSet bool) {
	switch strings.ToLower(strings.Trim(text, " \t\r\n\"'")) {
	case "1", "true", "yes", "on":
		return true, true
	case "0", "false", "no", "off":
		return false, true
	}
	return false, false
}

// kernelShows looks for a container in what the kernel tells of processes and mounts.
func (c Container) kernelShows() (inside bool, sign string) {
	for _, process := range []string{"1", "self"} {
		if cgroups, _ := c.read("proc", process, "cgroup"); isContainersCgroup(cgroups) {
			return true, "the control group in /proc/" + process + "/cgroup"
		}
	}
	// LXC, systemd-nspawn, Podman and others set the variable "container" for the first process.
	if variables, _ := c.read("proc/1/environ"); strings.Contains("\x00"+variables, "\x00container=") {
		return true, "the variable container in /proc/1/environ"
	}
	mounts, _ := c.read("proc/self/mountinfo")
	for _, m := range parseMounts(mounts) {
		if m.isContainers() {
			return true, "the mount of " + m.point
		}
	}
	return false, ""
}

// isContainersCgroup reports whether the text of /proc/PID/cgroup has a control group that a container engine has
// made: one named after the engine, or a scope of it with the container's ID.
func isContainersCgroup(text string) bool {
	engines := []string{"docker", "lxc", "buildkit", "containerd", "ecs", "garden", "nspawn"}
	begins := []string{
		"docker-", "libpod-", "crio-", "cri-containerd-", "nerdctl-", "buildkit-", "lxc.payload", "machine-lxc", "kubepods",
	}
	for name := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '/' || r == '\n' }) {
		hasBeginning := func(beginning string) bool { return strings.HasPrefix(name, beginning) }
		if slices.Contains(engines, name) || slices.ContainsFunc(begins, hasBeginning) {
			return true
		}
	}
	return false
}

// isContainers reports whether a container engine has made the mount: the root from an image's layers, a file of /etc
// that the engine writes for each container, or what LXC shows in /proc.
func (m mount) isContainers() bool {
	switch m.point {
	case "/":
		layers := containsAny(m.options, "io.containerd", "/docker/", "/containers/", "/buildkit/", "/crio/")
		return m.kind == "overlay" && layers
	case "/etc/hosts", "/etc/hostname", "/etc/resolv.conf":
		return containsAny(m.root, "/containers/", "/overlay-containers/", "/pods/", "/sandboxes/")
	}
	return m.kind == "fuse.lxcfs" && within(m.point, "/proc")
}

func containsAny(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}
