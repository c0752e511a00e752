package docker

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/conformance/kit"
)

// The images, as `make image` names them. Clients take the tag latest for a recent LocalStack.
const (
	referenceImage = "localstack-entrypoint:latest"
	shellImage     = "localstack-entrypoint-shell:latest"
	authorityImage = "localstack-license-authority:latest"
)

const (
	// repository is this project's folder.
	repository = "../../.."
	// state has all that the engine and its clients write. It is in memory, and goes with the namespaces.
	state = "/run/conformance"
	// host is this machine's address, also for containers.
	host = "172.17.0.1"
)

// root is what the layers of the clients' root make up, for our clients to write to; "" without them.
var root string

// prepare makes the namespaces a machine with an engine, our images and the clients.
func prepare() error {
	for _, step := range []func() error{mountAll, startEngine, buildImages, setForLibraries} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// mountAll hides the machine's sockets, such as those of an engine that runs already, and makes root.
func mountAll() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cannot keep the mounts apart: %w", err)
	}
	if err := cmp.Or(mount("/run", "tmpfs", "mode=755"), mount("/proc", "proc", "")); err != nil {
		return err
	}
	if err := os.MkdirAll(state+"/tmp", 0o755); err != nil {
		return err
	}
	os.Setenv("TMPDIR", state+"/tmp")
	os.Setenv("DOCKER_HOST", "unix:///var/run/docker.sock")
	if kit.Root == "" {
		return nil
	}
	root = state + "/root"
	for _, name := range []string{"/upper", "/work"} {
		if err := os.Mkdir(state+name, 0o755); err != nil {
			return err
		}
	}
	return cmp.Or(
		mount(root, "overlay", "lowerdir="+kit.Root+",upperdir="+state+"/upper,workdir="+state+"/work"),
		mount(root+"/proc", "proc", ""),
		mount(root+"/tmp", "tmpfs", "mode=1777"),
		unix.Mount("/dev", root+"/dev", "", unix.MS_BIND|unix.MS_REC, ""),
		unix.Mount("/run", root+"/run", "", unix.MS_BIND, ""), // the engine's socket, and the tests' folders
	)
}

func mount(place, kind, options string) error {
	if err := os.MkdirAll(place, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(kind, place, kind, 0, options); err != nil {
		return fmt.Errorf("cannot mount %s at %s: %w", kind, place, err)
	}
	return nil
}

// startEngine starts dockerd, and with it a containerd of its own.
func startEngine() error {
	if err := command("ip", "link", "set", "lo", "up").Run(); err != nil {
		return fmt.Errorf("cannot set up the loopback device: %w", err)
	}
	settings := filepath.Join(state, "daemon.json") // instead of the machine's
	if err := os.WriteFile(settings, []byte("{}"), 0o600); err != nil {
		return err
	}
	var log bytes.Buffer
	daemon := command("dockerd", "--config-file", settings, "--host", os.Getenv("DOCKER_HOST"),
		"--data-root", state+"/docker", "--exec-root", "/run/docker", "--pidfile", "/run/docker.pid",
		"--bip", host+"/16", "--cgroup-parent", "/"+os.Getenv("CGROUP"), "--exec-opt", "native.cgroupdriver=cgroupfs")
	daemon.Stdout, daemon.Stderr = &log, &log
	if err := daemon.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- daemon.Wait() }()
	for limit := time.After(patience); ; {
		if command("docker", "version").Run() == nil {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("dockerd ends: %w\n%s", err, &log)
		case <-limit:
			_ = daemon.Process.Kill()
			<-ended
			return fmt.Errorf("dockerd does not answer within %s\n%s", patience, &log)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// buildImages builds the images as users do. The programs are there already: see makePrograms.
func buildImages() error {
	build := command("make", "--silent", "image")
	build.Dir = repository
	build.Env = append(os.Environ(), "MAKEFLAGS=") // the caller is a make, too
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the images: %w\n%s", err, out)
	}
	return nil
}

// setForLibraries sets what clients that are libraries of Go read, once, from this process's environment.
func setForLibraries() error {
	for name, value := range librarySettings {
		os.Setenv(name, value)
	}
	home := state + "/home" // without the machine's .testcontainers.properties
	os.Setenv("HOME", home)
	return os.Mkdir(home, 0o755)
}

func command(args ...string) *exec.Cmd { return exec.Command(args[0], args[1:]...) }
