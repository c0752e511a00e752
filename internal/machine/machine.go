// Package machine knows which machine this is, as far as LocalStack's programs
// tell machines apart: by an identity that is kept in the volume, and by a line
// about the system.
package machine

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/file"
)

// IDFile is where the identity is kept in the volume. LocalStack's command line mounts its own there,
// read-only.
const (
	IDFile = "cache/machine.json"
	mode   = 0o664
)

// identity is the content of the file.
type identity struct {
	ID string `json:"machine_id"`
}

// ID returns the identity of the volume. If there is none, it makes one and stores it. The error says why that is not
// possible; the next start then has another identity.
func ID(volume *file.Volume) (id string, err error) {
	id, err = Rehearse(volume)
	if err == nil || errors.Is(err, file.ErrTimeout) { // what a slow disk holds is still the identity
		return id, err
	}
	text, err := json.Marshal(identity{id})
	if err == nil {
		err = volume.Write(IDFile, text, mode)
	}
	if err != nil {
		return id, fmt.Errorf("%s: %w", filepath.Join(volume.Base(), IDFile), err)
	}
	return id, nil
}

// Rehearse is ID for the doctor: it stores nothing. If the volume has no identity, it returns a new one, "gen_" and 12
// hex digits, and the error says why.
func Rehearse(volume *file.Volume) (id string, err error) {
	content, err := volume.Read(IDFile)
	var kept identity
	if err == nil {
		err = json.Unmarshal(content, &kept)
	}
	if id = strings.TrimSpace(kept.ID); err == nil && id != "" {
		return id, nil
	}
	random := make([]byte, 6)
	_, _ = rand.Read(random)
	return "gen_" + hex.EncodeToString(random), cmp.Or(err, errNone)
}

var errNone = errors.New("there is no machine_id in it")

// System is "OS,kernel,architecture", as LocalStack names it: in a container, the OS is "Linux(Container)".
func System(inContainer bool) string {
	system := "Linux"
	if inContainer {
		system += "(Container)"
	}
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return system
	}
	return system + "," + unix.ByteSliceToString(name.Release[:]) + "," + unix.ByteSliceToString(name.Machine[:])
}
