package s3

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// test is a service in a test.
type test struct {
	*testing.T
	*Service
}

// newTest has the service in memory.
func newTest(t *testing.T) test {
	t.Helper()
	s, err := OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return test{t, s}
}

// ServeHTTP implements http.Handler.
func (t test) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := t.Serve(w, r, Caller{"000000000000", defaultRegion}); err != nil {
		t.Error(err)
	}
}

// send sends a request. Its header is "Name: value" in turns.
func (t test) send(method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	t.ServeHTTP(w, r)
	return w
}

// ok sends a request that must succeed.
func (t test) ok(method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	w := t.send(method, path, body, header...)
	if w.Code >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w
}

// chunks counts what is stored of contents, and what is pending.
func (t test) chunks() (stored, pending int) {
	t.Helper()
	err := t.view(func(x *tx) error {
		stored, pending = x.Bucket(contentTable).Stats().KeyN, x.Bucket(pendingTable).Stats().KeyN
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return stored, pending
}

func TestASlowReaderGetsTheObjectThatItAskedFor(t *testing.T) {
	s := newTest(t)
	old := strings.Repeat("a", 3*chunkSize+1)
	s.ok("PUT", "/bucket", "")
	s.ok("PUT", "/bucket/key", old)
	q := &request{Request: httptest.NewRequest("GET", "/bucket/key", nil), Service: s.Service}
	r, err := q.look("bucket", "key", "", true)
	if err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 4 {
				s.ok("PUT", "/bucket/key", strings.Repeat("b", 2*chunkSize))
			}
		})
	}
	writers.Wait()
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r.content)
	if err != nil || string(content) != old {
		t.Errorf("got %d bytes of something else, %v", len(content), err)
	}
	if err := r.content.Close(); err != nil {
		t.Fatal(err)
	}
	if stored, pending := s.chunks(); stored+pending != 0 {
		t.Errorf("%d chunks stay, %d contents are pending", stored, pending)
	}
}

// What becomes of the content of uploads that fail, of parts, and of what is replaced or deleted.
func TestNothingStaysOfContentThatNoObjectHas(t *testing.T) {
	s := newTest(t)
	large := strings.Repeat("x", minPart+chunkSize/2)
	s.ok("PUT", "/bucket", "")
	if w := s.send("PUT", "/bucket/key", large, "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg=="); w.Code != 400 {
		t.Fatalf("a wrong checksum: %d", w.Code)
	}
	if w := s.send("PUT", "/missing/key", large); w.Code != 404 {
		t.Fatalf("no bucket: %d", w.Code)
	}
	s.ok("PUT", "/bucket/key", large)
	s.ok("PUT", "/bucket/key", "small")
	s.ok("PUT", "/bucket/copy", "", "X-Amz-Copy-Source: bucket/key")
	s.ok("POST", "/bucket?delete", "<Delete><Object><Key>key</Key></Object><Object><Key>copy</Key></Object></Delete>")
	start := func() string {
		_, after, _ := strings.Cut(s.ok("POST", "/bucket/parts?uploads", "").Body.String(), "<UploadId>")
		id, _, _ := strings.Cut(after, "</UploadId>")
		return id
	}
	id := start()
	for range 2 { // the second takes the place of the first
		s.ok("PUT", "/bucket/parts?partNumber=1&uploadId="+id, large)
	}
	s.ok("DELETE", "/bucket/parts?uploadId="+id, "")
	id = start()
	etag := s.ok("PUT", "/bucket/parts?partNumber=1&uploadId="+id, large).Header()["ETag"][0]
	s.ok("PUT", "/bucket/parts?partNumber=2&uploadId="+id, large) // is not used
	s.ok("POST", "/bucket/parts?uploadId="+id, "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"+etag+
		"</ETag></Part></CompleteMultipartUpload>")
	if got := s.ok("GET", "/bucket/parts", "").Body.String(); got != large {
		t.Errorf("got %d bytes", len(got))
	}
	s.ok("DELETE", "/bucket/parts", "")
	start() // goes with the bucket
	s.ok("DELETE", "/bucket", "")
	if stored, pending := s.chunks(); stored+pending != 0 {
		t.Errorf("%d chunks stay, %d contents are pending", stored, pending)
	}
}

func TestAnUploadThatAKillInterruptedIsRemovedAtTheNextStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s3.db")
	open := func() test {
		s, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		return test{t, s}
	}
	s := open()
	s.ok("PUT", "/bucket", "")
	s.ok("PUT", "/bucket/key", "content")
	if _, err := s.stage(strings.NewReader(strings.Repeat("x", 2*chunkSize)), -1); err != nil {
		t.Fatal(err)
	}
	if stored, pending := s.chunks(); stored != 3 || pending != 1 {
		t.Fatalf("%d chunks, %d pending", stored, pending)
	}
	s.Close() // as a kill: the upload is not completed
	s = open()
	defer s.Close()
	if stored, pending := s.chunks(); stored != 1 || pending != 0 {
		t.Errorf("%d chunks, %d pending", stored, pending)
	}
	if got := s.ok("GET", "/bucket/key", "").Body.String(); got != "content" {
		t.Errorf("got %q", got)
	}
}

