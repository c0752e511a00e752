package emulator

import (
	"bytes"
	"io"
	"maps"
	"sync"

	"github.com/johannesboyne/gofakes3"
)

// buried marks metadata of an overwritten object. gofakes3 adds what a new
// object does not mention itself from the old one: a stale checksum, for one,
// which SDKs take for a corrupt download. Marked entries hide the old ones. No
// client can send such a value, since NUL is not allowed in a header.
const buried = "\x00"

// store makes a storage of gofakes3 safe and true to S3. A storage on disk hands
// out memory that belongs to the database file and is only good until the next
// write: store copies it, and holds writers off meanwhile.
type store struct {
	gofakes3.Backend
	mu sync.RWMutex // held for reading while borrowed memory is copied
}

// GetObject implements gofakes3.Backend.
func (s *store) GetObject(bucket, key string, part *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return owned(s.Backend.GetObject(bucket, key, part))
}

// HeadObject implements gofakes3.Backend.
func (s *store) HeadObject(bucket, key string) (*gofakes3.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return owned(s.Backend.HeadObject(bucket, key))
}

// PutObject implements gofakes3.Backend. It reads the body before it takes the
// lock, so that a slow client holds up nobody.
func (s *store) PutObject(bucket, key string, meta map[string]string, body io.Reader, size int64, conditions *gofakes3.PutConditions) (gofakes3.PutObjectResult, error) {
	if size > maxUpload {
		// What is stored is one document whose length has 31 bits.
		return gofakes3.PutObjectResult{}, gofakes3.ErrorMessage(gofakes3.ErrInvalidArgument, "an object may have 1 GiB at most")
	}
	content, err := gofakes3.ReadAll(body, size)
	if err != nil {
		return gofakes3.PutObjectResult{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	meta = s.withoutLegacy(bucket, key, meta)
	return s.Backend.PutObject(bucket, key, meta, bytes.NewReader(content), int64(len(content)), conditions)
}

// withoutLegacy hides the metadata of the object that is about to be replaced.
func (s *store) withoutLegacy(bucket, key string, meta map[string]string) map[string]string {
	fresh := maps.Clone(meta)
	if fresh == nil {
		fresh = map[string]string{}
	}
	old, err := s.Backend.HeadObject(bucket, key)
	if err != nil {
		return fresh // nothing to replace, or PutObject will say so
	}
	for name := range old.Metadata {
		if _, ok := fresh[name]; !ok {
			fresh[name] = buried
		}
	}
	return fresh
}

// CopyObject implements gofakes3.Backend.
func (s *store) CopyObject(fromBucket, fromKey, bucket, key string, meta map[string]string) (gofakes3.CopyObjectResult, error) {
	delete(meta, "X-Amz-Copy-Source") // describes the request, not the copy
	return gofakes3.CopyObject(s, fromBucket, fromKey, bucket, key, meta)
}

// DeleteObject implements gofakes3.Backend.
func (s *store) DeleteObject(bucket, key string) (gofakes3.ObjectDeleteResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Backend.DeleteObject(bucket, key)
}

// DeleteMulti implements gofakes3.Backend.
func (s *store) DeleteMulti(bucket string, keys ...string) (gofakes3.MultiDeleteResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Backend.DeleteMulti(bucket, keys...)
}

// CreateBucket implements gofakes3.Backend.
func (s *store) CreateBucket(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Backend.CreateBucket(name)
}

// DeleteBucket implements gofakes3.Backend.
func (s *store) DeleteBucket(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Backend.DeleteBucket(name)
}

// ForceDeleteBucket implements gofakes3.Backend.
func (s *store) ForceDeleteBucket(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Backend.ForceDeleteBucket(name)
}

// versionedStore is a store whose backend keeps versions: the one in memory.
type versionedStore struct {
	*store
	gofakes3.VersionedBackend
}

// GetObjectVersion implements gofakes3.VersionedBackend.
func (v *versionedStore) GetObjectVersion(bucket, key string, id gofakes3.VersionID, part *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	return owned(v.VersionedBackend.GetObjectVersion(bucket, key, id, part))
}

// HeadObjectVersion implements gofakes3.VersionedBackend.
func (v *versionedStore) HeadObjectVersion(bucket, key string, id gofakes3.VersionID) (*gofakes3.Object, error) {
	return owned(v.VersionedBackend.HeadObjectVersion(bucket, key, id))
}

// owned replaces everything an object borrows by copies, without the metadata
// that is buried.
func owned(object *gofakes3.Object, err error) (*gofakes3.Object, error) {
	if err != nil || object == nil {
		return object, err
	}
	defer object.Contents.Close()
	content, err := io.ReadAll(object.Contents)
	if err != nil {
		return nil, err
	}
	object.Contents = io.NopCloser(bytes.NewReader(content))
	object.Hash = bytes.Clone(object.Hash)
	object.Metadata = maps.Clone(object.Metadata)
	maps.DeleteFunc(object.Metadata, func(_, value string) bool { return value == buried })
	return object, nil
}
