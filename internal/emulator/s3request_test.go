package emulator

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRequestsAreNormalizedForTheS3Library(t *testing.T) {
	e, _ := newTest(t, Options{})
	chunked := "3;chunk-signature=00\r\nabc\r\n2;chunk-signature=11\r\nde\r\n" +
		"0;chunk-signature=22\r\nx-amz-checksum-crc32:AAAA\r\n\r\n"
	send := func(host, path, body string, header map[string]string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("PUT", path, strings.NewReader(body))
		r.Host = host
		r.Header.Set("Content-Length", fmt.Sprint(len(body)))
		for name, value := range header {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		return w
	}
	streaming := map[string]string{
		"X-Amz-Content-Sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length": "5",
		"Content-Encoding": "aws-chunked, gzip", "X-Amz-Security-Token": "secret", "X-Amz-Trailer": "x",
	}
	if w := send("localhost", "/framed", "", nil); w.Code != 200 {
		t.Fatal(w)
	}
	if w := send("framed.s3.localhost.localstack.cloud:4566", "/dir/key", chunked, streaming); w.Code != 200 {
		t.Fatal(w)
	}
	if w := send("framed.s3.eu-west-1.localhost.localstack.cloud", "/other", "x", nil); w.Code != 200 {
		t.Fatal(w)
	}
	w := ask(e, "GET", "/framed/dir/key", "")
	if w.Body.String() != "abcde" || w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("got %q, %v", w.Body, w.Header())
	}
	if strings.Contains(fmt.Sprint(w.Header()), "secret") {
		t.Errorf("a credential is shown: %v", w.Header())
	}
	if w := ask(e, "GET", "/framed/other", ""); w.Body.String() != "x" {
		t.Errorf("got %q", w.Body)
	}
	streaming["X-Amz-Decoded-Content-Length"] = "many"
	if w := send("localhost", "/framed/key", chunked, streaming); w.Code != 400 {
		t.Errorf("bad length: %d", w.Code)
	}
	streaming["X-Amz-Decoded-Content-Length"] = "6"
	if w := send("localhost", "/framed/key", chunked, streaming); w.Code != 400 {
		t.Errorf("wrong length: %d", w.Code)
	}
}

func TestAnAnnouncedBodyOverTheLimitIsRefusedUnread(t *testing.T) {
	e, log := newTest(t, Options{})
	r := httptest.NewRequestWithContext(context.Background(), "PUT", "http://localhost/b/k", bytes.NewReader(nil))
	r.ContentLength = maxUpload + 1
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	if w.Code != 400 || !strings.Contains(w.Body.String(), "1 GiB") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "AWS s3 PUT /b/k => 400") {
		t.Errorf("logged %q", log)
	}
}
