package docker

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
)

// What its users give the container besides.
func TestLocalStackCLIOptions(t *testing.T) {
	t.Parallel()
	newRoomWithClients(t, localstackProgram).isLocalstackCLI()
	tests := []struct {
		name string
		port int
		// address is where the emulator is published; 127.0.0.1 by default.
		address string
		// begin gets the machine ready, and returns the arguments before and after "start".
		begin func(localstackCLI) (before, after []string)
		// log is a part of the container's log.
		log string
		// asks is what the authority is asked, unless it is one request of the container.
		asks string
		// then is what else is done.
		then func(localstackCLI)
	}{
		{name: "network, volumes, variables", port: 14700, begin: localstackCLI.withFlags, log: "hook: from -e"},
		{name: "profile", port: 14710, begin: localstackCLI.withProfile, log: "hook: from the profile"},
		{name: "DEBUG=1", port: 14720, log: " DEBUG ", begin: func(c localstackCLI) (before, after []string) {
			c.set("DEBUG", "1")
			return nil, nil
		}},
		// The container is told of this address, too, which is none of its own.
		{name: "another address", port: 14740, address: "127.0.0.2", begin: localstackCLI.withAddress, log: "Ready."},
		{name: "DOCKER_FLAGS with --init", port: 14750, begin: localstackCLI.withInit, log: "Ready.",
			then: localstackCLI.restarts},
		{name: "the official image's name", port: 14730, begin: localstackCLI.withOfficialName, log: "Ready.",
			asks: "POST /v1/license/request 200, POST /v1/license/activate 200"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newLocalstackCLIAt(t, test.port)
			token, _ := c.Token(authority.NewToken{Kind: authority.Developer})
			c.set("LOCALSTACK_AUTH_TOKEN", token)
			before, after := test.begin(c)
			c.localstack(append(append(before, "start", "-d"), after...)...)
			c.isPro(fmt.Sprintf("%s:%d", cmp.Or(test.address, "127.0.0.1"), test.port))
			c.eventually("the log has "+test.log, func() (string, bool) {
				log := c.logs(c.name)
				return log, strings.Contains(log, test.log)
			})
			if test.asks == "" {
				test.asks = "POST /v1/license/request 200"
			}
			c.asked(strings.Split(test.asks, ", ")...)
			if test.then != nil {
				test.then(c)
			}
		})
	}
}

// withHook mounts a READY hook that logs a variable, and a shell for it.
func (c localstackCLI) withHook() []string {
	c.Helper()
	hook := c.put("hook.sh", 0o755, "#!/bin/sh\necho hook: $GREETING\n")
	return []string{
		"--volume", hook + ":/etc/localstack/init/ready.d/hook.sh",
		"--volume", "/usr/bin/bash-static:/bin/sh",
	}
}

func (c localstackCLI) withFlags() (before, after []string) {
	c.Helper()
	network := c.name
	c.Cleanup(func() { _ = command("docker", "network", "rm", network).Run() }) // which it creates
	c.Cleanup(func() { _ = command("docker", "rm", "--force", c.name).Run() })
	c.set("GREETING", "from -e")
	return nil, append(c.withHook(), "--network", network, "--env", "GREETING", "--env", "LOCALSTACK_PERSISTENCE=1")
}

func (c localstackCLI) withProfile() (before, after []string) {
	c.Helper()
	c.put(filepath.Join(".localstack", "dev.env"), 0o600, "LOCALSTACK_GREETING=from the profile\n")
	return []string{"--profile", "dev"}, c.withHook()
}

func (c localstackCLI) withAddress() (before, after []string) {
	c.set("GATEWAY_LISTEN", "127.0.0.2:14740")
	return nil, nil
}

// withInit has another PID 1, below which the entrypoint supervises only if it is told to.
func (c localstackCLI) withInit() (before, after []string) {
	c.set("DOCKER_FLAGS", "--init --env SUPERVISE=1")
	return nil, nil
}

// withOfficialName: with this name, it asks for a license itself, and starts only with one.
func (c localstackCLI) withOfficialName() (before, after []string) {
	c.Helper()
	const official = "localstack/localstack-pro:latest"
	c.docker("tag", referenceImage, official)
	c.set("IMAGE_NAME", official)
	return nil, nil
}
