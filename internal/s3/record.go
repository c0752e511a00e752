package s3

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"time"
)

// bucket is a bucket's record.
type bucket struct {
	Name       string `json:"-"`
	Account    string
	Region     string
	Created    time.Time
	Versioning string            // "", Enabled or Suspended
	Settings   map[string][]byte // documents by subresource, as they were sent
}

// version is an object's record, or that of one of its versions.
type version struct {
	Key      string `json:"-"`
	place    []byte // its key in the table
	ID       string // "null" if it is from a time without versions
	Marker   bool   `json:",omitempty"` // the object was deleted
	Modified time.Time
	ETag     string `json:",omitempty"`
	Size     int64
	Checksum checksum
	Content  []blob
	IsParts  bool `json:",omitempty"` // each content was a part
	properties
}

// properties are what a client says about an object.
type properties struct {
	Headers  map[string]string `json:",omitempty"` // of the answers, such as Content-Type
	Metadata map[string]string `json:",omitempty"` // names in lower case, as AWS keeps them
	Tags     []tag             `json:",omitempty"`
	ACL      string            `json:",omitempty"` // a canned one, or a document
}

// versionLength is how long the ID of a version is, as AWS makes them. It has no "-", which commands would take for
// an option.
const versionLength = 32

func newVersionID() string {
	random := make([]byte, versionLength/2)
	_, _ = rand.Read(random) // never fails
	return hex.EncodeToString(random)
}

func invalidVersion(id string) error {
	return errorOf("InvalidArgument").saying("Invalid version id specified").
		with("ArgumentName", "versionId").with("ArgumentValue", id)
}

// noVersion is the ID of an object from a time without versions.
const noVersion = "null"

func (v *version) storageClass() string {
	if class := v.Headers["X-Amz-Storage-Class"]; class != "" {
		return class
	}
	return "STANDARD"
}

// bucket reads a bucket. As in LocalStack, every account may use every bucket.
func (t *tx) bucket(name string) (*bucket, error) {
	b := &bucket{Name: name}
	ok, err := t.get(bucketTable, []byte(name), b)
	if err != nil {
		return nil, err
	}
	if !ok || name == "" {
		return nil, errorOf("NoSuchBucket").with("BucketName", name)
	}
	if b.Settings == nil {
		b.Settings = map[string][]byte{}
	}
	return b, nil
}

func (t *tx) putBucket(b *bucket) error { return t.put(bucketTable, []byte(b.Name), b) }

// objectPrefix is what the places of all versions of an object begin with.
func objectPrefix(bucket, key string) []byte { return append([]byte(bucket+"\x00"+key), 0) }

// versions calls do with the versions of an object, the newest first, until it returns false.
func (t *tx) versions(bucket, key string, do func(*version) (bool, error)) error {
	prefix := objectPrefix(bucket, key)
	cursor := t.Bucket(versionTable).Cursor()
	for place, value := cursor.Seek(prefix); bytes.HasPrefix(place, prefix); place, value = cursor.Next() {
		v, err := decode(bucket, place, value)
		if err != nil {
			return err
		}
		if more, err := do(v); err != nil || !more {
			return err
		}
	}
	return nil
}

// decode reads a record of an object.
func decode(bucket string, place, value []byte) (*version, error) {
	v := &version{Key: string(place[len(bucket)+1 : len(place)-9]), place: bytes.Clone(place)}
	return v, json.Unmarshal(value, v)
}

// latest returns the newest version of an object, which may be a marker; nil if there is none.
func (t *tx) latest(bucket, key string) (found *version, err error) {
	err = t.versions(bucket, key, func(v *version) (bool, error) {
		found = v
		return false, nil
	})
	return found, err
}

// find returns the version of an object with an ID; nil if there is none.
func (t *tx) find(bucket, key, id string) (found *version, err error) {
	err = t.versions(bucket, key, func(v *version) (bool, error) {
		if v.ID == id {
			found = v
		}
		return found == nil, nil
	})
	return found, err
}

// insert stores a new version of an object. Without versions it takes the place of the one that is there.
func (t *tx) insert(b *bucket, v *version) error {
	v.ID = noVersion
	if b.Versioning == "Enabled" {
		v.ID = newVersionID()
	} else if err := t.remove(b.Name, v.Key, noVersion); err != nil {
		return err
	}
	number, err := t.Bucket(versionTable).NextSequence()
	if err != nil {
		return err
	}
	v.Modified = time.Now().UTC().Truncate(time.Second) // as HTTP can say it
	v.place = binary.BigEndian.AppendUint64(objectPrefix(b.Name, v.Key), ^number)
	return t.put(versionTable, v.place, v)
}

// save stores a version that has changed.
func (t *tx) save(v *version) error { return t.put(versionTable, v.place, v) }

// remove removes a version of an object if there is one.
func (t *tx) remove(bucket, key, id string) error {
	v, err := t.find(bucket, key, id)
	if err != nil || v == nil {
		return err
	}
	for _, b := range v.Content {
		if err := t.discard(b.ID); err != nil {
			return err
		}
	}
	return t.Bucket(versionTable).Delete(v.place)
}
