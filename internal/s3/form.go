package s3

import (
	"encoding/xml"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// maxField is the largest field of a form, but for the file, in bytes.
const maxField = 1 << 20

// postForm stores the file that a form uploads. The policy is not checked
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html).
func postForm(q *request) error {
	reader, err := q.MultipartReader()
	if err != nil {
		return errorOf("MalformedPOSTRequest")
	}
	fields := http.Header{}
	file, err := fileOf(reader, fields)
	if err != nil {
		return err
	}
	q.key = strings.ReplaceAll(fields.Get("key"), "${filename}", file.FileName())
	if q.key == "" {
		return errorOf("InvalidArgument").saying("Bucket POST must contain a field named 'key'.  "+
			"If it is specified, please check the order of the fields.").with("ArgumentName", "key")
	}
	if err := checkKey(q.key); err != nil {
		return err
	}
	if acl := fields.Get("acl"); acl != "" {
		fields.Set("X-Amz-Acl", acl)
	}
	p, err := propertiesOf(fields)
	if err != nil {
		return err
	}
	if text := fields.Get("tagging"); text != "" {
		var tags taggingXML
		if xml.Unmarshal([]byte(text), &tags) != nil {
			return errorOf("MalformedXML")
		}
		if p.Tags = tags.TagSet.Tags; checkTags(p.Tags) != nil {
			return checkTags(p.Tags)
		}
	}
	fields.Del("Content-Encoding") // aws-chunked would be about the request
	body, err := newPayload(&http.Request{Header: fields, Body: io.NopCloser(file), ContentLength: -1})
	if err != nil {
		return err
	}
	v, err := q.upload(p, body)
	if err != nil {
		return err
	}
	return q.answerForm(v, fields)
}

// fileOf reads the fields of a form up to the file, which is the last one that counts.
func fileOf(reader *multipart.Reader, fields http.Header) (*multipart.Part, error) {
	for total := 0; total < maxField; {
		field, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, errorOf("InvalidArgument").saying("POST requires exactly one file upload per request.").
				with("ArgumentName", "file").with("ArgumentValue", "0")
		}
		if err != nil {
			return nil, errorOf("MalformedPOSTRequest")
		}
		if strings.EqualFold(field.FormName(), "file") {
			return field, nil
		}
		value, err := io.ReadAll(io.LimitReader(field, maxField))
		if err != nil {
			return nil, errorOf("MalformedPOSTRequest")
		}
		total += len(value) + 1
		fields.Set(field.FormName(), string(value))
	}
	return nil, errorOf("EntityTooLarge")
}

// answerForm answers as the form wants it: with a status or a redirect.
func (q *request) answerForm(v *version, fields http.Header) error {
	location := "http://" + q.Host + "/" + q.bucket + "/" + (&url.URL{Path: v.Key}).EscapedPath()
	q.w.Header().Set("Location", location)
	if target, err := url.Parse(fields.Get("success_action_redirect")); err == nil && target.Host != "" {
		query := target.Query()
		query.Set("bucket", q.bucket)
		query.Set("key", v.Key)
		query.Set("etag", v.ETag)
		target.RawQuery = query.Encode()
		q.w.Header().Set("Location", target.String())
		return q.done(http.StatusSeeOther)
	}
	switch fields.Get("success_action_status") {
	case "200":
		return q.done(http.StatusOK)
	case "201":
		return q.answer(http.StatusCreated, struct {
			XMLName                     xml.Name `xml:"PostResponse"`
			Location, Bucket, Key, ETag string
		}{Location: location, Bucket: q.bucket, Key: v.Key, ETag: v.ETag})
	}
	return q.done(http.StatusNoContent)
}
