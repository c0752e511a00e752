package emulator

import (
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
)

// maxUpload is the largest body of one request in bytes. 1 GiB: gofakes3
// allocates what a client announces, before the first byte has come.
const maxUpload = 1 << 30

// normalise rewrites what today's SDKs send into what gofakes3 reads: bucket in
// the path, body without transfer framing, no header that must not be stored.
// The error text is meant for the client.
func normalise(r *http.Request) error {
	bucketFromHost(r)
	if strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		if err := unframe(r); err != nil {
			return err
		}
	}
	if r.ContentLength > maxUpload {
		return errors.New("a request body may have 1 GiB at most; use a multipart upload")
	}
	// gofakes3 keeps every X-Amz header of an upload and sends it to whoever
	// reads the object. A session's token is nobody else's business, and the
	// rest describes the request, not the object.
	for _, name := range []string{
		"X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Decoded-Content-Length", "X-Amz-Security-Token",
		"X-Amz-Sdk-Checksum-Algorithm", "X-Amz-Trailer", "X-Amz-User-Agent",
	} {
		r.Header.Del(name)
	}
	return nil
}

// unframe decodes a body that the SDK sends in signed or checksummed chunks
// (aws-chunked). Its syntax is that of HTTP's own chunks: the signature is
// a chunk extension, the checksum a trailer. Both are skipped unchecked, like
// every signature here.
func unframe(r *http.Request) error {
	size, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || size < 0 {
		return errors.New("X-Amz-Decoded-Content-Length has to be a number of bytes")
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{httputil.NewChunkedReader(r.Body), r.Body}
	r.ContentLength = size
	r.Header.Set("Content-Length", strconv.FormatInt(size, 10))

	var encodings []string
	for encoding := range strings.SplitSeq(r.Header.Get("Content-Encoding"), ",") {
		if encoding = strings.TrimSpace(encoding); encoding != "" && encoding != "aws-chunked" {
			encodings = append(encodings, encoding)
		}
	}
	r.Header.Del("Content-Encoding")
	if len(encodings) > 0 {
		r.Header.Set("Content-Encoding", strings.Join(encodings, ","))
	}
	return nil
}

// bucketFromHost turns http://bucket.s3[.region].localhost.localstack.cloud/key
// into /bucket/key. Other hosts carry no bucket.
func bucketFromHost(r *http.Request) {
	host, _, _ := strings.Cut(strings.ToLower(r.Host), ":")
	prefix, ours := strings.CutSuffix(host, ".localhost.localstack.cloud")
	end := strings.LastIndex(prefix, ".s3")
	if !ours || end < 1 {
		return
	}
	if region := prefix[end+len(".s3"):]; region != "" && (region[0] != '.' || strings.Contains(region[1:], ".")) {
		return
	}
	r.URL.Path = "/" + prefix[:end] + r.URL.Path
	r.Host = "localhost.localstack.cloud"
}
