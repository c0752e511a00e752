package s3

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// upload is the record of a multipart upload.
type upload struct {
	Initiated time.Time
	Algorithm string // of the checksum
	Type      string
	properties
}

// part is the record of a part.
type part struct {
	Number   int
	ETag     string
	Modified time.Time
	Content  blob
	Checksum checksum
}

func uploadPlace(bucket, key, id string) []byte { return append(objectPrefix(bucket, key), id...) }

func partPlace(id string, number int) []byte {
	return binary.BigEndian.AppendUint32([]byte(id), uint32(number))
}

type uploadXML struct {
	XMLName           xml.Name
	Bucket            string
	Key               string
	UploadID          string `xml:"UploadId"`
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
}

func createUpload(q *request) error {
	p, err := propertiesOf(q.Header)
	if err != nil {
		return err
	}
	u := &upload{Initiated: time.Now().UTC(), properties: p, Algorithm: crc64NVME, Type: fullObject}
	answer := uploadXML{XMLName: root("InitiateMultipartUploadResult"), Bucket: q.bucket, Key: q.key}
	if asked := strings.ToUpper(q.Header.Get("X-Amz-Checksum-Algorithm")); asked != "" {
		if _, err := newChecksummer(asked); err != nil {
			return err
		}
		u.Algorithm, u.Type = asked, checksumType(asked, strings.ToUpper(q.Header.Get("X-Amz-Checksum-Type")))
		if u.Type == "" {
			return errorOf("InvalidRequest").saying("The " + q.Header.Get("X-Amz-Checksum-Type") +
				" checksum type cannot be used with the " + strings.ToLower(asked) + " checksum algorithm.")
		}
		answer.ChecksumAlgorithm, answer.ChecksumType = u.Algorithm, u.Type
		q.w.Header().Set("X-Amz-Checksum-Algorithm", u.Algorithm)
		q.w.Header().Set("X-Amz-Checksum-Type", u.Type)
	}
	answer.UploadID = uuid.NewString()
	err = q.update(func(t *tx) error {
		if _, err := t.bucket(q.bucket); err != nil {
			return err
		}
		return t.put(uploadTable, uploadPlace(q.bucket, q.key, answer.UploadID), u)
	})
	if err != nil {
		return err
	}
	q.w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
	return q.answer(http.StatusOK, answer)
}

// upload reads the record of a request's upload.
func (t *tx) upload(q *request) (u *upload, id string, err error) {
	if _, err := t.bucket(q.bucket); err != nil {
		return nil, "", err
	}
	id = q.query.Get("uploadId")
	ok, err := t.get(uploadTable, uploadPlace(q.bucket, q.key, id), &u)
	if err == nil && (!ok || id == "") {
		err = errorOf("NoSuchUpload").with("UploadId", id)
	}
	return u, id, err
}

// parsePartNumber reads the number of a part.
func parsePartNumber(text string) (int, error) {
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 || number > 10_000 {
		return 0, errorOf("InvalidArgument").saying("Part number must be an integer between 1 and 10000, inclusive").
			with("ArgumentName", "partNumber").with("ArgumentValue", text)
	}
	return number, nil
}

func putPart(q *request) error {
	number, err := parsePartNumber(q.query.Get("partNumber"))
	if err != nil {
		return err
	}
	var u *upload
	err = q.view(func(t *tx) error {
		u, _, err = t.upload(q)
		return err
	})
	if err != nil {
		return err
	}
	if q.Header.Get("X-Amz-Copy-Source") != "" {
		return q.copyPart(u, number)
	}
	body, err := newPayload(q.Request)
	if err != nil {
		return err
	}
	p, err := q.storePart(u, number, body)
	if err != nil {
		return err
	}
	q.w.Header()["ETag"] = []string{p.ETag}
	q.w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
	p.Checksum.show(q.w.Header())
	q.w.Header().Del("X-Amz-Checksum-Type")
	return q.done(http.StatusOK)
}

