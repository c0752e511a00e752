package s3

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func FuzzParseBSON(f *testing.F) {
	f.Add([]byte("\x16\x00\x00\x00\x02hello\x00\x06\x00\x00\x00world\x00\x00"))
	f.Add([]byte("\x10\x00\x00\x00\x05b\x00\x01\x00\x00\x00\x00x\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		document, err := parseBSON(data)
		if (document == nil) != (err != nil) {
			t.Errorf("%v, %v", document, err)
		}
	})
}

func FuzzParseRange(f *testing.F) {
	for _, text := range []string{
		"bytes=0-", "bytes=-5", "bytes=2-4", "bytes=4-2", "bytes=99999999999999999999-", "lines=1-2", "bytes=-",
	} {
		f.Add(text, int64(10))
	}
	f.Fuzz(func(t *testing.T, text string, size int64) {
		if size < 0 {
			return
		}
		start, length, ok := parseRange(text, size)
		if ok && length > 0 && (start < 0 || start+length > size) {
			t.Errorf("%q of %d bytes: %d+%d", text, size, start, length)
		}
	})
}

// FuzzRequests sends anything as a header, a query and a body.
func FuzzRequests(f *testing.F) {
	f.Add("PUT", "bucket/key", "", "X-Amz-Tagging: a=1&b=%zz", []byte("x"))
	f.Add("GET", "bucket", "list-type=2&delimiter=/&max-keys=1&encoding-type=url", "", []byte(nil))
	f.Add("GET", "bucket", "versions&key-marker=a&version-id-marker=b&prefix=a", "", []byte(nil))
	f.Add("POST", "bucket/a", "uploads", "X-Amz-Checksum-Algorithm: SHA1", []byte(nil))
	f.Add("PUT", "bucket/b", "", "X-Amz-Copy-Source: /bucket/a?versionId=null", []byte(nil))
	f.Add("POST", "bucket", "delete", "", []byte("<Delete><Object><Key>a</Key></Object></Delete>"))
	f.Add("PUT", "bucket/c", "", "X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", []byte("1\r\na\r\n0\r\n\r\n"))
	s, err := OpenMemory()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, method, path, query, line string, body []byte) {
		name, value, _ := strings.Cut(line, ": ")
		for range 2 { // the second one finds a bucket and an object
			r, err := http.NewRequest(method, "http://localhost/", bytes.NewReader(body))
			if err != nil {
				return
			}
			r.URL.Path, r.URL.RawQuery = "/"+path, query
			r.Header.Set(name, value)
			w := httptest.NewRecorder()
			if err := s.Serve(w, r, Caller{"000000000000", defaultRegion}); err != nil || w.Code >= 500 && w.Code != 501 {
				t.Errorf("%d %v %s", w.Code, err, w.Body)
			}
			r = httptest.NewRequest("PUT", "/bucket", nil)
			_ = s.Serve(httptest.NewRecorder(), r, Caller{"000000000000", defaultRegion})
			r = httptest.NewRequest("PUT", "/bucket/a", nil)
			_ = s.Serve(httptest.NewRecorder(), r, Caller{"000000000000", defaultRegion})
		}
	})
}
