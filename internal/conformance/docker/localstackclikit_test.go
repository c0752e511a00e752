package docker

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/conformance/kit"
)

const localstackProgram = "/opt/licenseclient/bin/localstack"

// localstackCLI is LocalStack's command line on a machine of its user, who has the image and an authority.
type localstackCLI struct {
	*room
	*kit.Authority
	// name is that of its container.
	name string
}

// defaultPorts are 4566 and 443 of this machine. A parallel test that needs them locks it.
var defaultPorts sync.Mutex

// newLocalstackCLI starts containers that have LocalStack's own name and ports.
func newLocalstackCLI(t *testing.T) localstackCLI {
	t.Helper()
	r := newRoomWithClients(t, localstackProgram)
	defaultPorts.Lock()
	t.Cleanup(defaultPorts.Unlock)
	r.set("EXTERNAL_SERVICE_PORTS_END", "4512") // publishing all fifty takes an engine seconds
	return localstackCLI{r, r.authority(server.Options{}), "localstack-main"}.withImage()
}

// newLocalstackCLIAt starts containers that have a name and ports of their own, which no other test has.
func newLocalstackCLIAt(t *testing.T, port int) localstackCLI {
	t.Helper()
	r := newRoomWithClients(t, localstackProgram)
	c := localstackCLI{r, r.authority(server.Options{}), fmt.Sprint("localstack-", port)}
	r.set("MAIN_CONTAINER_NAME", c.name)
	r.set("GATEWAY_LISTEN", fmt.Sprint("127.0.0.1:", port))
	r.set("EXTERNAL_SERVICE_PORTS_START", fmt.Sprint(port+1))
	r.set("EXTERNAL_SERVICE_PORTS_END", fmt.Sprint(port+2))
	return c.withImage()
}

func (c localstackCLI) withImage() localstackCLI {
	c.Helper()
	if err := makeRootAMachine(); err != nil {
		c.Fatal(err)
	}
	c.set("API_ENDPOINT", c.URL)            // what the command line itself asks
	c.set("LOCALSTACK_API_ENDPOINT", c.URL) // what it passes on
	c.set("IMAGE_NAME", referenceImage)
	c.set("DISABLE_EVENTS", "1")
	c.Cleanup(func() { _ = command("docker", "rm", "--force", "--volumes", c.name).Run() })
	return c
}

func (c localstackCLI) in(t *testing.T) localstackCLI {
	c.room = c.room.in(t)
	return c
}

// makeRootAMachine makes the clients' root, which is that of a container, look like a user's machine to the command
// line: it has the docker command, it resolves LocalStack's public name, and it is no container.
var makeRootAMachine = sync.OnceValue(func() error {
	if err := os.Remove(root + "/usr/lib/localstack/.community-version"); err != nil {
		return err
	}
	hosts, err := os.OpenFile(root+"/etc/hosts", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer hosts.Close()
	if _, err := hosts.WriteString("127.0.0.1 localhost.localstack.cloud\n"); err != nil {
		return err
	}
	program, err := exec.LookPath("docker")
	if err != nil {
		return err
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	return cmp.Or(
		os.WriteFile(root+"/usr/bin/docker", content, 0o755),
		os.WriteFile(root+"/usr/local/bin/docker", []byte(olderDocker), 0o755),
	)
})

// olderDocker lets the command line, which passes --timeout to stop, use a docker command before version 28, which
// knows it only as -t.
const olderDocker = `#!/bin/sh
for argument; do
	shift
	[ "$argument" != --timeout ] || argument=-t
	set -- "$@" "$argument"
done
exec /usr/bin/docker "$@"
`

// localstack runs a command that must succeed.
func (c localstackCLI) localstack(args ...string) (stdout string) {
	c.Helper()
	return c.run(append([]string{localstackProgram}, args...)...)
}

// try runs a command, whatever its result. Its output is without tokens.
func (c localstackCLI) try(args ...string) (output string, code int) {
	c.Helper()
	return c.room.try(append([]string{localstackProgram}, args...)...)
}

// fails runs a command that must fail and say why.
func (c localstackCLI) fails(why string, args ...string) {
	c.Helper()
	if output, code := c.try(args...); code == 0 || !strings.Contains(output, why) {
		c.Errorf("%s: exit code %d, want a failure with %q:\n%s", strings.Join(args, " "), code, why, output)
	}
}

// isLocalstackCLI names it in the table of clients.
func (r *room) isLocalstackCLI() {
	r.Helper()
	kit.Client(r.T, "localstack", strings.TrimPrefix(r.run(localstackProgram, "--version"), "LocalStack CLI "))
}

// asked compares what the authority has been asked since the last call with exactly these.
func (c localstackCLI) asked(want ...string) {
	c.Helper()
	c.Wants(c.T, want...)
}

// ends waits for the end of the container that was started last, which removes itself, and wants this exit code.
func (c localstackCLI) ends(code string) {
	c.Helper()
	c.eventually("the container ends and is gone", func() (string, bool) {
		list := c.docker("ps", "--all", "--format", "{{.Names}} {{.Status}}")
		return list, !strings.Contains(list, c.name+" ")
	})
	now := fmt.Sprintf("%.9f", float64(time.Now().UnixNano())/1e9)
	ended := strings.Fields(c.docker("events", "--since", "0", "--until", now,
		"--filter", "container="+c.name, "--filter", "event=die", "--format", "{{.Actor.Attributes.exitCode}}"))
	if len(ended) == 0 || ended[len(ended)-1] != code {
		c.Errorf("the containers end with %q, want the last one with %s", ended, code)
	}
}
