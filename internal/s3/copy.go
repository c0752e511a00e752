package s3

import (
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// copyPrefix is what the conditions about the source of a copy begin with.
const copyPrefix = "X-Amz-Copy-Source-"

// source finds the object that is to be copied: "/bucket/key?versionId=ID", with the key as in a URL.
func (q *request) source() (reading, error) {
	path, rawQuery, _ := strings.Cut(q.Header.Get("X-Amz-Copy-Source"), "?")
	path, err := url.PathUnescape(strings.TrimPrefix(path, "/"))
	name, key, _ := strings.Cut(path, "/")
	query, queryErr := url.ParseQuery(rawQuery)
	if err != nil || queryErr != nil || key == "" {
		return reading{}, errorOf("InvalidArgument").saying("Invalid copy source object key").
			with("ArgumentName", "x-amz-copy-source").with("ArgumentValue", q.Header.Get("X-Amz-Copy-Source"))
	}
	r, err := q.look(name, key, query.Get("versionId"), true)
	if err != nil {
		return r, err
	}
	if err := mayRead(q.Header, copyPrefix, r.version); err != nil {
		r.content.Close()
		return r, err
	}
	if r.bucket.Versioning != "" {
		q.w.Header().Set("X-Amz-Copy-Source-Version-Id", r.version.ID)
	}
	return r, nil
}

type copyXML struct {
	XMLName      xml.Name
	ETag         string
	LastModified timestamp
	checksumXML
}

func copyObject(q *request) error {
	r, err := q.source()
	if err != nil {
		return err
	}
	defer r.content.Close()
	old := r.version
	v := &version{Key: q.key, ETag: old.ETag, Size: old.Size, Checksum: old.Checksum, IsParts: old.IsParts}
	if v.properties, err = q.copiedProperties(r); err != nil {
		return err
	}
	var copies []*staged
	defer func() {
		for _, c := range copies {
			q.abandon(c)
		}
	}()
	for range old.Content { // each by itself, so that the copy has the same parts
		c, err := q.stage(r.content.nextBlob(), -1)
		if err != nil {
			return err
		}
		copies = append(copies, c)
	}
	var b *bucket
	err = q.update(func(t *tx) error {
		if b, err = t.bucket(q.bucket); err != nil {
			return err
		}
		if err := t.mayWrite(q, q.key); err != nil {
			return err
		}
		for _, c := range copies {
			kept, err := t.keep(c)
			if err != nil {
				return err
			}
			v.Content = append(v.Content, kept)
		}
		return t.insert(b, v)
	})
	if err != nil {
		return err
	}
	copies = nil
	v.showVersion(q, b)
	q.w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
	return q.answer(http.StatusOK, copyXML{
		root("CopyObjectResult"), v.ETag, timestamp(v.Modified), v.Checksum.xml(),
	})
}

// copiedProperties returns what the copy of an object has: what the source has, or what the request says.
func (q *request) copiedProperties(r reading) (properties, error) {
	said, err := propertiesOf(q.Header)
	if err != nil {
		return said, err
	}
	replaced := q.Header.Get("X-Amz-Metadata-Directive") == "REPLACE"
	isItself := r.bucket.Name == q.bucket && r.version.Key == q.key
	class := q.Header.Get("X-Amz-Storage-Class")
	if isItself && !replaced && !strings.Contains(q.Header.Get("X-Amz-Copy-Source"), "versionId=") &&
		class == "" && said.Headers["X-Amz-Website-Redirect-Location"] == "" &&
		said.Headers["X-Amz-Server-Side-Encryption"] == "" {
		return said, errorOf("InvalidRequest").saying("This copy request is illegal because it is trying to copy an " +
			"object to itself without changing the object's metadata, storage class, website redirect location or " +
			"encryption attributes.")
	}
	if !replaced {
		headers := maps.Clone(r.version.Headers)
		if delete(headers, "X-Amz-Storage-Class"); class != "" {
			headers["X-Amz-Storage-Class"] = class
		}
		said.Headers, said.Metadata = headers, r.version.Metadata
	}
	if q.Header.Get("X-Amz-Tagging-Directive") != "REPLACE" {
		said.Tags = r.version.Tags
	}
	return said, nil
}
