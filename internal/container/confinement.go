package container

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"localstack-entrypoint/internal/fault"
)

// capability is a bit of CapEff in /proc/PID/status, see capabilities(7).
type capability uint8

// The capabilities that something of LocalStack's uses.
const (
	capChown          capability = 0
	capKill           capability = 5
	capSetgid         capability = 6
	capSetuid         capability = 7
	capNetBindService capability = 10
)

var capabilityNames = []struct {
	capability
	name string
}{
	{capChown, "CHOWN"}, {capKill, "KILL"}, {capSetgid, "SETGID"}, {capSetuid, "SETUID"},
	{capNetBindService, "NET_BIND_SERVICE"},
}

// confinement is what the kernel keeps this process from.
type confinement struct {
	user         string
	capabilities uint64
	// firstPort is the lowest that needs no capability.
	firstPort uint64
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
	held := confinement{user: status.user(), capabilities: status.mask("CapEff"), firstPort: 1024}
	if text, err := c.read("proc/sys/net/ipv4/ip_unprivileged_port_start"); err == nil {
		if port, err := strconv.ParseUint(text, 10, 16); err == nil {
			held.firstPort = port
		}
	}
	onOff := map[string]string{"": "unknown", "0": "off", "1": "on", "2": "on"} // 2 is seccomp with a filter
	fact := fmt.Sprintf("user %s, seccomp %s, no_new_privs %s, %s",
		held.user, onOff[status["Seccomp"]], onOff[status["NoNewPrivs"]], held)
	if closed := held.closed(c.Ports); len(closed) > 0 {
		return fault.Warn(name, fault.New(fault.SystemConfinement,
			"without NET_BIND_SERVICE user %s cannot listen on port %s, only from %d on",
			held.user, strings.Join(closed, ", "), held.firstPort), append([]string{fact}, held.consequences()...)...)
	}
	return fault.Pass(name, fact, held.consequences()...)
}

func (f confinement) has(c capability) bool { return f.capabilities&(1<<c) != 0 }

// closed are the ports that this process must not listen on.
func (f confinement) closed(ports []uint16) (closed []string) {
	for _, port := range ports {
		if port > 0 && uint64(port) < f.firstPort && !f.has(capNetBindService) {
			closed = append(closed, strconv.Itoa(int(port)))
		}
	}
	return slices.Compact(closed)
}

// String names the capabilities that are missing.
func (f confinement) String() string {
	var missing []string
	for _, used := range capabilityNames {
		if !f.has(used.capability) {
			missing = append(missing, used.name)
		}
	}
	switch {
	case f.capabilities == 0:
		return "no capabilities"
	case len(missing) > 0:
		return "capabilities without " + strings.Join(missing, ", ")
	}
	return "all capabilities that LocalStack uses"
}

// consequences are what some services cannot do.
func (f confinement) consequences() (all []string) {
	if len(f.closed([]uint16{53})) > 0 {
		all = append(all, "the emulator's own name server cannot listen on port 53")
	}
	if f.user != "0" {
		return all // the rest is root's
	}
	if !f.has(capKill) {
		all = append(all, "without KILL a stop cannot signal processes of other users, such as a database's")
	}
	if !f.has(capSetuid) || !f.has(capSetgid) || !f.has(capChown) {
		all = append(all, "without CHOWN, SETUID and SETGID what runs as a user of its own, such as a database, does not start")
	}
	return all
}
