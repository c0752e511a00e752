package activate

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/license"
)

const (
	storedName = "cache/license.json"
	fileMode   = 0o600 // readable by us alone
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

// Load returns the documents that can be read, in the protocol's order. One
// that cannot is passed over: it must never stop a start that the server
// would accept.
//
// When the disk is slow there are none, and late is true.
func (s *Store) Load() (found []Stored, late bool) {
	found, err := file.Ask(s.volume, func() ([]Stored, error) { return s.load(), nil })
	return found, errors.Is(err, file.ErrTimeout)
}

// loadWithin is Load, with a wait for a slow disk.
func (s *Store) loadWithin(limit time.Duration) []Stored {
	s.volume.Allow(limit)
	defer s.volume.Allow(0)
	found, _ := s.Load()
	return found
}

func (s *Store) load() (found []Stored) {
	for _, path := range []string{s.root.MountedLicense(), s.ownPath(), s.root.BuiltInLicense()} {
		document, err := s.read(path)
		switch {
		case err == nil:
			found = append(found, Stored{path, document})
		case errors.Is(err, file.ErrEmptyDirectory): // nobody wants that
			s.log.Warn("ignoring " + path + ": " + err.Error())
		case !errors.Is(err, fs.ErrNotExist):
			s.log.Debug("ignoring " + path + ": " + err.Error())
		}
	}
	return found
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

// save writes our own document, readable by us alone. It survives the end of this
// process at once, and a loss of power after [file.Volume.Sync].
func (s *Store) save(document license.Document, pro credential.Credential) error {
	content, err := document.Encode()
	if err != nil {
		return err
	}
	return s.withPath(s.write(storedName, content, pro))
}

// write writes a file of ours, in which the credential must not be.
func (s *Store) write(name string, content []byte, pro credential.Credential) error {
	if bytes.Contains(content, []byte(pro.Reveal())) {
		return errors.New("it contains the credential")
	}
	return s.volume.Write(name, content, fileMode)
}

// ownPath is where our document is.
func (s *Store) ownPath() string { return filepath.Join(s.volume.Base(), storedName) }

// withPath puts our document's path before an error.
func (s *Store) withPath(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", s.ownPath(), err)
}
