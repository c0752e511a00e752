package server

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority/api"
)

func TestRequestsOfEveryShape(t *testing.T) {
	t.Parallel()
	const line, post = "POST /v1/license/request HTTP/1.1\r\nHost: a\r\n", "POST /v1/license/request "
	for name, test := range map[string]struct {
		text string
		want []string // the status and the body of each answer
	}{
		"no Content-Type": {line + "Content-Length: 2\r\n\r\n{}", []string{"200 got {}"}},
		"a strange one":   {line + "Content-Type: ;;\r\nContent-Length: 2\r\n\r\n{}", []string{"200 got {}"}},
		"no body":         {line + "\r\n", []string{"200 got "}},
		"chunks": {line + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
			[]string{"200 got {}"}},
		"HTTP/1.0":              {post + "HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}", []string{"200 got {}"}},
		"HTTP/1.0 without Host": {"GET /healthz HTTP/1.0\r\n\r\n", []string{"200 ok"}},
		"an absolute target": {"GET http://else.example/healthz HTTP/1.1\r\nHost: a\r\n\r\n",
			[]string{"200 ok"}},
		"pipelining": {strings.Repeat(line+"Content-Length: 2\r\n\r\n{}", 3) + "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
			[]string{"200 got {}", "200 got {}", "200 got {}", "200 ok"}},
		"the largest body": {line + "Content-Length: 65536\r\n\r\n" + strings.Repeat("x", 65536),
			[]string{"200 got " + strings.Repeat("x", 65536)}},
		"one byte more":           {line + "Content-Length: 65537\r\n\r\n", []string{"413 " + api.MessageTooLarge}},
		"10 MB that are not sent": {line + "Content-Length: 10000000\r\n\r\n", []string{"413 " + api.MessageTooLarge}},
		"10 MB that wait for 100": {line + "Content-Length: 10000000\r\nExpect: 100-continue\r\n\r\n",
			[]string{"413 " + api.MessageTooLarge}},
		"chunks without end": {line + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1000\r\n"+
			strings.Repeat("x", 0x1000)+"\r\n", 17), []string{"413 " + api.MessageTooLarge}},
		"chunks that are none": {line + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", []string{"422 " + messageHalf}},
		"an unknown expectation": {line + "Expect: miracles\r\nContent-Length: 2\r\n\r\n{}",
			[]string{"417 "}},
		"a header of 1 MB":      {line + "X-Forwarded-For: " + strings.Repeat("1", 1<<20) + "\r\n\r\n", []string{"431 "}},
		"two different lengths": {line + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", []string{"400 "}},
		"a negative length":     {line + "Content-Length: -1\r\n\r\n", []string{"400 "}},
		"no HTTP at all":        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", []string{"400 "}},
		"a shorter length than there are bytes": {line + "Content-Length: 1\r\n\r\n{}\r\n\r\n",
			[]string{"200 got {", "400 "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, nil)
			address, _ := f.serve()
			for i, reply := range exchange(t, address, test.text, len(test.want)) {
				content, _ := io.ReadAll(reply.Body)
				status, body, _ := strings.Cut(test.want[i], " ")
				if fmt.Sprint(reply.StatusCode) != status || !strings.Contains(string(content), body) {
					t.Errorf("answer %d is %d %.200q, want %.200q", i, reply.StatusCode, content, test.want[i])
				}
			}
		})
	}
}

// LocalStack's clients send their body with the header. Who asks first gets its 100.
func TestAClientThatWaitsFor100GetsIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	address, _ := f.serve()
	conn := dial(t, address)
	fmt.Fprint(conn, "POST /v1/license/request HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
	reader := bufio.NewReader(conn)
	if line, err := reader.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("it answers %q, %v", line, err)
	}
	_, _ = reader.ReadString('\n')
	fmt.Fprint(conn, "{}")
	if reply, err := http.ReadResponse(reader, nil); err != nil || reply.StatusCode != http.StatusOK {
		t.Errorf("it answers %v, %v", reply, err)
	}
}

// A client that sends 10 MB all the same reads the answer, as it is refused before the connection is closed.
func TestAClientThatSends10MBReadsTheAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	address, _ := f.serve()
	reply, err := http.Post("http://"+address+"/v1/license/request", "", strings.NewReader(strings.Repeat("x", 10<<20)))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	f.refused(http.StatusRequestEntityTooLarge, api.MessageTooLarge, reply)
}

// A client that does not wait is no failure of the database.
func TestAClientThatLeavesIsNoFailure(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	arrived := make(chan struct{})
	f.post("/slow", func(r *http.Request) *api.Answer {
		close(arrived)
		<-r.Context().Done()
		return api.Fail(fmt.Errorf("authority.db does not answer: %w", r.Context().Err()))
	})
	address, _ := f.serve()
	conn := dial(t, address)
	fmt.Fprint(conn, "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
	<-arrived
	conn.Close()
	const want = `"status":499,`
	eventually(t, "the request is logged", func() bool { return strings.Contains(f.log.String(), want) })
	reply := exchange(t, address, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 1)[0]
	metrics, _ := io.ReadAll(reply.Body)
	if !strings.Contains(string(metrics), prefix+"database_errors_total 0\n") {
		t.Errorf("it counts as a failure of the database: %s", metrics)
	}
}

// Half a body reaches no handler, however long the client takes.
func TestHalfABodyReachesNoHandler(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.post("/count", func(*http.Request) *api.Answer {
		t.Error("the handler is called")
		return &api.Answer{Status: http.StatusOK, Text: "called"}
	})
	address, _ := f.serve()
	conn := dial(t, address)
	fmt.Fprint(conn, "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"half\":")
	conn.Close()
	eventually(t, "the request is logged", func() bool { return strings.Contains(f.log.String(), `"status":422`) })
}
