package s3

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// The state of earlier versions was that of the library gofakes3: a bolt bucket for each bucket, with a BSON document
// for each object, and _meta with one for each bucket.
const formerMeta = "_meta"

// Import copies the state that an earlier version of this program has kept in a file.
func (s *Service) Import(path, account string) error {
	former, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout, ReadOnly: true})
	if err != nil {
		return err
	}
	defer former.Close()
	return former.View(func(old *bolt.Tx) error {
		return old.ForEach(func(name []byte, objects *bolt.Bucket) error {
			if string(name) == formerMeta {
				return nil
			}
			b := &bucket{Name: string(name), Account: account, Region: defaultRegion, Created: time.Now().UTC()}
			if meta := old.Bucket([]byte(formerMeta)); meta != nil {
				document, _ := parseBSON(meta.Get(append([]byte("bucket/"), name...)))
				if created, ok := document["creationdate"].(time.Time); ok {
					b.Created = created.UTC()
				}
			}
			if err := s.update(func(t *tx) error { return t.putBucket(b) }); err != nil {
				return err
			}
			return objects.ForEach(func(key, value []byte) error {
				err := s.update(func(t *tx) error { return t.importObject(b, string(key), value) })
				if err != nil {
					err = fmt.Errorf("object %q of bucket %q: %w", key, name, err)
				}
				return err
			})
		})
	})
}

func (t *tx) importObject(b *bucket, key string, value []byte) error {
	if checkKey(key) != nil {
		return nil // no SDK has stored it, and none could read it here
	}
	document, err := parseBSON(value)
	if err != nil {
		return err
	}
	header := http.Header{}
	metadata, _ := document["metadata"].(map[string]any)
	for name, value := range metadata {
		// "\x00" marked what an overwritten object had.
		if text, ok := value.(string); ok && text != "\x00" {
			header.Set(name, text)
		}
	}
	// The earlier version took any class and any tags.
	if !slices.Contains(storageClasses, header.Get("X-Amz-Storage-Class")) {
		header.Del("X-Amz-Storage-Class")
	}
	if _, err := parseTags(header.Get("X-Amz-Tagging")); err != nil {
		header.Del("X-Amz-Tagging")
	}
	p, err := propertiesOf(header)
	if err != nil {
		return err
	}
	text, _ := document["contents"].([]byte)
	body, err := newPayload(&http.Request{Header: http.Header{}, ContentLength: -1})
	if err != nil {
		return err
	}
	body.Reader = bytes.NewReader(text)
	c, err := t.importContent(body)
	if err != nil {
		return err
	}
	v := &version{Key: key, properties: p, ETag: body.etag(), Size: c.Size, Checksum: body.checksum.of()}
	if c.Size > 0 {
		v.Content = []blob{c}
	}
	modified, _ := document["lastmodified"].(time.Time)
	if err := t.insert(b, v); err != nil || modified.IsZero() {
		return err
	}
	v.Modified = modified.UTC().Truncate(time.Second)
	return t.save(v)
}

var errBSON = errors.New("is not a document of an earlier version")

// parseBSON reads a document (https://bsonspec.org/spec.html) with the types that were stored: strings, documents,
// binaries, times and numbers. Others are an error.
func parseBSON(data []byte) (map[string]any, error) {
	if len(data) < 5 || int(binary.LittleEndian.Uint32(data)) != len(data) || data[len(data)-1] != 0 {
		return nil, errBSON
	}
	document, rest := map[string]any{}, data[4:len(data)-1]
	for len(rest) > 0 {
		kind := rest[0]
		name, after, ok := bytes.Cut(rest[1:], []byte{0})
		if !ok {
			return nil, errBSON
		}
		value, size, err := parseElement(kind, after)
		if err != nil {
			return nil, err
		}
		document[string(name)] = value
		rest = after[size:]
	}
	return document, nil
}

// parseElement reads a value, and returns its size.
func parseElement(kind byte, data []byte) (value any, size int, err error) {
	length := 0
	if len(data) >= 4 {
		length = int(int32(binary.LittleEndian.Uint32(data)))
	}
	switch kind {
	case 0x02: // a string: its length with the NUL, the text, NUL
		if size = 4 + length; length >= 1 && size <= len(data) {
			return string(data[4 : size-1]), size, nil
		}
	case 0x03: // a document
		if size = length; length >= 5 && size <= len(data) {
			value, err = parseBSON(data[:size])
			return value, size, err
		}
	case 0x05: // a binary: its length, its kind, the bytes
		if size = 5 + length; length >= 0 && size <= len(data) {
			return data[5:size], size, nil
		}
	case 0x09, 0x12: // milliseconds since 1970, or a number
		if len(data) >= 8 {
			number := int64(binary.LittleEndian.Uint64(data))
			if kind == 0x09 {
				return time.UnixMilli(number), 8, nil
			}
			return number, 8, nil
		}
	case 0x10: // a number
		if len(data) >= 4 {
			return int64(length), 4, nil
		}
	case 0x0a: // null
		return nil, 0, nil
	}
	return nil, 0, errBSON
}