// testdata/former.bolt was written by version 0.1.
func TestTheStateOfAnEarlierVersionIsTakenOver(t *testing.T) {
	former, err := os.ReadFile("testdata/former.bolt")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s3.bolt")
	if err := os.WriteFile(path, former, 0o600); err != nil {
		t.Fatal(err)
	}
	s := newTest(t)
	if err := s.Import(path, "000000000000"); err != nil {
		t.Fatal(err)
	}
	list := s.ok("GET", "/", "").Body.String()
	if !strings.Contains(list, "<Name>empty</Name>") || !strings.Contains(list, "<Name>former</Name>") ||
		strings.Contains(list, "_meta") {
		t.Errorf("buckets: %s", list)
	}
	w := s.ok("GET", "/former/dir/%C3%BC", "")
	header := w.Header()
	if w.Body.String() != "content" || header.Get("Content-Type") != "text/x-test" || header["x-amz-meta-color"][0] != "blue" ||
		header["x-amz-meta-gone"] != nil || header.Get("Last-Modified") != "Fri, 27 Nov 2026 02:08:24 GMT" {
		t.Errorf("got %q, %v", w.Body, header)
	}
	if w := s.ok("GET", "/former/empty", ""); w.Body.Len() != 0 {
		t.Errorf("empty: %q", w.Body)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("no database", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Import(path, "000000000000"); err == nil {
		t.Error("a file that is no database was taken over")
	}
}

func TestBodiesInChunksAreUnframed(t *testing.T) {
	const signed = "3;chunk-signature=00\r\nabc\r\n2;chunk-signature=11\r\nde\r\n0;chunk-signature=22\r\n"
	tests := []struct {
		name, body, length, trailer string
		status                      int
	}{
		{"signed", signed + "\r\n", "5", "", 200},
		{"with a checksum", signed + "x-amz-checksum-crc32:hYf8nw==\r\n\r\n", "5", "x-amz-checksum-crc32", 400},
		{"with the right checksum", signed + "x-amz-checksum-crc32:hYfYZQ==\r\nx-amz-trailer-signature:0\r\n\r\n", "5",
			"x-amz-checksum-crc32", 200},
		{"of unknown length", signed + "\r\n", "", "", 200},
		{"shorter than announced", signed + "\r\n", "6", "", 400},
		{"longer than announced", signed + "\r\n", "4", "", 400},
		{"cut off", signed[:20], "5", "", 400},
		{"no chunks", "abcde", "5", "", 400},
		{"no length", signed, "many", "", 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newTest(t)
			s.ok("PUT", "/bucket", "")
			w := s.send("PUT", "/bucket/key", tt.body, "X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
				"X-Amz-Decoded-Content-Length: "+tt.length, "X-Amz-Trailer: "+tt.trailer, "Content-Encoding: aws-chunked, gzip",
				"X-Amz-Security-Token: secret")
			if w.Code != tt.status {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			w = s.send("GET", "/bucket/key", "")
			if w.Code == 200 && (w.Body.String() != "abcde" || w.Header().Get("Content-Encoding") != "gzip") {
				t.Errorf("got %q, %v", w.Body, w.Header())
			}
			if (w.Code == 200) != (tt.status == 200) || strings.Contains(fmt.Sprint(w.Header()), "secret") {
				t.Errorf("afterwards: %d %v", w.Code, w.Header())
			}
		})
	}
}

// botocore takes an answer without 100 Continue for an early one, and the next one's status for a header.
func TestAnEmptyUploadIsToldToContinue(t *testing.T) {
	s := newTest(t)
	s.ok("PUT", "/bucket", "")
	server := httptest.NewServer(s)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprint(conn, "PUT /bucket/key HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n")
	answers := bufio.NewReader(conn)
	for _, want := range []int{100, 200} {
		answer, err := http.ReadResponse(answers, nil)
		if err != nil || answer.StatusCode != want {
			t.Fatalf("got %+v, %v, want %d", answer, err, want)
		}
		answer.Body.Close()
	}
}

func TestMetadataComesBackAsAWSSendsIt(t *testing.T) {
	s := newTest(t)
	s.ok("PUT", "/bucket", "")
	s.ok("PUT", "/bucket/key", "", "X-Amz-Meta-CamelCase: Value", "X-Amz-Meta-Raw: grün", "X-Amz-Meta-Word: =?UTF-8?Q?gr=C3=BCn?=")
	header := s.ok("HEAD", "/bucket/key", "").Header()
	const word = "=?UTF-8?q?gr=C3=BCn?="
	for name, want := range map[string]string{
		"x-amz-meta-camelcase": "Value", "x-amz-meta-raw": word, "x-amz-meta-word": word,
	} {
		if got := header[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestHostsOfBuckets(t *testing.T) {
	for host, want := range map[string]string{
		"bucket.s3.localhost.localstack.cloud:4566": "bucket", "a.b.s3.eu-west-1.localhost.localstack.cloud": "a.b",
		"Bucket.S3.amazonaws.com": "bucket", "b.s3-eu-west-1.amazonaws.com": "b",
		"localhost.localstack.cloud": "", "s3.localhost.localstack.cloud": "", "localhost:4566": "", "": "",
		"bucket.example.com": "", "sqs.eu-west-1.localhost.localstack.cloud": "",
	} {
		if got := bucketOfHost(host); got != want {
			t.Errorf("%s: got %q, want %q", host, got, want)
		}
	}
}

func TestVersionsGoOnWhereAPageEnded(t *testing.T) {
	s := newTest(t)
	s.ok("PUT", "/bucket", "")
	s.ok("PUT", "/bucket?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
	for _, key := range []string{"a", "a", "a", "b", "c/1", "c/2"} {
		s.ok("PUT", "/bucket/"+key, key)
	}
	s.ok("DELETE", "/bucket/b", "")
	var got []string
	next := ""
	for range 10 {
		body := s.ok("GET", "/bucket?versions&delimiter=/&max-keys=2"+next, "").Body.String()
		got = append(got, strings.Repeat("v", strings.Count(body, "<Version>"))+
			strings.Repeat("m", strings.Count(body, "<DeleteMarker>"))+strings.Repeat("p", strings.Count(body, "<CommonPrefixes>")))
		_, after, more := strings.Cut(body, "<NextKeyMarker>")
		key, after, _ := strings.Cut(after, "</NextKeyMarker>")
		_, after, _ = strings.Cut(after, "<NextVersionIdMarker>")
		id, _, _ := strings.Cut(after, "</NextVersionIdMarker>")
		if !more {
			break
		}
		next = "&key-marker=" + key + "&version-id-marker=" + id
	}
	if want := "vv vm vp"; strings.Join(got, " ") != want {
		t.Errorf("pages %q, want %q", got, want)
	}
}

func TestRequestsThatAreNoneAreRefusedInXML(t *testing.T) {
	s := newTest(t)
	s.ok("PUT", "/bucket", "")
	for _, test := range [][3]string{
		{"PATCH", "/bucket/key", "405 MethodNotAllowed"},
		{"GET", "/bucket/key?torrent", "501 NotImplemented"},
		{"PUT", "/bucket/%FF", "400 InvalidURI"},
		{"PUT", "/bucket/%00", "400 InvalidURI"},
		{"PUT", "/bucket/" + strings.Repeat("k", 1025), "400 KeyTooLongError"},
		{"PUT", "/Bucket", "400 InvalidBucketName"},
		{"PUT", "/_meta", "400 InvalidBucketName"},
		{"GET", "/_meta", "404 NoSuchBucket"},
		{"GET", "/bucket?max-keys=-1", "400 InvalidArgument"},
		{"GET", "/bucket?list-type=2&continuation-token=%25", "400 InvalidArgument"},
		{"PUT", "/bucket/key?uploadId=x&partNumber=0", "400 InvalidArgument"},
		{"POST", "/bucket", "400 MalformedPOSTRequest"},
		{"POST", "/bucket?delete", "400 MalformedXML"},
	} {
		w := s.send(test[0], test[1], "")
		status, code, _ := strings.Cut(test[2], " ")
		if fmt.Sprint(w.Code) != status || !strings.Contains(w.Body.String(), "<Code>"+code+"</Code><Message>") ||
			!strings.Contains(w.Body.String(), "<RequestId>"+w.Header().Get("X-Amz-Request-Id")+"<") {
			t.Errorf("%s %.60s: got %d %s", test[0], test[1], w.Code, w.Body)
		}
	}
}

func TestEveryCodeHasAMessage(t *testing.T) {
	for code, row := range errorTable {
		if row.status < 300 || row.message == "" {
			t.Errorf("%s: %+v", code, row)
		}
	}
}

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
	for _, text := range []string{"bytes=0-", "bytes=-5", "bytes=2-4", "bytes=4-2", "bytes=99999999999999999999-", "lines=1-2", "bytes=-"} {
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
