package s3

import (
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// namespace is that of all answers but errors.
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// ownerID is what LocalStack calls the owner of everything.
const ownerID = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"

type owner struct{ ID string }

// root is the name of an answer's outermost element.
func root(name string) xml.Name { return xml.Name{Space: namespace, Local: name} }

// timestamp is a time as S3's XML has it.
type timestamp time.Time

// MarshalText implements encoding.TextMarshaler.
func (t timestamp) MarshalText() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format("2006-01-02T15:04:05.000Z")), nil
}

// answer sends a document.
func (q *request) answer(status int, document any) error {
	body, err := xml.Marshal(document)
	if err != nil {
		return err
	}
	return q.answerXML(status, append([]byte(xml.Header), body...))
}

func (q *request) answerXML(status int, body []byte) error {
	q.w.Header().Set("Content-Type", "application/xml")
	q.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	q.w.WriteHeader(status)
	_, _ = q.w.Write(body) // the client may have gone
	return nil
}

// done answers without a body.
func (q *request) done(status int) error {
	if status != http.StatusNoContent {
		q.w.Header().Set("Content-Length", "0")
	}
	q.w.WriteHeader(status)
	return nil
}

// maxDocument is the largest document of a request, in bytes: 1,000 keys, each in XML.
const maxDocument = 8 << 20

// document reads the whole body.
func (q *request) document() ([]byte, error) {
	body, err := newPayload(q.Request)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(body, maxDocument+1))
	if err == nil && len(content) > maxDocument {
		return nil, errorOf("EntityTooLarge")
	}
	if err == nil {
		err = body.verify()
	}
	return content, err
}

// read reads an XML document. The answer to any that cannot be read is MalformedXML.
func (q *request) read(document any) error {
	content, err := q.document()
	if err != nil {
		return err
	}
	if xml.Unmarshal(content, document) != nil {
		return errorOf("MalformedXML")
	}
	return nil
}

// number reads a parameter of the query; fallback where it is missing. It is 0 or more, and at most limit.
func (q *request) number(name string, fallback, limit int) (int, error) {
	if q.query.Get(name) == "" {
		return fallback, nil
	}
	n, err := strconv.ParseInt(q.query.Get(name), 10, 32)
	if err != nil || n < 0 {
		return 0, errorOf("InvalidArgument").saying("Argument "+name+" must be an integer between 0 and 2147483647").
			with("ArgumentName", name).with("ArgumentValue", q.query.Get(name))
	}
	return min(int(n), limit), nil
}

// encode writes a name as the client wants it: XML cannot have every character of a key.
func (q *request) encode(name string) string {
	if q.query.Get("encoding-type") != "url" {
		return name
	}
	const plain = "-_.~/*()!'"
	var out strings.Builder
	for _, b := range []byte(name) {
		if b|0x20 >= 'a' && b|0x20 <= 'z' || b >= '0' && b <= '9' || strings.IndexByte(plain, b) >= 0 {
			out.WriteByte(b)
			continue
		}
		out.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(b)|0x100, 16)[1:]))
	}
	return out.String()
}
