package docker

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/conformance/kit"
	"localstack-entrypoint/internal/credential"
)

// room is where the commands of one test run: beside the engine, with a home and an environment of their own.
type room struct {
	*testing.T
	// home is an empty folder, at the same path for commands in the root and for what the engine mounts.
	home string
	env  map[string]string
	// limit is how long a command may take.
	limit time.Duration
	// root is what its commands have as their root.
	root string
}

func newRoom(t *testing.T) *room {
	t.Helper()
	if noEngine != "" {
		t.Skip(noEngine)
	}
	home, err := os.MkdirTemp("", "room-")
	if err != nil {
		t.Fatal(err)
	}
	return &room{T: t, home: home, limit: patience, env: map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8",
		"DOCKER_HOST": os.Getenv("DOCKER_HOST"),
	}}
}

// newRoomWithClients is a room whose commands are those of the root, which must have a program, such as
// /opt/licenseclient/bin/localstack.
func newRoomWithClients(t *testing.T, program string) *room {
	t.Helper()
	r := newRoom(t)
	kit.Needs(t, program)
	r.root = root
	r.env["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	return r
}

// in is the same room for a part of the test, with a copy of its environment.
func (r *room) in(t *testing.T) *room {
	part := *r
	part.T = t
	part.env = maps.Clone(r.env)
	return &part
}

// authority starts a license authority of the test's own, which containers reach, too. What is started later gets
// it as API_ENDPOINT only where the test passes it on.
func (r *room) authority(options server.Options) *kit.Authority {
	r.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		r.Fatal(err)
	}
	return kit.NewAuthority(r.T, listener, options)
}

// set sets a variable of the environment.
func (r *room) set(name, value string) { r.env[name] = value }

// put writes a file in home, such as "compose.yaml", and returns its path.
func (r *room) put(name string, mode os.FileMode, content string) (path string) {
	r.Helper()
	path = filepath.Join(r.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		r.Fatal(err)
	}
	return path
}

// command is a command in home, not yet started.
func (r *room) command(ctx context.Context, args ...string) *exec.Cmd {
	if r.root != "" { // the program is looked up there, and home is as it is here
		args = append([]string{"chroot", r.root, "/usr/bin/env", "--chdir=" + r.home}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	if r.root == "" {
		cmd.Dir = r.home
	}
	cmd.Env = []string{}
	for name, value := range r.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// exec runs a command in home. When its time is over, all that it has started is killed.
func (r *room) exec(args ...string) (stdout, stderr string, code int) {
	r.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), r.limit) // also for what is done when the test ends
	defer cancel()
	cmd := r.command(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errs, time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	err := cmd.Run()
	shown := func() string {
		return credential.MaskAll(strings.Join(args, " ") + "\n" + out.String() + errs.String())
	}
	if ctx.Err() != nil {
		r.Fatalf("not within %s: %s", r.limit, shown())
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		r.Fatalf("%v: %s", err, shown())
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// try is exec of what may fail. The output is without tokens.
func (r *room) try(args ...string) (output string, code int) {
	r.Helper()
	stdout, stderr, code := r.exec(args...)
	return credential.MaskAll(stdout + stderr), code
}

// run is exec of what must succeed. It returns the output without the newline at its end.
func (r *room) run(args ...string) (stdout string) {
	r.Helper()
	stdout, stderr, code := r.exec(args...)
	if code != 0 {
		r.Fatalf("exit code %d: %s", code, credential.MaskAll(strings.Join(args, " ")+"\n"+stdout+stderr))
	}
	return strings.TrimSuffix(stdout, "\n")
}

// docker runs the docker command, which must succeed.
func (r *room) docker(args ...string) (stdout string) {
	r.Helper()
	outside := *r
	outside.root = ""
	outside.env = map[string]string{"PATH": os.Getenv("PATH"), "HOME": r.home, "DOCKER_HOST": r.env["DOCKER_HOST"]}
	return outside.run(append([]string{"docker"}, args...)...)
}

// runContainer starts a container of an image and removes it, with its volumes, after the test.
func (r *room) runContainer(args ...string) (id string) {
	r.Helper()
	id = r.docker(append([]string{"run", "--detach", "--pull", "never"}, args...)...)
	r.Cleanup(func() { _ = command("docker", "rm", "--force", "--volumes", id).Run() })
	return id
}

// logs is what a container has printed, without tokens.
func (r *room) logs(container string) string {
	r.Helper()
	log, _ := r.try("docker", "logs", container)
	return log
}

// eventually waits until something is true. Where it does not become true, it fails with what was seen last.
func (r *room) eventually(what string, is func() (seen string, ok bool)) {
	r.Helper()
	for end := time.Now().Add(r.limit); ; time.Sleep(50 * time.Millisecond) {
		seen, ok := is()
		switch {
		case ok:
			return
		case time.Now().After(end):
			r.Fatalf("%s: not within %s; last: %s", what, r.limit, credential.MaskAll(seen))
		}
	}
}

// get asks the emulator at an address such as "127.0.0.1:4566".
func (r *room) get(address, path string) (body string, err error) {
	return r.ask(http.DefaultClient, "http://"+address+path)
}

// getTLS is get by https. It does not check the certificate.
func (r *room) getTLS(address, path string) (body string, err error) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}
	return r.ask(&http.Client{Transport: transport}, "https://"+address+path)
}

func (r *room) ask(c *http.Client, url string) (body string, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := c.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

// isPro waits until the emulator at an address says that it is the pro edition, with an activated license.
func (r *room) isPro(address string) {
	r.Helper()
	r.eventually("pro with a license", func() (string, bool) {
		info, err := r.get(address, "/_localstack/info")
		if err != nil {
			return err.Error(), false
		}
		return info, strings.Contains(info, `"edition":"pro"`) && strings.Contains(info, `"is_license_activated":true`)
	})
}
