package s3

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"strconv"
	"strings"
)

// payload is the body of a request without its framing, and what was announced of it.
type payload struct {
	io.Reader
	checksum *checksummer
	md5      hash.Hash
	sha256   hash.Hash // nil if the request does not say the SHA-256
	header   http.Header
	size     int64 // what was announced; -1 without
	read     int64
	frames   *bufio.Reader // of a body in chunks; the trailer follows them
}

// newPayload reads the header of a request with a body.
func newPayload(r *http.Request) (*payload, error) {
	p := &payload{md5: md5.New(), header: r.Header, size: r.ContentLength}
	var body io.Reader = r.Body
	if r.Body == nil {
		body = http.NoBody
	}
	sha := r.Header.Get("X-Amz-Content-Sha256")
	if strings.HasPrefix(sha, "STREAMING-") || strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") {
		// The syntax is that of HTTP's chunks: the signature is a chunk extension, the checksum a trailer.
		p.frames = bufio.NewReader(body)
		body = httputil.NewChunkedReader(p.frames)
		p.size = -1
		if length := r.Header.Get("X-Amz-Decoded-Content-Length"); length != "" {
			size, err := strconv.ParseInt(length, 10, 64)
			if err != nil || size < 0 {
				return nil, errorOf("InvalidArgument").saying("x-amz-decoded-content-length must be a number of bytes")
			}
			p.size = size
		}
	} else if sha != "" && len(sha) == hex.EncodedLen(sha256.Size) {
		p.sha256 = sha256.New()
	}
	var err error
	if p.checksum, err = announced(r.Header); err != nil {
		return nil, err
	}
	p.Reader = body
	return p, nil
}

// Read implements io.Reader.
func (p *payload) Read(into []byte) (int, error) {
	n, err := p.Reader.Read(into)
	p.read += int64(n)
	part := into[:n]
	p.md5.Write(part)
	p.checksum.hash.Write(part)
	if p.sha256 != nil {
		p.sha256.Write(part)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		// The client has disconnected, or its chunks are invalid: neither is an error of ours.
		return n, errorOf("IncompleteBody")
	}
	return n, err
}

// verify compares what was read, to its end, with what was announced.
func (p *payload) verify() error {
	if p.size >= 0 && p.read != p.size {
		return errorOf("IncompleteBody")
	}
	if p.frames != nil {
		if err := p.trailer(); err != nil {
			return err
		}
	}
	if sum := p.header.Get("Content-Md5"); sum != "" {
		want, err := base64.StdEncoding.DecodeString(sum)
		if err != nil || len(want) != md5.Size {
			return errorOf("InvalidDigest").with("Content-MD5", sum)
		}
		if !bytes.Equal(want, p.md5.Sum(nil)) {
			return errorOf("BadDigest").saying("The Content-MD5 you specified did not match what we received.")
		}
	}
	if p.sha256 != nil && !strings.EqualFold(hex.EncodeToString(p.sha256.Sum(nil)), p.header.Get("X-Amz-Content-Sha256")) {
		return errorOf("XAmzContentSHA256Mismatch")
	}
	return p.checksum.verify()
}

// maxTrailer is how much of a trailer is read, in bytes. It has a checksum and a signature.
const maxTrailer = 16 << 10

// trailer reads the checksum that follows the chunks.
func (p *payload) trailer() error {
	limited := bufio.NewReader(io.LimitReader(p.frames, maxTrailer))
	lines, err := textproto.NewReader(limited).ReadMIMEHeader()
	if err != nil && !errors.Is(err, io.EOF) {
		return errorOf("IncompleteBody")
	}
	if value := lines.Get(p.checksum.header()); value != "" {
		p.checksum.want = value
	}
	return nil
}

// etag is the MD5 sum of what was read.
func (p *payload) etag() string { return `"` + hex.EncodeToString(p.md5.Sum(nil)) + `"` }
