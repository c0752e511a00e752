package docker

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/conformance/kit"
)

// podman is Podman on a machine of its user, who has the images and an authority.
type podman struct {
	*room
	*kit.Authority
	// as are the words before "podman" that make it another user's; none for root.
	as []string
}

// The images' names in Podman's own store.
const (
	podmanImage      = "localhost/" + referenceImage
	podmanShellImage = "localhost/" + shellImage
)

// podmanSettings: a machine may not let limits be raised, as Podman does by default; crun refuses one with control
// groups of both versions; and there is no systemd.
const podmanSettings = `
[containers]
default_ulimits = ["nofile=%[1]d:%[1]d", "nproc=%[2]d:%[2]d"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
[network]
default_rootless_network_cmd = "slirp4netns"
`

// newPodman is root's.
func newPodman(t *testing.T) podman {
	t.Helper()
	r := newRoom(t)
	if _, err := exec.LookPath("podman"); err != nil {
		t.Skip("podman is not installed: run .ci/packages")
	}
	if err := preparePodman(); err != nil {
		t.Fatal(err)
	}
	return podman{room: r, Authority: r.authority(server.Options{})}
}

// preparePodman gives Podman settings, folders and locks of its own, and the images that the engine has built.
var preparePodman = sync.OnceValue(func() error {
	for place, mode := range map[string]string{
		"/etc/containers": "755", "/etc/cni": "755", "/var/lib/containers": "755", "/var/lib/cni": "755", "/dev/shm": "1777",
	} {
		if err := mount(place, "tmpfs", "mode="+mode); err != nil {
			return err
		}
	}
	files, err := hardLimit(unix.RLIMIT_NOFILE)
	if err != nil {
		return err
	}
	processes, err := hardLimit(unix.RLIMIT_NPROC)
	if err != nil {
		return err
	}
	for name, content := range map[string]string{
		"containers.conf": fmt.Sprintf(podmanSettings, files, processes),
		"policy.json":     `{"default": [{"type": "insecureAcceptAnything"}]}`, // no image has a signature
	} {
		if err := os.WriteFile("/etc/containers/"+name, []byte(content), 0o644); err != nil {
			return err
		}
	}
	save := command("docker", "save", "--output", podmanArchive, referenceImage, shellImage)
	load := command("podman", "load", "--quiet", "--input", podmanArchive)
	for _, cmd := range []*exec.Cmd{save, load} {
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
		}
	}
	return os.Chmod(podmanArchive, 0o644)
})

// hardLimit is what a resource is limited to, as Podman is told; -1 without a limit.
func hardLimit(resource int) (int64, error) {
	var limit unix.Rlimit
	err := unix.Getrlimit(resource, &limit)
	if limit.Max == unix.RLIM_INFINITY {
		return -1, err
	}
	return int64(limit.Max), err
}

const podmanArchive = state + "/images.tar"

func (p podman) in(t *testing.T) podman {
	p.room = p.room.in(t)
	return p
}

// podman runs a command that must succeed.
func (p podman) podman(args ...string) (stdout string) {
	p.Helper()
	return p.run(p.words(args)...)
}

// try runs a command, whatever its result. Its output is without tokens.
func (p podman) try(args ...string) (output string, code int) {
	p.Helper()
	return p.room.try(p.words(args)...)
}

// words are those of a command. Control groups are made where the kit removes them; Podman leaves some of them.
func (p podman) words(args []string) []string {
	words := slices.Concat(p.as, []string{"podman"}, args)
	at := len(p.as) + 2
	switch {
	case p.as != nil || slices.Contains(args, "--pod"): // no groups, or those of the pod
		return words
	case args[0] == "pod" && args[1] == "create":
		at++
	case args[0] != "run":
		return words
	}
	return slices.Insert(words, at, "--cgroup-parent", "/"+os.Getenv("CGROUP"))
}

// starts starts a container, which is removed after the test.
func (p podman) starts(args ...string) (id string) {
	p.Helper()
	options := []string{"run", "--detach", "--pull", "never", "--env", "API_ENDPOINT=" + p.URL}
	lines := strings.Fields(p.podman(append(options, args...)...))
	id = lines[len(lines)-1] // after the one that it replaces
	p.removesLater("rm", "--force", "--volumes", "--time", "0", id)
	return id
}

// removesLater runs a command after the test, which may not need it any more.
func (p podman) removesLater(args ...string) {
	words := p.words(args)
	p.Cleanup(func() {
		cmd := command(words...)
		for name, value := range p.env {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		_ = cmd.Run()
	})
}

// secret is the name of a new secret.
func (p podman) secret(content string) (name string) {
	p.Helper()
	name = filepath.Base(p.home) + strings.NewReplacer("/", "-", "_", "-").Replace(p.Name()[strings.Index(p.Name(), "/"):])
	p.podman("secret", "create", name, p.put(name, 0o644, content))
	p.removesLater("secret", "rm", name)
	return name
}

// logs is what a container has printed, without tokens.
func (p podman) logs(id string) string {
	p.Helper()
	log, _ := p.try("logs", id)
	return log
}

// says waits for a text in a container's log.
func (p podman) says(id, text string) {
	p.Helper()
	p.eventually("the log has "+text, func() (string, bool) {
		log := p.logs(id)
		return log, strings.Contains(log, text)
	})
}

// isReady waits for a container's Ready., and for a license of the pro edition.
func (p podman) isReady(id string) {
	p.Helper()
	p.says(id, "\nReady.\n")
	p.says(id, "activated")
	if out, code := p.try("healthcheck", "run", id); code != 0 {
		p.Errorf("healthcheck run: exit code %d: %s", code, out)
	}
}

// has compares what Podman says of a container.
func (p podman) has(id, format, want string) {
	p.Helper()
	if got := p.podman("inspect", "--format", format, id); got != want {
		p.Errorf("%s is %q, want %q:\n%s", format, got, want, p.logs(id))
	}
}

// stops stops a container, which must end by itself.
func (p podman) stops(id string) {
	p.Helper()
	p.podman("stop", "--time", "30", id)
	p.has(id, "{{.State.ExitCode}}", "0")
}
