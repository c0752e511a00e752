package docker

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/conformance/kit"
)

// Podman of a user who is not root.
func TestPodmanRootless(t *testing.T) {
	t.Parallel()
	p := newPodman(t)
	for _, program := range []string{"newuidmap", "newgidmap", "slirp4netns"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not installed: run .ci/packages")
		}
	}
	if problem := noUserNamespaces(); problem != "" { // which no package changes
		t.Logf("not tried: %s", problem)
		return
	}
	if err := p.becomesAUser(); err != nil {
		t.Fatal(err)
	}
	kit.Client(t, "podman (rootless)", strings.TrimPrefix(p.podman("--version"), "podman version "))
	p.podman("load", "--quiet", "--input", podmanArchive)
	token, _ := p.Token(authority.NewToken{Kind: authority.Developer})
	withToken := []string{"--env", "LOCALSTACK_AUTH_TOKEN=" + token}
	for _, part := range []struct {
		name string
		do   func(podman, string, []string)
	}{
		{"run, healthcheck, stop, start, kill", podman.lives},
		{"secrets", podman.readsSecrets},
		{"no license", podman.ends55},
		{"a user's own volume", podman.keepsItsVolume},
	} {
		t.Run(part.name, func(t *testing.T) { part.do(p.in(t), token, withToken) })
	}
}

// noUserNamespaces says what keeps users of this machine from having containers of their own.
func noUserNamespaces() string {
	for _, setting := range []string{"user/max_user_namespaces", "kernel/unprivileged_userns_clone"} {
		if value, err := os.ReadFile("/proc/sys/" + setting); err == nil && strings.TrimSpace(string(value)) == "0" {
			return setting + " is 0"
		}
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		return err.Error()
	}
	return ""
}

// The user, whom only this namespace knows.
const (
	podmanUser = "conformance"
	podmanUID  = 64123
)

// becomesAUser makes the user, with an own range of users for containers, and has everything run by that user.
func (p *podman) becomesAUser() error {
	p.Helper()
	for path, line := range map[string]string{
		"/etc/passwd": fmt.Sprintf("%s:x:%d:%d::%s:/bin/sh", podmanUser, podmanUID, podmanUID, p.home),
		"/etc/group":  fmt.Sprintf("%s:x:%d:", podmanUser, podmanUID),
		"/etc/subuid": podmanUser + ":6400000:65536",
		"/etc/subgid": podmanUser + ":6400000:65536",
	} {
		if err := addLine(path, line); err != nil {
			return err
		}
	}
	tun := state + "/tun" // the machine's may be root's alone
	if err := unix.Mknod(tun, unix.S_IFCHR|0o666, int(unix.Mkdev(10, 200))); err != nil {
		return err
	}
	if err := unix.Chmod(tun, 0o666); err != nil {
		return err
	}
	if err := unix.Mount(tun, "/dev/net/tun", "", unix.MS_BIND, ""); err != nil {
		return err
	}
	runtime := fmt.Sprint("/run/user/", podmanUID) // short: Podman does not clean up below a long path
	if err := os.MkdirAll(runtime, 0o700); err != nil {
		return err
	}
	if err := os.Chmod("/run/user", 0o755); err != nil {
		return err
	}
	for _, place := range []string{p.home, runtime} {
		if err := os.Chown(place, podmanUID, podmanUID); err != nil {
			return err
		}
	}
	p.set("USER", podmanUser)
	p.set("XDG_RUNTIME_DIR", runtime)
	id := fmt.Sprint(podmanUID)
	p.as = []string{"setpriv", "--reuid", id, "--regid", id, "--clear-groups"}
	return nil
}

// addLine adds a line to a file of the machine, for this namespace only.
func addLine(path, line string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	copied := state + "/" + strings.ReplaceAll(path, "/", "-")
	if err := os.WriteFile(copied, append(content, line+"\n"...), 0o644); err != nil {
		return err
	}
	return unix.Mount(copied, path, "", unix.MS_BIND, "")
}

// keepsItsVolume mounts a folder of the user, who can read afterwards what the container has left there.
func (p podman) keepsItsVolume(_ string, withToken []string) {
	folder := p.home + "/volume"
	if err := os.Mkdir(folder, 0o755); err != nil {
		p.Fatal(err)
	}
	if err := os.Chown(folder, podmanUID, podmanUID); err != nil {
		p.Fatal(err)
	}
	id := p.starts(append(withToken, "--volume", folder+":/var/lib/localstack", podmanImage)...)
	p.isReady(id)
	p.stops(id)
	license := folder + "/cache/license.json"
	if status, err := os.Stat(license); err != nil {
		p.Error(err)
	} else if owner := status.Sys().(*syscall.Stat_t).Uid; owner != podmanUID {
		p.Errorf("%s is of user %d, want %d", license, owner, podmanUID)
	}
}
