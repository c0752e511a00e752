package container

import (
	"fmt"
	"syscall"
	"testing"
)

// statusOf is /proc/self/status of a process that is confined like that.
func statusOf(user int, capabilities uint64, seccomp, noNewPrivs int) string {
	return fmt.Sprintf("Name:\tentrypoint\nUid:\t%[1]d\t%[1]d\t%[1]d\t%[1]d\nCapEff:\t%016[2]x\nNoNewPrivs:\t%[3]d\n"+
		"Seccomp:\t%[4]d\nSeccomp_filters:\t1\n", user, capabilities, noNewPrivs, seccomp)
}

// usual is the set of a container that Docker made.
const usual = 0xa80425fb

func TestConfinementWarnsOnlyOfPortsThatTheGatewayCannotOpen(t *testing.T) {
	t.Parallel()
	const nameServer = "the emulator's own name server cannot listen on port 53"
	tests := []struct {
		name, status, firstPort string
		listen                  string
		want                    want
	}{
		{"as Docker has it", statusOf(0, usual, 2, 0), "0", ":4566,:443",
			passed("user 0, seccomp on, no_new_privs off, all capabilities that LocalStack uses")},
		{"privileged", statusOf(0, 0x1ffffffffff, 0, 0), "0", "",
			passed("user 0, seccomp off, no_new_privs off, all capabilities that LocalStack uses")},
		{"some dropped", statusOf(0, usual&^(1<<10), 2, 1), "0", "",
			passed("user 0, seccomp on, no_new_privs on, capabilities without NET_BIND_SERVICE")},
		{"what databases need dropped", statusOf(0, usual&^(1<<5|1<<7), 2, 0), "0", "",
			passed("user 0, .*, capabilities without KILL, SETUID", "without CHOWN, .*")},
		{"a user, any port allowed", statusOf(1000, 0, 2, 1), "0", ":443",
			passed("user 1000, seccomp on, no_new_privs on, no capabilities")},
		{"a user, high ports only, and it uses such", statusOf(1000, 0, 2, 0), "1024", ":4566",
			passed("user 1000, .*", nameServer)},
		{"a user, high ports only, and 443 is only a default", statusOf(1000, 0, 2, 0), "1024", "",
			passed("user 1000, .*", nameServer)},
		{"a user, high ports only", statusOf(1000, 0, 2, 0), "1024", ":4566,:443",
			warned("without NET_BIND_SERVICE, user 1000 cannot listen on port 443, .*", "user 1000, .*", nameServer)},
		{"an old kernel", statusOf(1000, 0, 2, 0), "", ":80,:443",
			warned("without NET_BIND_SERVICE, user 1000 cannot listen on port 80, 443, .*", "user 1000, .*", nameServer)},
		{"a port in between", statusOf(0, usual&^(1<<10), 2, 0), "100", ":443",
			passed("user 0, .*, capabilities without NET_BIND_SERVICE", nameServer)},
		{"any free port", statusOf(1000, 1, 0, 0), "1024", ":0",
			passed("user 1000, seccomp off, .*, capabilities without KILL, .*", nameServer)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := tree{"proc/self/status": test.status, ".dockerenv": ""}
			if test.firstPort != "" {
				files["proc/sys/net/ipv4/ip_unprivileged_port_start"] = test.firstPort + "\n"
			}
			c := plant(t, files)
			c.GatewayListen = test.listen
			test.want.compare(t, c.confinement(t.Context()))
		})
	}
	skipped("cannot read /.*/proc/self/status: no such file or directory").compare(t, plant(t).confinement(t.Context()))
}

func TestRealCapabilitiesAndUsersAreSeen(t *testing.T) {
	t.Parallel()
	needs(t, "setpriv")
	// The namespace for the network has its own first port.
	const network = syscall.CLONE_NEWNET
	const low = "echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start && "
	tests := []struct {
		name, script string
		want         want
	}{
		{"root without the capability", "exec setpriv --bounding-set -net_bind_service,-kill $LOOK",
			warned("without NET_BIND_SERVICE, user 0 cannot listen on port 443, only on 1024 and above",
				"user 0, .*, no_new_privs off, capabilities without KILL, NET_BIND_SERVICE.*", ".*port 53", "without CHOWN, .*")},
		{"a user", "exec setpriv --reuid 1000 --no-new-privs $LOOK",
			warned("without NET_BIND_SERVICE, user 1000 cannot listen on port 443, .*",
				"user 1000, .*, no_new_privs on, no capabilities", ".*port 53")},
		{"a user, in a network like Docker's", low + "exec setpriv --reuid 1000 $LOOK",
			passed("user 1000, .*, no_new_privs off, no capabilities")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.want.compare(t, lookFrom(t, network, test.script, "confinement"))
		})
	}
}
