package s3

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// An upload that is running stays whole, wherever it ends.
func TestAResetDuringAnUploadLeavesNoHoleInTheObject(t *testing.T) {
	s := newTest(t)
	s.ok("PUT", "/bucket", "")
	content := strings.Repeat("x", 2*chunkSize+1)
	body := io.MultiReader(strings.NewReader(content[:chunkSize]), iotest.OneByteReader(
		&atFirstRead{Reader: strings.NewReader("y"), do: func() {
			if err := s.Reset(); err != nil {
				t.Error(err)
			}
			s.ok("PUT", "/bucket", "")
		}}), strings.NewReader(content[chunkSize:]))
	s.put("/bucket/key", body)
	want := content[:chunkSize] + "y" + content[chunkSize:]
	if got := s.ok("GET", "/bucket/key", "").Body.String(); got != want {
		t.Errorf("got %d bytes, want %d", len(got), len(want))
	}
	if stored, pending := s.chunks(); stored != 3 || pending != 0 {
		t.Errorf("%d chunks, %d contents are pending", stored, pending)
	}
}

// atFirstRead does something before it is read.
type atFirstRead struct {
	io.Reader
	do func()
}

// Read implements io.Reader.
func (r *atFirstRead) Read(into []byte) (int, error) {
	if r.do != nil {
		r.do()
		r.do = nil
	}
	return r.Reader.Read(into)
}

func TestAFormCannotStoreAKeyThatNoRequestCanName(t *testing.T) {
	s := newTest(t)
	s.ok("PUT", "/bucket", "")
	s.ok("PUT", "/bucket/a", "of a")
	for _, key := range []string{"a\x00b", "\xff", strings.Repeat("x", 1025)} {
		w := s.send("POST", "/bucket", "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n"+key+
			"\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nother\r\n--b--\r\n",
			"Content-Type: multipart/form-data; boundary=b")
		if w.Code != 400 {
			t.Errorf("%.10q: %d %s", key, w.Code, w.Body)
		}
	}
	if got := s.ok("GET", "/bucket/a", "").Body.String(); got != "of a" {
		t.Errorf("got %q", got)
	}
}

func TestATrailerIsReadToALimitOnly(t *testing.T) {
	s := newTest(t)
	s.ok("PUT", "/bucket", "")
	rest := strings.NewReader("0\r\n" + strings.Repeat("X-Name: value\r\n", 1<<20))
	if w := s.put("/bucket/key", rest, "X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER"); w.Code != 400 {
		t.Errorf("got %d", w.Code)
	}
	if rest.Len() < 15_000_000 {
		t.Errorf("%d bytes are not read", rest.Len())
	}
}

func TestAPartIsNotFoundByANumberThatOverflows(t *testing.T) {
	s := newTest(t)
	s.ok("PUT", "/bucket", "")
	_, after, _ := strings.Cut(s.ok("POST", "/bucket/key?uploads", "").Body.String(), "<UploadId>")
	id, _, _ := strings.Cut(after, "</UploadId>")
	etag := asSent(s.ok("PUT", "/bucket/key?partNumber=1&uploadId="+id, "x"), "ETag")
	for _, number := range []string{"4294967297", "65537", "-4294967295", "0", "18446744073709551617"} {
		w := s.send("POST", "/bucket/key?uploadId="+id, "<CompleteMultipartUpload><Part><PartNumber>"+number+
			"</PartNumber><ETag>"+etag+"</ETag></Part></CompleteMultipartUpload>")
		if w.Code != 400 {
			t.Errorf("%s: %d %s", number, w.Code, w.Body)
		}
	}
}

func TestAQueryReplacesOnlyTheHeadersOfTheContent(t *testing.T) {
	s := newTest(t)
	s.ok("PUT", "/bucket", "")
	s.ok("PUT", "/bucket/key", "content")
	header := s.ok("GET", "/bucket/key?response-content-type=text/x&response-access-control-allow-origin=*"+
		"&response-set-cookie=a&response-etag=b", "").Header()
	if header.Get("Content-Type") != "text/x" || header.Get("Access-Control-Allow-Origin") != "" ||
		header.Get("Set-Cookie") != "" || header.Get("Etag") != "" {
		t.Errorf("got %v", header)
	}
}

