package s3

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
)

type tag struct{ Key, Value string }

type taggingXML struct {
	XMLName xml.Name
	TagSet  struct {
		Tags []tag `xml:"Tag"`
	}
}

// parseTags reads the tags of a header, "a=1&b=2", and keeps their order.
func parseTags(text string) (tags []tag, err error) {
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		rawKey, rawValue, _ := strings.Cut(pair, "=")
		key, keyErr := url.QueryUnescape(rawKey)
		value, valueErr := url.QueryUnescape(rawValue)
		if keyErr != nil || valueErr != nil {
			return nil, invalidTags(text)
		}
		tags = append(tags, tag{key, value})
	}
	if err = checkTags(tags); err != nil && len(tags) <= 10 {
		err = invalidTags(text)
	}
	return tags, err
}

// invalidTags is the error of a header with tags.
func invalidTags(text string) error {
	return errorOf("InvalidArgument").saying("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL "+
		"query parameters without tag name duplicates.").
		with("ArgumentName", "x-amz-tagging").with("ArgumentValue", text)
}

// checkTags returns what is wrong with the tags of an object.
func checkTags(tags []tag) error {
	if len(tags) > 10 {
		return errorOf("BadRequest").saying("Object tags cannot be greater than 10")
	}
	known := map[string]bool{}
	for _, t := range tags {
		switch {
		case known[t.Key]:
			return errorOf("InvalidTag").saying("Cannot provide multiple Tags with the same key").with("TagKey", t.Key)
		case t.Key == "" || len([]rune(t.Key)) > 128:
			return errorOf("InvalidTag").saying("The TagKey you have provided is invalid").with("TagKey", t.Key)
		case len([]rune(t.Value)) > 256:
			return errorOf("InvalidTag").saying("The TagValue you have provided is invalid").with("TagValue", t.Value)
		}
		known[t.Key] = true
	}
	return nil
}

func getTags(q *request) error {
	r, err := q.look(q.bucket, q.key, q.query.Get("versionId"), false)
	if err != nil {
		return err
	}
	r.version.showVersion(q, r.bucket)
	answer := taggingXML{XMLName: root("Tagging")}
	answer.TagSet.Tags = r.version.Tags
	return q.answer(http.StatusOK, answer)
}

func putTags(q *request) error {
	var wanted taggingXML
	if err := q.read(&wanted); err != nil {
		return err
	}
	if err := checkTags(wanted.TagSet.Tags); err != nil {
		return err
	}
	return q.changeObject(http.StatusOK, func(v *version) { v.Tags = wanted.TagSet.Tags })
}

func deleteTags(q *request) error {
	return q.changeObject(http.StatusNoContent, func(v *version) { v.Tags = nil })
}

// changeObject changes the record of an object, and answers.
func (q *request) changeObject(status int, do func(*version)) error {
	r, err := q.look(q.bucket, q.key, q.query.Get("versionId"), false)
	if err != nil {
		return err
	}
	err = q.update(func(t *tx) error {
		v, err := t.find(q.bucket, q.key, r.version.ID)
		if err != nil {
			return err
		}
		if v == nil {
			return errorOf("NoSuchKey").with("Key", q.key)
		}
		do(v)
		return t.save(v)
	})
	if err != nil {
		return err
	}
	r.version.showVersion(q, r.bucket)
	return q.done(status)
}

func getAttributes(q *request) error {
	r, err := q.look(q.bucket, q.key, q.query.Get("versionId"), false)
	if err != nil {
		return err
	}
	v := r.version
	type partsXML struct{ PartsCount int }
	answer := struct {
		XMLName      xml.Name
		ETag         string `xml:",omitempty"`
		Checksum     *checksumXML
		ObjectParts  *partsXML
		StorageClass string `xml:",omitempty"`
		ObjectSize   *int64
	}{XMLName: root("GetObjectAttributesResponse")}
	for name := range strings.SplitSeq(strings.Join(q.Header.Values("X-Amz-Object-Attributes"), ","), ",") {
		switch strings.TrimSpace(name) {
		case "ETag":
			answer.ETag = strings.Trim(v.ETag, `"`)
		case "Checksum":
			sum := v.Checksum.xml()
			answer.Checksum = &sum
		case "ObjectParts":
			if v.IsParts {
				answer.ObjectParts = &partsXML{len(v.Content)}
			}
		case "StorageClass":
			answer.StorageClass = v.storageClass()
		case "ObjectSize":
			answer.ObjectSize = &v.Size
		}
	}
	q.w.Header().Set("Last-Modified", v.Modified.Format(http.TimeFormat))
	v.showVersion(q, r.bucket)
	return q.answer(http.StatusOK, answer)
}
