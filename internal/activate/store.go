package activate

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/license"
)

const (
	storedName = "cache/license.json"
	// licenseMode is that of LocalStack's own file: the emulator may run as another user than the start that has stored
	// the license, and reads it. The document is signed with the credential, but does not contain it.
	licenseMode = 0o644
	// noteMode is for files that only starts read.
	noteMode = 0o600
)

// Store is where license documents live: one that the host's command line may
// have mounted, our own in the volume, one that may be baked into the image.
// Only our own is ever written.
type Store struct {
	volume *file.Volume
	root   layout.Root
	log    *zap.Logger
}

// Stored is a document on disk.
type Stored struct {
	Path     string
	Document license.Document
}

// NewStore returns the store below root, of which volume is a part.
func NewStore(volume *file.Volume, root layout.Root, log *zap.Logger) *Store {
	return &Store{volume: volume, root: root, log: log}
}

// Contents is what is stored in the volume and the image.
type Contents struct {
	// Documents are those that can be read, in the protocol's order.
	Documents []Stored
	// Late is true if the disk did not answer in time. Then nothing else is known.
	Late bool
	// IsNew is true when no emulator has run with a volume that this start can write.
	IsNew bool
	// Locked says that this user cannot read our own document, and who owns it; "" if it can, or if there is none.
	Locked string
	// isPrivate is true when other users cannot read our own document.
	isPrivate bool
}

// Load reads what is stored, for a start with the given credential. A document that cannot be read is passed over:
// it must never stop a start that the server would accept.
func (s *Store) Load(pro credential.Credential) Contents {
	there, err := file.Ask(s.volume, func() (Contents, error) { return s.load(pro), nil })
	there.Late = errors.Is(err, file.ErrTimeout)
	return there
}

func (s *Store) load(pro credential.Credential) (there Contents) {
	own := s.ownPath()
	for _, path := range []string{s.root.MountedLicense(), own, s.root.BuiltInLicense()} {
		document, err := s.read(path)
		if path == s.root.BuiltInLicense() && pro.IsOverride() {
			document = document.UntilExpiry()
		}
		switch {
		case err == nil:
			there.Documents = append(there.Documents, Stored{path, document})
		case errors.Is(err, fs.ErrPermission) && path != own: // the emulator ends with this error
			s.log.Warn("ignoring " + path + ": " + err.Error() + ": " + owned(path))
		case isMistake(err):
			s.log.Warn("ignoring " + path + ": " + err.Error())
		case !errors.Is(err, fs.ErrNotExist):
			s.log.Debug("ignoring " + path + ": " + err.Error())
		}
		if path != own {
			continue
		}
		switch {
		case err == nil:
			info, statErr := os.Lstat(own)
			there.isPrivate = statErr == nil && info.Mode().Perm()&licenseMode != licenseMode
		case errors.Is(err, fs.ErrPermission):
			there.Locked = "cannot read the stored license " + own + ": " + owned(own)
		case errors.Is(err, fs.ErrNotExist):
			there.IsNew = isNew(s.volume.Base())
		}
	}
	return there
}

// isMistake reports whether what is in a document's place is there by mistake.
func isMistake(err error) bool {
	_, isOutside := errors.AsType[file.OutsideLink](err)
	return isOutside || errors.Is(err, file.ErrEmptyDirectory)
}

func (s *Store) read(path string) (document license.Document, err error) {
	var content []byte
	if path == s.ownPath() {
		content, err = file.ReadOwn(s.volume.Base(), storedName)
	} else {
		content, err = file.Read(path)
	}
	if err != nil {
		return license.Document{}, err
	}
	return license.Parse(content)
}

// save writes our own document. It survives the end of this
// process at once, and a loss of power after [file.Volume.Sync].
func (s *Store) save(document license.Document, pro credential.Credential) error {
	content, err := document.Encode()
	if err != nil {
		return err
	}
	return s.withPath(s.write(storedName, content, licenseMode, pro))
}

// write writes a file of ours, in which the credential must not be.
func (s *Store) write(name string, content []byte, mode fs.FileMode, pro credential.Credential) error {
	if bytes.Contains(content, []byte(pro.Reveal())) {
		return errors.New("it contains the credential")
	}
	return s.volume.Write(name, content, mode)
}

// ownPath is where our document is.
func (s *Store) ownPath() string { return filepath.Join(s.volume.Base(), storedName) }

// withPath adds our document's path to an error, and its owner to one about permissions.
func (s *Store) withPath(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w: %s", s.ownPath(), err, owned(s.ownPath()))
	}
	return fmt.Errorf("%s: %w", s.ownPath(), err)
}
