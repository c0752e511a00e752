package docker

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds every wait, unless a test knows better. It is far more than any takes.
const patience = time.Minute

// This program is started four times: by go test, then as the first process of the namespaces, as its child, in
// which the tests run, and as the cleaner.
const (
	firstProcess = "conformance-docker"
	tests        = "conformance-docker-tests"
	cleaner      = "conformance-docker-cleaner"
)

// noEngine says why there is none; "" with one.
var noEngine string

func TestMain(m *testing.M) {
	flag.Parse()
	switch os.Args[0] {
	case firstProcess:
		code, err := reap()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code) // the kernel ends all others of the namespace
	case tests:
		if err := prepare(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	case cleaner:
		clean(os.Args[1])
		return
	}
	if noEngine = missing(); noEngine != "" || flag.Lookup("test.list").Value.String() != "" {
		os.Exit(m.Run())
	}
	code, err := enter()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// missing says what an engine needs and this machine lacks.
func missing() string {
	if os.Getuid() != 0 {
		return "only root can start a Docker engine"
	}
	for _, program := range []string{"dockerd", "docker", "iptables", "ip"} {
		if _, err := exec.LookPath(program); err != nil {
			return program + " is not installed: run .ci/packages"
		}
	}
	return ""
}

// enter runs the tests in namespaces of their own. They end with this process, whatever ends it.
func enter() (code int, err error) {
	if err := makePrograms(); err != nil {
		return 1, err
	}
	cgroup := fmt.Sprint("conformance-docker-", os.Getpid())
	finish, err := startCleaner(cgroup)
	if err != nil {
		return 1, err
	}
	defer finish()
	runtime.LockOSThread() // Pdeathsig is about the thread
	first := exec.Command("/proc/self/exe")
	first.Args = append([]string{firstProcess}, os.Args[1:]...)
	first.Env = append(environment(), "CGROUP="+cgroup)
	first.Stdin, first.Stdout, first.Stderr = os.Stdin, os.Stdout, os.Stderr
	first.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
		Pdeathsig:  unix.SIGKILL,
	}
	if err := first.Run(); first.ProcessState == nil {
		return 1, fmt.Errorf("cannot start a process in namespaces of its own: %w", err)
	}
	return first.ProcessState.ExitCode(), nil
}

// reap runs the tests and, as the first process has to, reaps what others leave to it: Podman takes a process that
// nobody has reaped for a running one.
func reap() (code int, err error) {
	child := exec.Command("/proc/self/exe") // as long as /proc is the machine's, it is this program
	child.Args = append([]string{tests}, os.Args[1:]...)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := child.Start(); err != nil {
		return 1, err
	}
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 1, fmt.Errorf("cannot wait for the tests: %w", err)
		case pid == child.Process.Pid && status.Signaled():
			return 128 + int(status.Signal()), nil
		case pid == child.Process.Pid:
			return status.ExitStatus(), nil
		}
	}
}

// environment is that of the tests, without what leads a client to another engine or to another emulator.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name := strings.ToUpper(entry)
		for _, prefix := range []string{
			"DOCKER", "CONTAINER", "STORAGE_", "COMPOSE", "TESTCONTAINERS", "AWS", "LOCALSTACK", "XDG_RUNTIME_DIR=",
		} {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
		name, _, _ = strings.Cut(name, "=")
		return strings.HasSuffix(name, "_PROXY")
	})
}

// makePrograms makes the programs outside, where modules can be downloaded.
func makePrograms() error {
	build := exec.Command("make", "--silent", "build")
	build.Dir = repository
	build.Env = append(os.Environ(), "MAKEFLAGS=") // the caller is a make, too
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot make the programs: %w\n%s", err, out)
	}
	return nil
}

// startCleaner starts a process that outlives this one and removes the engine's control groups, which are all
// that namespaces do not take away.
func startCleaner(cgroup string) (finish func(), err error) {
	life, ends, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer life.Close()
	process := exec.Command("/proc/self/exe")
	process.Args = []string{cleaner, cgroup}
	process.Stdin = life
	process.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is for the tests
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("cannot start the cleaner: %w", err)
	}
	return func() {
		ends.Close()
		_ = process.Wait()
	}, nil
}

// clean waits until nobody has the other end of its input, and removes the control groups of a name, and those of the
// pods that Podman has made until then, as soon as their processes are gone.
func clean(cgroup string) {
	before := podGroups()
	_, _ = os.Stdin.Read(make([]byte, 1))
	for range 100 {
		all := removeGroups(cgroup)
		for _, group := range podGroups() {
			all = (slices.Contains(before, group) || removeGroups(group)) && all
		}
		if all {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, place := range groups(podParent) {
		_ = unix.Rmdir(place) // unless it has pods of others
	}
}

// podParent is the control group in which Podman makes those of its pods.
const podParent = "libpod_parent"

// podGroups are the control groups of Podman's pods.
func podGroups() (names []string) {
	for _, place := range groups(podParent + "/*") {
		names = append(names, podParent+"/"+filepath.Base(place))
	}
	return names
}

// groups are the control groups of a name or pattern, in every hierarchy.
func groups(name string) (places []string) {
	for _, hierarchy := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
		found, _ := filepath.Glob(hierarchy + name)
		places = append(places, found...)
	}
	return slices.DeleteFunc(places, func(place string) bool {
		status, err := os.Stat(place)
		return err != nil || !status.IsDir()
	})
}

// removeGroups removes the control groups of a name, and reports whether none is left.
func removeGroups(name string) (all bool) {
	all = true
	for _, place := range groups(name) {
		all = removeGroup(place) == nil && all
	}
	return all
}

// removeGroup removes a control group and those below it.
func removeGroup(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			_ = removeGroup(filepath.Join(path, entry.Name()))
		}
	}
	return unix.Rmdir(path)
}
