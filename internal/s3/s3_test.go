package s3

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
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

// asSent returns a header whose name has these very letters.
func asSent(w *httptest.ResponseRecorder, name string) string {
	return strings.Join(w.Header()[name], ",")
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
	etag := asSent(s.ok("PUT", "/bucket/parts?partNumber=1&uploadId="+id, large), "ETag")
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
	if w.Body.String() != "content" || header.Get("Content-Type") != "text/x-test" ||
		asSent(w, "x-amz-meta-color") != "blue" || asSent(w, "x-amz-meta-gone") != "" ||
		header.Get("Last-Modified") != "Fri, 27 Nov 2026 02:08:24 GMT" {
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
