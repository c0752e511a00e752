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

// dockerSet is what Docker gives a container by default.
var dockerSet = []struct {
	capability
	name string
}{
	{capChown, "CHOWN"}, {1, "DAC_OVERRIDE"}, {3, "FOWNER"}, {4, "FSETID"},
	{capKill, "KILL"}, {capSetgid, "SETGID"}, {capSetuid, "SETUID"}, {8, "SETPCAP"},
	{capNetBindService, "NET_BIND_SERVICE"}, {13, "NET_RAW"}, {18, "SYS_CHROOT"},
	{27, "MKNOD"}, {29, "AUDIT_WRITE"}, {31, "SETFCAP"},
}

// privileged is a capability that only containers with more than the default
// have: to administer the system.
const privileged capability = 21

// confinement is what the kernel keeps this process from.
type confinement struct {
	user         string
	capabilities uint64
	seccomp      string
	noNewPrivs   bool
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
	held := confinement{
		user:         status.user(),
		capabilities: status.mask("CapEff"),
		seccomp:      seccompMode(status["Seccomp"]),
		noNewPrivs:   status["NoNewPrivs"] == "1",
		firstPort:    1024,
	}
	if text, err := c.read("proc/sys/net/ipv4/ip_unprivileged_port_start"); err == nil {
		if port, err := strconv.ParseUint(text, 10, 16); err == nil {
			held.firstPort = port
		}
	}
	evidence := append([]string{held.String()}, held.consequences()...)
	if closed := held.closed(c.Ports); len(closed) > 0 {
		return fault.Warn(name, fault.New(fault.SystemConfinement,
			"without NET_BIND_SERVICE user %s cannot listen on port %s, only from %d on",
			held.user, strings.Join(closed, ", "), held.firstPort), evidence...)
	}
	return fault.Pass(name, evidence[0], evidence[1:]...)
}

// seccompMode names the modes of prctl(2).
func seccompMode(mode string) string {
	switch mode {
	case "0":
		return "off"
	case "1":
		return "strict"
	case "2":
		return "on"
	}
	return "unknown"
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

// String says who we are and what is taken away, in a line.
func (f confinement) String() string {
	onOff := map[bool]string{true: "on", false: "off"}
	return fmt.Sprintf("user %s, seccomp %s, no_new_privs %s, %s", f.user, f.seccomp, onOff[f.noNewPrivs], f.held())
}

// held names what differs from the set that containers of Docker have.
func (f confinement) held() string {
	var missing []string
	for _, usual := range dockerSet {
		if !f.has(usual.capability) {
			missing = append(missing, usual.name)
		}
	}
	switch {
	case f.capabilities == 0:
		return "no capabilities"
	case len(missing) > 0:
		return "capabilities without " + strings.Join(missing, ", ")
	case f.has(privileged):
		return "more capabilities than Docker's default (privileged?)"
	}
	return "Docker's default capabilities"
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
