package s3

import (
	"encoding/xml"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// storedHeaders are what an answer repeats of the upload.
var storedHeaders = []string{
	"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Expires",
	"X-Amz-Storage-Class", "X-Amz-Website-Redirect-Location", "X-Amz-Server-Side-Encryption",
	"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id",
}

var storageClasses = []string{
	"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE",
	"OUTPOSTS", "GLACIER_IR", "SNOW", "EXPRESS_ONEZONE", "FSX_OPENZFS",
}

const metadataPrefix = "X-Amz-Meta-"

// propertiesOf reads what a header says about an object.
func propertiesOf(header http.Header) (p properties, err error) {
	p.Headers, p.Metadata = map[string]string{}, map[string]string{}
	for _, name := range storedHeaders {
		if value := header.Get(name); value != "" {
			p.Headers[name] = value
		}
	}
	var encodings []string
	for encoding := range strings.SplitSeq(p.Headers["Content-Encoding"], ",") {
		if encoding = strings.TrimSpace(encoding); encoding != "" && encoding != "aws-chunked" {
			encodings = append(encodings, encoding)
		}
	}
	if delete(p.Headers, "Content-Encoding"); len(encodings) > 0 {
		p.Headers["Content-Encoding"] = strings.Join(encodings, ",")
	}
	if p.Headers["Content-Type"] == "" {
		p.Headers["Content-Type"] = "binary/octet-stream"
	}
	for name, values := range header {
		if key, ok := strings.CutPrefix(name, metadataPrefix); ok && key != "" {
			p.Metadata[strings.ToLower(key)] = decodeWord(strings.Join(values, ","))
		}
	}
	if class := p.Headers["X-Amz-Storage-Class"]; class != "" && !slices.Contains(storageClasses, class) {
		return p, errorOf("InvalidStorageClass").with("StorageClassRequested", class)
	}
	p.ACL = header.Get("X-Amz-Acl")
	p.Tags, err = parseTags(header.Get("X-Amz-Tagging"))
	return p, err
}

// decodeWord reads a value that is encoded as in mail, as SDKs send what is not ASCII (RFC 2047).
func decodeWord(value string) string {
	if decoded, err := new(mime.WordDecoder).DecodeHeader(value); err == nil {
		return decoded
	}
	return value
}

// show sets the headers of an answer with an object.
func (v *version) show(q *request, b *bucket) {
	header := q.w.Header()
	for name, value := range v.Headers {
		if name != "X-Amz-Storage-Class" || value != "STANDARD" {
			header.Set(name, value)
		}
	}
	for name, value := range v.Metadata {
		header["x-amz-meta-"+name] = []string{mime.QEncoding.Encode("UTF-8", value)}
	}
	header.Set("Last-Modified", v.Modified.Format(http.TimeFormat))
	header.Set("Accept-Ranges", "bytes")
	v.showState(q, b)
}

// showState sets the headers that an upload's answer has, too.
func (v *version) showState(q *request, b *bucket) {
	header := q.w.Header()
	header["ETag"] = []string{v.ETag} // as AWS writes it
	if header.Get("X-Amz-Server-Side-Encryption") == "" {
		header.Set("X-Amz-Server-Side-Encryption", "AES256")
	}
	v.showVersion(q, b)
}

// showVersion sets the header with the version's ID, which a bucket without versions does not have.
func (v *version) showVersion(q *request, b *bucket) {
	if b.Versioning != "" {
		q.w.Header().Set("X-Amz-Version-Id", v.ID)
	}
}

func putObject(q *request) error {
	if q.Header.Get("X-Amz-Copy-Source") != "" {
		return copyObject(q)
	}
	p, err := propertiesOf(q.Header)
	if err != nil {
		return err
	}
	body, err := newPayload(q.Request)
	if err != nil {
		return err
	}
	if _, err := q.upload(p, body); err != nil {
		return err
	}
	return q.done(http.StatusOK)
}

// upload stores an object, and sets the headers of the answer.
func (q *request) upload(p properties, body *payload) (v *version, err error) {
	if _, err := q.found(); err != nil {
		return nil, err
	}
	c, err := q.receive(body)
	if err != nil {
		return nil, err
	}
	v = &version{Key: q.key, properties: p, ETag: body.etag(), Size: c.Size, Checksum: body.checksum.of()}
	var b *bucket
	err = q.update(func(t *tx) error {
		if b, err = t.bucket(q.bucket); err != nil {
			return err
		}
		if err := t.mayWrite(q, v.Key); err != nil {
			return err
		}
		content, err := t.keep(c)
		if err != nil {
			return err
		}
		if c.Size > 0 {
			v.Content = []blob{content}
		}
		return t.insert(b, v)
	})
	if err != nil {
		q.abandon(c)
		return nil, err
	}
	v.showState(q, b)
	v.Checksum.show(q.w.Header())
	return v, nil
}

// mayWrite checks the conditions of a request that writes an object.
func (t *tx) mayWrite(q *request, key string) error {
	match, none := q.Header.Get("If-Match"), q.Header.Get("If-None-Match")
	if match == "" && none == "" {
		return nil
	}
	old, err := t.latest(q.bucket, key)
	if err != nil {
		return err
	}
	exists := old != nil && !old.Marker
	switch {
	case none != "" && none != "*":
		return errorOf("NotImplemented").saying("A header you provided implies functionality that is not implemented").
			with("Header", "If-None-Match")
	case match != "" && !exists:
		return errorOf("NoSuchKey").with("Key", key)
	case match != "" && !matches(match, old.ETag):
		return errorOf("PreconditionFailed").with("Condition", "If-Match")
	case none != "" && exists:
		return errorOf("PreconditionFailed").with("Condition", "If-None-Match")
	}
	return nil
}

func deleteObject(q *request) error {
	var result deletedXML
	err := q.update(func(t *tx) error {
		b, err := t.bucket(q.bucket)
		if err != nil {
			return err
		}
		if err := t.mayWrite(q, q.key); err != nil {
			return err
		}
		result, err = t.delete(b, q.key, q.query.Get("versionId"))
		return err
	})
	if err != nil {
		return err
	}
	if result.DeleteMarker {
		q.w.Header().Set("X-Amz-Delete-Marker", "true")
	}
	if id := result.VersionID + result.MarkerID; id != "" {
		q.w.Header().Set("X-Amz-Version-Id", id)
	}
	return q.done(http.StatusNoContent)
}

// delete deletes a version of an object, or adds a marker where there are versions.
func (t *tx) delete(b *bucket, key, id string) (result deletedXML, err error) {
	result.Key = key
	if id != "" {
		if id != noVersion && (b.Versioning == "" || len(id) != versionLength) {
			return result, invalidVersion(id)
		}
		v, err := t.find(b.Name, key, id)
		if err != nil || v == nil {
			return deletedXML{Key: key, VersionID: id}, err
		}
		result.VersionID, result.DeleteMarker = id, v.Marker
		return result, t.remove(b.Name, key, id)
	}
	if b.Versioning == "" {
		return result, t.remove(b.Name, key, noVersion)
	}
	marker := &version{Key: key, Marker: true}
	err = t.insert(b, marker)
	result.MarkerID, result.DeleteMarker = marker.ID, true
	return result, err
}

type deletedXML struct {
	Key          string
	VersionID    string `xml:"VersionId,omitempty"`
	DeleteMarker bool   `xml:",omitempty"`
	MarkerID     string `xml:"DeleteMarkerVersionId,omitempty"`
}

// deleteError says why one of several objects is not deleted.
type deleteError struct {
	Key       string
	VersionID string `xml:"VersionId,omitempty"`
	Code      string
	Message   string
}

func deleteObjects(q *request) error {
	var wanted struct {
		Quiet   bool
		Objects []struct {
			Key       string
			VersionID string `xml:"VersionId"`
		} `xml:"Object"`
	}
	if err := q.read(&wanted); err != nil {
		return err
	}
	if len(wanted.Objects) == 0 || len(wanted.Objects) > 1000 {
		return errorOf("MalformedXML")
	}
	answer := struct {
		XMLName xml.Name
		Deleted []deletedXML
		Errors  []deleteError `xml:"Error"`
	}{XMLName: root("DeleteResult")}
	err := q.update(func(t *tx) error {
		b, err := t.bucket(q.bucket)
		if err != nil {
			return err
		}
		for _, object := range wanted.Objects {
			result, err := t.delete(b, object.Key, object.VersionID)
			var told *Error
			switch {
			case errors.As(err, &told):
				answer.Errors = append(answer.Errors, deleteError{object.Key, object.VersionID, told.Code, told.Message})
			case err != nil:
				return err
			case !wanted.Quiet:
				answer.Deleted = append(answer.Deleted, result)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return q.answer(http.StatusOK, answer)
}
