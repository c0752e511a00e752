package emulator

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"
)

// identity is who this run says it is, fixed for its whole life.
type identity struct {
	version   string
	build     string // version, with the commit when it is known
	edition   string // "pro" or "community"
	activated bool
	session   string
	machine   string
	system    string
	started   time.Time
}

func newIdentity(o Options) identity {
	id := identity{
		version: o.Version,
		build:   o.Version,
		edition: "community",
		session: uuid.NewString(),
		machine: machineID(o.path("/var/lib/localstack/cache/machine.json")),
		system:  system(),
		started: time.Now(),
	}
	if o.pro() {
		id.edition, id.activated = "pro", true
	}
	if o.GitHash != "" && o.GitHash != "unknown" {
		id.build += ":" + o.GitHash
	}
	return id
}

// machineFile is the file that carries a machine's identity from one container
// to the next. The Python CLI mounts its own read-only.
type machineFile struct {
	MachineID string `json:"machine_id"`
}

// machineID returns the identity kept in the file, or a new one. That it cannot
// be kept is no reason to complain: the next run makes another.
func machineID(path string) string {
	var file machineFile
	content, err := os.ReadFile(path)
	if err == nil && json.Unmarshal(content, &file) == nil && strings.TrimSpace(file.MachineID) != "" {
		return strings.TrimSpace(file.MachineID)
	}
	random := make([]byte, 6)
	rand.Read(random) // never fails
	file.MachineID = "gen_" + hex.EncodeToString(random)
	if content, err = json.Marshal(file); err == nil && os.MkdirAll(filepath.Dir(path), 0o777) == nil {
		_ = os.WriteFile(path, content, 0o664)
	}
	return file.MachineID
}

// system is "OS(kind),kernel,architecture". The emulator only ever ships in the
// image, so it does not ask whether it is in a container.
func system() string {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return "Linux(Container)"
	}
	return "Linux(Container)," + unix.ByteSliceToString(uts.Release[:]) + "," + unix.ByteSliceToString(uts.Machine[:])
}
