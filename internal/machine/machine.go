// Package machine knows which machine this is, as far as LocalStack's programs
// tell machines apart: by an identity that is kept in the volume, and by a line
// about the system.
package machine

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/file"
)

// idFile is where the identity is kept in the volume. LocalStack's command line mounts its own there,
// read-only.
const (
	idFile = "cache/machine.json"
	mode   = 0o664
)

// ID is the identity of the volume. Without one it makes "gen_" and 12 hex digits
// and keeps them; where they cannot be kept, or the disk is slow, the next start has others.
func ID(volume *file.Volume) string {
	var kept struct {
		ID string `json:"machine_id"`
	}
	content, err := volume.Read(idFile)
	if err == nil && json.Unmarshal(content, &kept) == nil && strings.TrimSpace(kept.ID) != "" {
		return strings.TrimSpace(kept.ID)
	}
	random := make([]byte, 6)
	_, _ = rand.Read(random)
	kept.ID = "gen_" + hex.EncodeToString(random)
	// What a slow disk holds is still the identity.
	if text, marshalErr := json.Marshal(kept); marshalErr == nil && !errors.Is(err, file.ErrTimeout) {
		_ = volume.Write(idFile, text, mode)
	}
	return kept.ID
}

// System is "OS(kind),kernel,architecture". Our programs only ever ship in
// images, so it does not ask whether this is a container.
func System() string {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return "Linux(Container)"
	}
	return "Linux(Container)," + unix.ByteSliceToString(name.Release[:]) + "," + unix.ByteSliceToString(name.Machine[:])
}
