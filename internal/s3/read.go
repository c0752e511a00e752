package s3

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// reading is what a request for an object has found.
type reading struct {
	bucket  *bucket
	version *version
	content *content // nil if it is not wanted
}

// look finds an object, by a version's ID if that is not empty.
func (q *request) look(name, key, id string, withContent bool) (r reading, err error) {
	err = q.view(func(t *tx) error {
		if r.bucket, err = t.bucket(name); err != nil {
			return err
		}
		if id == "" {
			r.version, err = t.latest(name, key)
		} else {
			r.version, err = t.find(name, key, id)
		}
		v := r.version
		switch {
		case err != nil:
			return err
		case v == nil && id != "" && r.bucket.Versioning == "":
			return invalidVersion(id)
		case v == nil && id != "":
			return errorOf("NoSuchVersion").with("Key", key).with("VersionId", id)
		case v == nil:
			return errorOf("NoSuchKey").with("Key", key)
		case v.Marker && id != "":
			return errorOf("MethodNotAllowed").with("Method", q.Method).with("ResourceType", "DeleteMarker").
				answering("X-Amz-Delete-Marker", "true").answering("X-Amz-Version-Id", v.ID).
				answering("Last-Modified", v.Modified.Format(http.TimeFormat)).answering("Allow", "DELETE")
		case v.Marker:
			return errorOf("NoSuchKey").with("Key", key).
				answering("X-Amz-Delete-Marker", "true").answering("X-Amz-Version-Id", v.ID)
		}
		if withContent {
			r.content = t.open(v.Content)
		}
		return nil
	})
	return r, err
}

// replaceable are the headers of an answer that the query of a request may replace. Others would be those of ours.
var replaceable = []string{
	"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Expires",
}

func getObject(q *request) error {
	r, err := q.look(q.bucket, q.key, q.query.Get("versionId"), q.Method != http.MethodHead)
	if err != nil {
		return err
	}
	if r.content != nil {
		defer r.content.Close()
	}
	v := r.version
	if err := mayRead(q.Header, "", v); err != nil {
		return err
	}
	part, err := q.span(v)
	if err != nil {
		return err
	}
	v.show(q, r.bucket)
	header := q.w.Header()
	if len(v.Tags) > 0 {
		header.Set("X-Amz-Tagging-Count", strconv.Itoa(len(v.Tags)))
	}
	if q.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" && !part.partial {
		v.Checksum.show(header)
	}
	for _, name := range replaceable {
		if value := q.query.Get("response-" + strings.ToLower(name)); value != "" {
			header.Set(name, value)
		}
	}
	status := http.StatusOK
	if part.partial {
		status = http.StatusPartialContent
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.start, part.start+part.length-1, v.Size))
	}
	if part.parts > 0 {
		header.Set("X-Amz-Mp-Parts-Count", strconv.Itoa(part.parts))
	}
	header.Set("Content-Length", strconv.FormatInt(part.length, 10))
	q.w.WriteHeader(status)
	if r.content != nil {
		r.content.section(part.start, part.length)
		_, _ = io.Copy(q.w, r.content) // the client may have gone; it sees a length that is wrong
	}
	return nil
}

// span is the part of an object that a request is for.
type span struct {
	start, length int64
	partial       bool
	parts         int // of the whole object, if a part's number was asked for
}

// span reads the range, or the number of a part.
func (q *request) span(v *version) (span, error) {
	whole := span{length: v.Size}
	asked := q.Header.Get("Range")
	if number := q.query.Get("partNumber"); number != "" {
		if asked != "" {
			return whole, errorOf("InvalidRequest").
				saying("Cannot specify both Range header and partNumber query parameter")
		}
		return partSpan(v, number)
	}
	start, length, ok := parseRange(asked, v.Size)
	switch {
	case !ok:
		return whole, nil
	case length <= 0:
		return whole, errorOf("InvalidRange").with("ActualObjectSize", strconv.FormatInt(v.Size, 10)).
			with("RangeRequested", asked).answering("Content-Range", fmt.Sprintf("bytes */%d", v.Size))
	}
	return span{start: start, length: length, partial: true}, nil
}

func partSpan(v *version, number string) (span, error) {
	n, err := parsePartNumber(number)
	switch {
	case err != nil:
		return span{}, err
	case !v.IsParts && n == 1:
		return span{length: v.Size, partial: v.Size > 0}, nil
	case n > len(v.Content) || !v.IsParts:
		return span{}, errorOf("InvalidPartNumber").with("PartNumberRequested", number).
			with("ActualPartCount", strconv.Itoa(max(len(v.Content), 1)))
	}
	s := span{partial: true, parts: len(v.Content), length: v.Content[n-1].Size}
	for _, b := range v.Content[:n-1] {
		s.start += b.Size
	}
	return s, nil
}

// parseRange reads a range of bytes. ok is false for no range, for several, and for what is none: the answer is the
// whole object then. The length is 0 or less for a range outside of the object.
func parseRange(text string, size int64) (start, length int64, ok bool) {
	text, ok = strings.CutPrefix(strings.TrimSpace(text), "bytes=")
	first, last, dash := strings.Cut(text, "-")
	if !ok || !dash || strings.Contains(text, ",") {
		return 0, 0, false
	}
	if first == "" { // the last bytes
		n, isNumber := parseOffset(last)
		length = min(n, size)
		return size - length, length, isNumber
	}
	start, ok = parseOffset(first)
	if !ok || last == "" {
		return start, size - start, ok
	}
	to, ok := parseOffset(last)
	if !ok || to < start {
		return 0, 0, false
	}
	return start, min(to, size-1) - start + 1, true
}

// parseOffset reads a number of bytes. One that is too large is the largest: it is behind every end.
func parseOffset(text string) (n int64, ok bool) {
	number, err := strconv.ParseUint(text, 10, 63)
	return int64(number), err == nil || errors.Is(err, strconv.ErrRange)
}

// matches reports whether an ETag is among those of a condition.
func matches(condition, etag string) bool {
	for one := range strings.SplitSeq(condition, ",") {
		one = strings.Trim(strings.TrimSpace(one), `"`)
		if one == "*" || one == strings.Trim(etag, `"`) {
			return true
		}
	}
	return false
}

// mayRead checks the conditions of a request that reads an object. prefix is that of the conditions' names, for the
// source of a copy.
func mayRead(header http.Header, prefix string, v *version) error {
	failed := errorOf("PreconditionFailed")
	unchanged := errorOf("NotModified").answering("Etag", v.ETag).
		answering("Last-Modified", v.Modified.Format(http.TimeFormat))
	if prefix != "" {
		unchanged = failed
	}
	match, none := header.Get(prefix+"If-Match"), header.Get(prefix+"If-None-Match")
	since := func(name string) (time.Time, bool) {
		t, err := http.ParseTime(header.Get(prefix + name))
		return t, err == nil && !t.After(time.Now())
	}
	if match != "" && !matches(match, v.ETag) {
		return failed.with("Condition", strings.ToLower(prefix)+"If-Match")
	}
	if t, ok := since("If-Unmodified-Since"); ok && match == "" && v.Modified.After(t) {
		return failed.with("Condition", strings.ToLower(prefix)+"If-Unmodified-Since")
	}
	if none != "" && matches(none, v.ETag) {
		return unchanged
	}
	if t, ok := since("If-Modified-Since"); ok && none == "" && !v.Modified.After(t) {
		return unchanged
	}
	return nil
}
