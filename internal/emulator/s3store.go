package emulator

import (
	"bytes"
	"io"
	"maps"
	"sync"

	"github.com/johannesboyne/gofakes3"
)

// removed marks metadata of an overwritten object. gofakes3 copies the metadata that
// the new object lacks from the old one, such as a stale checksum, for which SDKs
// report a corrupt download. A marked entry prevents that. No client can send this
// value, since a header cannot contain NUL.
const removed = "\x00"

// store corrects a storage of gofakes3. A storage on disk returns memory of the
// database file, which is valid until the next write: store copies it, and writers
// wait meanwhile.
type store struct {
	gofakes3.Backend
	mu sync.RWMutex // held for reading while memory of the database is copied
}

// GetObject implements gofakes3.Backend.
func (s *store) GetObject(bucket, key string, part *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return copyObject(s.Backend.GetObject(bucket, key, part))
}

// HeadObject implements gofakes3.Backend.
func (s *store) HeadObject(bucket, key string) (*gofakes3.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return copyObject(s.Backend.HeadObject(bucket, key))
}

// PutObject implements gofakes3.Backend. It reads the body before it takes the
// lock, so that others do not wait for a slow client.
func (s *store) PutObject(
	bucket, key string, meta map[string]string, body io.Reader, size int64, conditions *gofakes3.PutConditions,
) (gofakes3.PutObjectResult, error) {
	var none gofakes3.PutObjectResult
	if size > maxUpload {
		// An object is stored as one document, whose length has 31 bits.
		return none, gofakes3.ErrorMessage(gofakes3.ErrInvalidArgument, "an object must not exceed 1 GiB")
	}
	content, err := gofakes3.ReadAll(body, size)
	if err != nil {
		return none, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	meta = s.replaceMetadata(bucket, key, meta)
	return s.Backend.PutObject(bucket, key, meta, bytes.NewReader(content), int64(len(content)), conditions)
}

// replaceMetadata marks what the object that is to be replaced has besides meta.
func (s *store) replaceMetadata(bucket, key string, meta map[string]string) map[string]string {
	fresh := map[string]string{}
	maps.Copy(fresh, meta)
	old, err := s.Backend.HeadObject(bucket, key)
	if err != nil {
		return fresh // nothing to replace, or PutObject fails, too
	}
	for name := range old.Metadata {
		if _, ok := fresh[name]; !ok {
			fresh[name] = removed
		}
	}
	return fresh
}

// CopyObject implements gofakes3.Backend.
func (s *store) CopyObject(
	fromBucket, fromKey, bucket, key string, meta map[string]string,
) (gofakes3.CopyObjectResult, error) {
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
func (v *versionedStore) GetObjectVersion(
	bucket, key string, id gofakes3.VersionID, part *gofakes3.ObjectRangeRequest,
) (*gofakes3.Object, error) {
	return copyObject(v.VersionedBackend.GetObjectVersion(bucket, key, id, part))
}

// HeadObjectVersion implements gofakes3.VersionedBackend.
func (v *versionedStore) HeadObjectVersion(bucket, key string, id gofakes3.VersionID) (*gofakes3.Object, error) {
	return copyObject(v.VersionedBackend.HeadObjectVersion(bucket, key, id))
}

// copyObject copies what an object shares with the database, except removed metadata.
func copyObject(object *gofakes3.Object, err error) (*gofakes3.Object, error) {
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
	maps.DeleteFunc(object.Metadata, func(_, value string) bool { return value == removed })
	return object, nil
}