// boto3 deletes a page of versions before it asks for the next one.
func TestAListOfVersionsGoesOnBehindAVersionThatIsDeleted(t *testing.T) {
	s := newTest(t)
	s.ok("PUT", "/bucket", "")
	s.ok("PUT", "/bucket?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
	for range 5 {
		s.ok("PUT", "/bucket/key", "content")
	}
	marker, deleted := "", 0
	for range 5 {
		list := s.ok("GET", "/bucket?versions&max-keys=2"+marker, "").Body.String()
		for _, after := range strings.Split(list, "<VersionId>")[1:] {
			id, _, _ := strings.Cut(after, "</VersionId>")
			s.ok("DELETE", "/bucket/key?versionId="+id, "")
			deleted++
		}
		_, after, isTruncated := strings.Cut(list, "<NextVersionIdMarker>")
		if !isTruncated {
			break
		}
		id, _, _ := strings.Cut(after, "</NextVersionIdMarker>")
		marker = "&key-marker=key&version-id-marker=" + id
	}
	if deleted != 5 {
		t.Errorf("deleted %d versions", deleted)
	}
	s.ok("DELETE", "/bucket", "")
}

func TestADamagedFileIsAnErrorAndNoEndOfTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s3.db")
	service, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	s := test{t, service}
	s.ok("PUT", "/bucket", "")
	for _, key := range []string{"a", "b", "c"} {
		s.ok("PUT", "/bucket/"+key, strings.Repeat("x", chunkSize+1))
	}
	s.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{})
	page := os.Getpagesize()
	for _, from := range []int{2 * page, 3 * page, 9 * page, len(whole) / 2} {
		damaged := bytes.Clone(whole)
		_, _ = random.Read(damaged[from:])
		for name, content := range map[string][]byte{
			"cut": whole[:from], "random": damaged, "zero": slices.Concat(whole[:from], make([]byte, len(whole)-from)),
		} {
			path := filepath.Join(t.TempDir(), "s3.db")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			service, err := Open(path)
			if err != nil {
				continue
			}
			defer service.Close()
			failed := 0
			for _, request := range [][2]string{
				{"GET", "/"}, {"GET", "/bucket"}, {"GET", "/bucket/a"}, {"GET", "/bucket/c"}, {"PUT", "/bucket/d"},
				{"DELETE", "/bucket/b"},
			} {
				if w := statusOf(service, request[0], request[1]); w >= 500 {
					failed++
				}
			}
			t.Logf("%s from %d: opened, %d requests failed", name, from, failed)
		}
	}
}

func TestALengthThatNoBodyHasIsRefused(t *testing.T) {
	s := newTest(t)
	s.ok("PUT", "/bucket", "")
	const largest = "9223372036854775807"
	w := s.send("PUT", "/bucket/key", "5\r\nhello\r\n0\r\n\r\n", "X-Amz-Decoded-Content-Length: "+largest,
		"X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER")
	if w.Code != 400 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestARangeMayHaveANumberOfAnySize(t *testing.T) {
	const number = "99999999999999999999"
	for text, want := range map[string][2]int64{
		"bytes=2-" + number: {2, 8}, "bytes=-" + number: {0, 10}, "bytes=-0": {10, 0},
	} {
		if start, length, ok := parseRange(text, 10); !ok || [2]int64{start, length} != want {
			t.Errorf("%s: %d+%d, %v", text, start, length, ok)
		}
	}
	if _, length, ok := parseRange("bytes="+number+"-", 10); !ok || length > 0 {
		t.Errorf("behind the end: %d, %v", length, ok)
	}
}

// statusOf sends a request that may fail.
func statusOf(s *Service, method, path string) int {
	w := httptest.NewRecorder()
	_ = s.Serve(w, httptest.NewRequest(method, path, nil), Caller{"000000000000", defaultRegion})
	return w.Code
}

// put uploads a body whose length is not known.
func (t test) put(path string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("PUT", path, io.NopCloser(body))
	r.ContentLength = -1
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	t.ServeHTTP(w, r)
	return w
}
