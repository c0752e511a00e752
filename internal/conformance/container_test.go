package conformance

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/conformance/kit"
)

// container is what a container engine would be told.
type container struct {
	*testing.T
	network
	// volume is the folder at /var/lib/localstack, files one that is laid over the root.
	volume, files string
	env           map[string]string
	uid, gid      int
	// command is what PID 1 is; docker-entrypoint.sh by default.
	command []string
	binds   []bind
}

// gatewayAddress is where the emulator of every container listens unless the test says otherwise.
const gatewayAddress = "127.0.0.1:4566"

// What .ci/clients adds to the root for some tests.
const (
	pythonOfRuntime    = "/opt/code/localstack/.venv/bin/python" // LocalStack's own emulator
	pythonOfLocalStack = "/opt/licenseclient/bin/python"         // LocalStack's command line, with its license client
	pythonOfAWSClients = "/opt/awsclients/bin/python"            // boto3 and AWS CLI v1
)

// newContainer describes a container, run by root, whose root has the programs that the test needs besides Debian's.
// It needs no network.
func newContainer(t *testing.T, needed ...string) *container {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can start a container")
	}
	kit.Needs(t, needed...)
	c := &container{T: t, network: newNetwork(t)}
	c.volume, c.files = c.folder(), c.folder()
	c.command = []string{"docker-entrypoint.sh"}
	c.env = map[string]string{
		"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root",
		"USER": "localstack", "PYTHONUNBUFFERED": "1", // as LocalStack's image sets them
		"DNS_ADDRESS": "0", "DISABLE_EVENTS": "1", "GATEWAY_LISTEN": gatewayAddress,
		"SKIP_SSL_CERT_DOWNLOAD": "1",
		"SHUTDOWN_TIMEOUT":       "40",                    // the machine may be busy with other tests
		"API_ENDPOINT":           "http://127.0.0.1:1/v1", // nobody; licensing says who
	}
	for path, mode := range map[string]os.FileMode{c.files: 0o755, c.volume: 0o777} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// folder is a new folder. Its path has nothing of the test's name, which may mean something to a mount.
func (c *container) folder() string {
	c.Helper()
	path, err := os.MkdirTemp("", "container-")
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { os.RemoveAll(path) })
	return path
}

// set sets a variable of the environment.
func (c *container) set(name, value string) { c.env[name] = value }

// as has the command run by another user.
func (c *container) as(uid, gid int) { c.uid, c.gid = uid, gid }

// put writes a file over the root, such as "etc/hosts".
func (c *container) put(path string, mode os.FileMode, content string) {
	c.Helper()
	place := filepath.Join(c.files, path)
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		c.Fatal(err)
	}
	if err := os.WriteFile(place, []byte(content), mode); err != nil {
		c.Fatal(err)
	}
	if err := os.Chmod(place, mode); err != nil { // whatever the umask
		c.Fatal(err)
	}
}

// hook adds a script to a stage of the init hooks: boot, start, ready or shutdown. A name that ends in .py is
// Python's, any other is for sh.
func (c *container) hook(stage, name, content string) {
	c.Helper()
	if filepath.Ext(name) != ".py" {
		content = "#!/bin/sh\n" + content
	}
	c.put("etc/localstack/init/"+stage+".d/"+name, 0o755, content)
}

// bind shows a file or folder of this machine in the container.
func (c *container) bind(here, there string) { c.binds = append(c.binds, bind{here, there}) }

// start starts the container, with fresh files but the same volume and network.
func (c *container) start() *process {
	c.Helper()
	l := arrangement{
		Folder: c.folder(), Layers: []string{c.files, programs, kit.Root},
		Binds: append([]bind{{c.volume, "/var/lib/localstack"}}, c.binds...),
		UID:   c.uid, GID: c.gid, Command: c.command,
	}
	told, tell, err := os.Pipe()
	if err != nil {
		c.Fatal(err)
	}
	p := &process{container: c, ended: make(chan struct{}), log: newJournal()}
	p.Cmd = exec.Command("/proc/self/exe")
	p.Args = []string{firstProcess}
	p.Env = c.environ()
	p.Stdout, p.Stderr = p.log.stream("stdout"), p.log.stream("stderr")
	p.ExtraFiles = []*os.File{told}
	p.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
		Setsid:     true,
	}
	p.began = time.Now()
	err = c.Inside(p.Start)
	told.Close()
	if err != nil {
		c.Fatal(err)
	}
	go p.wait()
	c.Cleanup(p.kill)
	if err := json.NewEncoder(tell).Encode(l); err != nil {
		c.Fatal(err)
	}
	tell.Close()
	return p
}

func (c *container) environ() (entries []string) {
	for name, value := range c.env {
		entries = append(entries, name+"="+value)
	}
	return entries
}
