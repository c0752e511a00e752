package emulator

import (
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
)

// maxUpload is the largest body of a request in bytes. gofakes3 allocates the
// announced size before it reads the first byte.
const maxUpload = 1 << 30

// normalize rewrites a request of today's SDKs for gofakes3: bucket in the path, body
// without transfer framing, no header that must not be stored. The error is for the
// client.
func normalize(r *http.Request) error {
	bucketFromHost(r)
	if strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		if err := unframe(r); err != nil {
			return err
		}
	}
	if r.ContentLength > maxUpload {
		return errors.New("a request body must not exceed 1 GiB; use a multipart upload")
	}
	// gofakes3 stores every X-Amz header of an upload and sends it with the object.
	// A session token is secret, and the rest describes the request, not the object.
	for _, name := range []string{
		"X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Decoded-Content-Length", "X-Amz-Security-Token",
		"X-Amz-Sdk-Checksum-Algorithm", "X-Amz-Trailer", "X-Amz-User-Agent",
	} {
		r.Header.Del(name)
	}
	return nil
}

// unframe decodes a body in signed or checksummed chunks (aws-chunked). The syntax is
// that of HTTP's chunks: the signature is a chunk extension, the checksum a trailer.
// Neither is verified, like all signatures here.
func unframe(r *http.Request) error {
	size, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || size < 0 {
		return errors.New("X-Amz-Decoded-Content-Length must be a number of bytes")
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
