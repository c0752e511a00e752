// Package emulator is the reference emulator: S3 on every path of the gateway,
// the control endpoints below /_localstack/, and the life around them that
// clients of the image rely on (banner, init hooks, `Ready.`, restart, stop).
package emulator

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"localstack-entrypoint/internal/gateway"
	"localstack-entrypoint/internal/layout"
)

// Options is what the environment decides, one field per variable.
type Options struct {
	Listen              gateway.Listen `envconfig:"GATEWAY_LISTEN" default:"0.0.0.0:4566" desc:"Addresses the gateway listens on: a comma list of [host]:port."`
	Persistence         Switch         `envconfig:"PERSISTENCE" desc:"1 keeps S3 on disk below /var/lib/localstack/state; needs pro. Default: 0."`
	PrefixedPersistence Switch         `envconfig:"LOCALSTACK_PERSISTENCE" desc:"The same as PERSISTENCE, and wins over it."`
	ActivatePro         string         `envconfig:"ACTIVATE_PRO" desc:"1 together with PRO_ACTIVATED=1 turns pro on. Set by the entrypoint."`
	ProActivated        string         `envconfig:"PRO_ACTIVATED" desc:"1 tells that the entrypoint activated a license. Set by the entrypoint."`
	SupervisorPID       PID            `envconfig:"SUPERVISOR_PID" desc:"Process that gets SIGUSR1 when a client asks for a restart. Set by the entrypoint."`
	Version             string         `envconfig:"LOCALSTACK_BUILD_VERSION" default:"dev" desc:"Version shown in the banner and by the control endpoints."`
	BuildDate           string         `envconfig:"LOCALSTACK_BUILD_DATE" default:"unknown" desc:"Build date shown in the banner."`
	GitHash             string         `envconfig:"LOCALSTACK_BUILD_GIT_HASH" default:"unknown" desc:"Commit shown in the banner."`
	Root                layout.Root    `envconfig:"FILESYSTEM_ROOT" desc:"Folder put in front of /etc/localstack and /var/lib/localstack, for tests and demonstrations."`
}

// Process is what a run borrows from the process around it.
type Process struct {
	Environ        []string         // handed to init hooks
	Stdout, Stderr io.Writer        // banner and `Ready.`; the log
	Listening      func([]net.Addr) // told the addresses once they accept connections; may be nil
}

// pro reports whether the entrypoint handed pro over. Both marks have to be
// there exactly as it writes them: a user's ACTIVATE_PRO=true alone is a wish,
// not an activation.
func (o Options) pro() bool { return o.ActivatePro == "1" && o.ProActivated == "1" }

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

// PID is the number of a single process; 0 = none.
type PID int

// UnmarshalText reads a positive number. 0 and negative ones would signal whole
// groups of processes.
func (p *PID) UnmarshalText(text []byte) error {
	value := strings.TrimSpace(string(text))
	if value == "" {
		return nil
	}
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < 1 {
		return fmt.Errorf("use the number of a process, 1 or greater")
	}
	*p = PID(n)
	return nil
}