// storePart stores a part in the place of one with the same number.
func (q *request) storePart(u *upload, number int, body *payload) (*part, error) {
	switch {
	case body.checksum.isDefault:
		body.checksum, _ = newChecksummer(u.Algorithm) // was checked when the upload began
	case body.checksum.algorithm != u.Algorithm && u.Type == composite:
		return nil, errorOf("InvalidRequest").saying("Checksum Type mismatch occurred, expected checksum Type: " +
			strings.ToLower(u.Algorithm) + ", actual checksum Type: " + strings.ToLower(body.checksum.algorithm))
	}
	c, err := q.receive(body)
	if err != nil {
		return nil, err
	}
	p := &part{Number: number, ETag: body.etag(), Modified: time.Now().UTC(), Checksum: body.checksum.of()}
	err = q.update(func(t *tx) error {
		_, id, err := t.upload(q)
		if err != nil {
			return err
		}
		place, old := partPlace(id, number), part{}
		if ok, err := t.get(partTable, place, &old); err != nil {
			return err
		} else if ok {
			if err := t.discard(old.Content.ID); err != nil {
				return err
			}
		}
		if p.Content, err = t.keep(c); err != nil {
			return err
		}
		return t.put(partTable, place, p)
	})
	if err != nil {
		q.abandon(c)
	}
	return p, err
}

// copyPart stores a part of another object as a part.
func (q *request) copyPart(u *upload, number int) error {
	r, err := q.source()
	if err != nil {
		return err
	}
	defer r.content.Close()
	if asked := q.Header.Get("X-Amz-Copy-Source-Range"); asked != "" {
		start, length, ok := parseRange(asked, r.version.Size)
		if !ok || length <= 0 {
			return errorOf("InvalidArgument").saying("The x-amz-copy-source-range value must be of the form "+
				"bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy").
				with("ArgumentName", "x-amz-copy-source-range").with("ArgumentValue", asked)
		}
		r.content.section(start, length)
	}
	body, err := newPayload(&http.Request{Header: http.Header{}, ContentLength: -1})
	if err != nil {
		return err
	}
	body.Reader = r.content
	p, err := q.storePart(u, number, body)
	if err != nil {
		return err
	}
	q.w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
	sum := p.Checksum.xml()
	sum.ChecksumType = ""
	return q.answer(http.StatusOK, copyXML{root("CopyPartResult"), p.ETag, timestamp(p.Modified), sum})
}

// parts calls do with the parts of an upload in the order of their numbers.
func (t *tx) parts(id string, do func(*part) error) error {
	cursor := t.Bucket(partTable).Cursor()
	for place, value := cursor.Seek([]byte(id)); bytes.HasPrefix(place, []byte(id)); place, value = cursor.Next() {
		p := &part{}
		if err := json.Unmarshal(value, p); err != nil {
			return err
		}
		if err := do(p); err != nil {
			return err
		}
	}
	return nil
}

// removeUpload removes an upload and its parts.
func (t *tx) removeUpload(place []byte) error {
	id := string(place[bytes.LastIndexByte(place, 0)+1:])
	var numbers []int
	err := t.parts(id, func(p *part) error {
		numbers = append(numbers, p.Number)
		return t.discard(p.Content.ID)
	})
	if err != nil {
		return err
	}
	for _, number := range numbers {
		if err := t.Bucket(partTable).Delete(partPlace(id, number)); err != nil {
			return err
		}
	}
	return t.Bucket(uploadTable).Delete(bytes.Clone(place))
}

func abortUpload(q *request) error {
	err := q.update(func(t *tx) error {
		_, id, err := t.upload(q)
		if err != nil {
			return err
		}
		return t.removeUpload(uploadPlace(q.bucket, q.key, id))
	})
	if err != nil {
		return err
	}
	return q.done(http.StatusNoContent)
}
