package s3

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// bson makes a document of strings, binaries, and other documents.
func bson(pairs ...any) []byte {
	document := make([]byte, 4)
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i].(string) + "\x00"
		switch value := pairs[i+1].(type) {
		case string:
			document = append(document, "\x02"+name...)
			document = binary.LittleEndian.AppendUint32(document, uint32(len(value)+1))
			document = append(document, value+"\x00"...)
		case []byte:
			document = append(document, "\x05"+name...)
			document = binary.LittleEndian.AppendUint32(document, uint32(len(value)))
			document = append(append(document, 0), value...)
		case map[string]string:
			var inner []any
			for key, text := range value {
				inner = append(inner, key, text)
			}
			document = append(append(document, "\x03"+name...), bson(inner...)...)
		}
	}
	document = append(document, 0)
	binary.LittleEndian.PutUint32(document, uint32(len(document)))
	return document
}

// The earlier version took what this one refuses. A start must not fail because of it.
func TestAnOddObjectOfAnEarlierVersionKeepsNoneFromBeingTakenOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s3.bolt")
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	large := bytes.Repeat([]byte("0123456789"), chunkSize/4)
	objects := map[string][]byte{
		"class":   bson("contents", []byte("a"), "metadata", map[string]string{"X-Amz-Storage-Class": "COLD"}),
		"tags":    bson("contents", []byte("b"), "metadata", map[string]string{"X-Amz-Tagging": "a=%zz&a=1"}),
		"ab":      bson("contents", []byte("c")),
		"a\x00b":  bson("contents", []byte("d")),
		"\xff":    bson("contents", []byte("e")),
		"../x//y": bson("contents", []byte("f")), "large": bson("contents", large), "none": bson(),
		strings.Repeat("k", 2000): bson("contents", []byte("g")),
	}
	err = db.Update(func(t *bolt.Tx) error {
		bucket, err := t.CreateBucket([]byte("Odd_Bucket"))
		for key, value := range objects {
			err = errors.Join(err, bucket.Put([]byte(key), value))
		}
		return err
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	s := newTest(t)
	if err := s.Import(path, "000000000000"); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"class": "a", "tags": "b", "ab": "c", "../x//y": "f", "large": string(large), "none": "",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = "/Odd_Bucket/" + key
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != 200 || w.Body.String() != want {
			t.Errorf("%s: %d, %d bytes", key, w.Code, w.Body.Len())
		}
	}
	list := s.ok("GET", "/Odd_Bucket?list-type=2&encoding-type=url", "").Body.String()
	if strings.Count(list, "<Key>") != 6 {
		t.Errorf("listed %s", list)
	}
}
