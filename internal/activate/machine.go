package activate

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"path/filepath"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/license"
)

const (
	machineName = "cache/machine.json"
	machineMode = 0o664
)

// ThisMachine describes the machine to the licence server. Its id is that of
// the volume's machine.json, which is made when it is missing and can be; the
// format and the mode are those that LocalStack's own programs share.
func ThisMachine(root string, ci bool) license.Machine {
	return license.Machine{ID: machineID(filepath.Join("/", root, volume)), CI: ci, System: system()}
}

func machineID(base string) string {
	var machine struct {
		ID string `json:"machine_id"`
	}
	content, err := file.ReadOwn(base, machineName)
	if err == nil && json.Unmarshal(content, &machine) == nil && machine.ID != "" {
		return machine.ID
	}
	random := make([]byte, 6)
	_, _ = rand.Read(random)
	machine.ID = "gen_" + hex.EncodeToString(random)
	if content, err := json.Marshal(machine); err == nil {
		// A read-only volume only means another id at the next start.
		_ = file.WriteOwn(base, machineName, content, machineMode)
	}
	return machine.ID
}

// system is "OS,kernel,architecture".
func system() string {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return "Linux(Container)"
	}
	return "Linux(Container)," + unix.ByteSliceToString(name.Release[:]) + "," + unix.ByteSliceToString(name.Machine[:])
}
