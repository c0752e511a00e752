package container

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"localstack-entrypoint/internal/fault"
)

// netBindService is the capability to listen on low ports.
const netBindService = "NET_BIND_SERVICE"

// capabilities are those that something of LocalStack's uses, by their bits in CapEff
// of /proc/PID/status, see capabilities(7).
var capabilities = []struct {
	bit  uint
	name string
}{{0, "CHOWN"}, {5, "KILL"}, {6, "SETGID"}, {7, "SETUID"}, {10, netBindService}}

// lacking names the capabilities that are not in a set.
func lacking(held uint64) (names []string) {
	for _, c := range capabilities {
		if held&(1<<c.bit) == 0 {
			names = append(names, c.name)
		}
	}
	return names
}

// confinement checks what the container's user, its capabilities and its
// seccomp filter take away. Only ports that the gateway cannot open are a
// reason to warn.
func (c Container) confinement(context.Context) fault.Check {
	const name = "confinement"
	text, err := c.read("proc/self/status")
	if err != nil {
		return fault.Skip(name, err.Error())
	}
	status := parseFields(text)
	user, lacks := status.user(), lacking(status.mask("CapEff"))
	held := "all capabilities that LocalStack uses"
	switch {
	case len(lacks) == len(capabilities):
		held = "no capabilities"
	case len(lacks) > 0:
		held = "capabilities without " + strings.Join(lacks, ", ")
	}
	onOff := map[string]string{"": "unknown", "0": "off", "1": "on", "2": "on"} // 2 is seccomp with a filter
	facts := []string{fmt.Sprintf("user %s, seccomp %s, no_new_privs %s, %s",
		user, onOff[status["Seccomp"]], onOff[status["NoNewPrivs"]], held)}
	first := c.firstPort(lacks)
	if first > 53 {
		facts = append(facts, "the emulator's own name server cannot listen on port 53")
	}
	forUsers := func(name string) bool { return name != netBindService }
	if user == "0" && slices.ContainsFunc(lacks, forUsers) {
		facts = append(facts, "without CHOWN, KILL, SETGID and SETUID, root cannot start or stop services of other users")
	}
	var closed []string
	addresses, _ := c.listen()
	for _, a := range addresses {
		if a.Port > 0 && uint64(a.Port) < first && !a.Optional {
			closed = append(closed, strconv.Itoa(int(a.Port)))
		}
	}
	if len(closed) > 0 {
		return fault.Warn(name, fault.New(fault.SystemConfinement,
			"without NET_BIND_SERVICE, user %s cannot listen on port %s, only on %d and above",
			user, strings.Join(slices.Compact(closed), ", "), first), facts...)
	}
	return fault.Pass(name, facts[0], facts[1:]...)
}

// firstPort is the lowest that this process can listen on.
func (c Container) firstPort(lacks []string) uint64 {
	if !slices.Contains(lacks, netBindService) {
		return 0
	}
	text, _ := c.read("proc/sys/net/ipv4/ip_unprivileged_port_start")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 1024
	}
	return port
}
