// Package emulator is the reference emulator: one gateway for S3, the identity of STS and
// the control endpoints below /_localstack/, rules for web pages, and the life cycle that
// clients of the image rely on (banner, init hooks, `Ready.`, restart, stop).
package emulator

import (
	"errors"
	"io"
	"net"
	"strconv"
	"strings"

	"localstack-entrypoint/internal/container"
	"localstack-entrypoint/internal/gateway"
	"localstack-entrypoint/internal/layout"
)

// Options are the settings, one field per environment variable.
type Options struct {
	// Listen has the gateway's addresses, a comma list of [host]:port.
	Listen gateway.Listen `envconfig:"GATEWAY_LISTEN"`
	// OverrideInDocker says whether this is a container; otherwise it is looked for.
	OverrideInDocker string `envconfig:"OVERRIDE_IN_DOCKER"`
	// Kubernetes is set in a pod.
	Kubernetes string `envconfig:"KUBERNETES_SERVICE_HOST"`
	Access
	// Persistence keeps S3 on disk, in the volume's folder state. It needs pro.
	// PrefixedPersistence is the same, and wins.
	Persistence         Switch `envconfig:"PERSISTENCE"`
	PrefixedPersistence Switch `envconfig:"LOCALSTACK_PERSISTENCE"`
	// ProActivated is 1 if the entrypoint has activated a license.
	ProActivated string `envconfig:"PRO_ACTIVATED"`
	// SupervisorPID gets SIGUSR1 when a client requests a restart.
	SupervisorPID PID `envconfig:"SUPERVISOR_PID"`
	// Version, BuildDate and GitHash are shown in the banner.
	Version   string `envconfig:"LOCALSTACK_BUILD_VERSION"`
	BuildDate string `envconfig:"LOCALSTACK_BUILD_DATE" default:"unknown"`
	GitHash   string `envconfig:"LOCALSTACK_BUILD_GIT_HASH" default:"unknown"`
	// Root is put in front of the image's paths, for tests and demonstrations.
	Root layout.Root `envconfig:"FILESYSTEM_ROOT"`
}

// Process is what a run uses of its process.
type Process struct {
	Stdout, Stderr io.Writer        // banner and `Ready.`; the log
	Flush          func()           // waits a little until both are written; may be nil
	Listening      func([]net.Addr) // called with the addresses when they accept connections; may be nil

	// What init hooks get. They write to the same files as the emulator.
	Environ                []string
	HookStdout, HookStderr io.Writer
}

// flush has all that is written appear before what others write.
func (p Process) flush() {
	if p.Flush != nil {
		p.Flush()
	}
}

// inContainer reports whether this is a container.
func (o Options) inContainer() bool {
	here := container.Container{Root: o.Root, Override: o.OverrideInDocker, OnKubernetes: o.Kubernetes != ""}
	inside, _ := here.Inside()
	return inside
}

// pro reports whether the entrypoint has activated a license. ACTIVATE_PRO, which a user may set, says nothing of it.
func (o Options) pro() bool { return o.ProActivated == "1" }

// persistent reports whether the user asked for S3 on disk.
func (o Options) persistent() bool {
	if o.PrefixedPersistence != Unset {
		return o.PrefixedPersistence == On
	}
	return o.Persistence == On
}

// Switch is a yes-or-no variable that remembers whether it was set at all.
type Switch int8

// The values of a Switch; a variable that is set but blank is Off.
const (
	Unset Switch = iota
	Off
	On
)

// UnmarshalText reads 1 true yes on or 0 false no off, in any case.
func (s *Switch) UnmarshalText(text []byte) error {
	switch strings.ToLower(strings.TrimSpace(string(text))) {
	case "1", "true", "yes", "on":
		*s = On
	case "", "0", "false", "no", "off":
		*s = Off
	default:
		return errors.New("use one of 1, true, yes, on or 0, false, no, off")
	}
	return nil
}

// PID is the ID of a process; 0 means none.
type PID int

// UnmarshalText reads a positive number. 0 and negative numbers stand for groups of
// processes.
func (p *PID) UnmarshalText(text []byte) error {
	value := strings.TrimSpace(string(text))
	if value == "" {
		return nil
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < 1 {
		return errors.New("use a process ID, 1 or greater")
	}
	*p = PID(n)
	return nil
}
