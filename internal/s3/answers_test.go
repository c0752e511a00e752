package s3

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

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
	s.ok("PUT", "/bucket/key", "", "X-Amz-Meta-CamelCase: Value", "X-Amz-Meta-Raw: grün",
		"X-Amz-Meta-Word: =?UTF-8?Q?gr=C3=BCn?=")
	w := s.ok("HEAD", "/bucket/key", "")
	const word = "=?UTF-8?q?gr=C3=BCn?="
	for name, want := range map[string]string{
		"x-amz-meta-camelcase": "Value", "x-amz-meta-raw": word, "x-amz-meta-word": word,
	} {
		if got := asSent(w, name); got != want {
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
			strings.Repeat("m", strings.Count(body, "<DeleteMarker>"))+
			strings.Repeat("p", strings.Count(body, "<CommonPrefixes>")))
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
		{"GET", "/bucket?encoding-type=x", "400 InvalidArgument"},
		{"GET", "/bucket/key?versionId=x", "400 InvalidArgument"},
		{"DELETE", "/bucket/key?versionId=x", "400 InvalidArgument"},
		{"PUT", "/bucket?acl", "400 MissingSecurityHeader"},
		{"DELETE", "/bucket/key?uploads", "501 NotImplemented"},
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
