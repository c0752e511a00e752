package emulator

import (
	"time"

	"github.com/google/uuid"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/machine"
)

// identity is what a run reports about itself. It does not change.
type identity struct {
	version   string
	build     string // version, with the commit if it is known
	edition   string // "pro" or "community"
	activated bool
	isDocker  bool // in a container of any kind
	session   string
	machine   string
	system    string
	started   time.Time
}

func newIdentity(o Options) identity {
	inContainer := o.inContainer()
	machineID, _ := machine.ID(file.NewVolume(o.Root.Volume(), file.DiskTimeout))
	id := identity{
		version: o.Version,
		build:   o.Version,

		isDocker: inContainer,
		edition:  "community",
		session:  uuid.NewString(),
		machine:  machineID,
		system:   machine.System(inContainer),
		started:  time.Now(),
	}
	if o.pro() {
		id.edition, id.activated = "pro", true
	}
	if o.GitHash != "" && o.GitHash != "unknown" {
		id.build += ":" + o.GitHash
	}
	return id
}
