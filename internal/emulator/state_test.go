package emulator

import (
	"net/http/httptest"
	"strings"
	"testing"

	"localstack-entrypoint/internal/layout"
)

func TestResourcesAreListedAndReset(t *testing.T) {
	for name, options := range map[string]Options{
		"in memory": {},
		"on disk":   {Persistence: On, ProActivated: "1", Root: layout.Root(t.TempDir())},
	} {
		t.Run(name, func(t *testing.T) {
			e, log := newTest(t, options)
			resources := func(want string) {
				t.Helper()
				w := ask(e, "GET", "/_localstack/resources", "")
				if w.Code != 200 || w.Body.String() != want || w.Header().Get("Content-Type") != "application/x-ndjson" {
					t.Errorf("resources: %d %q %v, want %q", w.Code, w.Body, w.Header(), want)
				}
			}
			resources("")
			ask(e, "PUT", "/one", "")
			ask(e, "PUT", "/one/key", "content")
			west := httptest.NewRequest("PUT", "http://127.0.0.1:4566/two", strings.NewReader(
				"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"))
			west.Header.Set("Authorization",
				"AWS4-HMAC-SHA256 Credential=111111111111/20261127/eu-west-1/s3/aws4_request, Signature=0")
			e.ServeHTTP(httptest.NewRecorder(), west)
			ask(e, "PUT", "/_localstack/health", `{"stays":1}`)
			resources(`{"AWS::S3::Bucket":[{"region_name":"us-east-1","account_id":"000000000000","id":"one"},` +
				`{"region_name":"eu-west-1","account_id":"111111111111","id":"two"}]}` + "\n")

			if w := ask(e, "POST", "/_localstack/state/reset", ""); w.Code != 200 || w.Body.Len() > 0 {
				t.Errorf("reset: %d %q", w.Code, w.Body)
			}
			resources("")
			if w := ask(e, "GET", "/one/key", ""); w.Code != 404 {
				t.Errorf("the object is still there: %d", w.Code)
			}
			if w := ask(e, "GET", "/_localstack/health", ""); !strings.Contains(w.Body.String(), `"stays":1`) {
				t.Errorf("health: %s", w.Body)
			}
			if !strings.Contains(log.String(), "The state was reset") {
				t.Errorf("logged %q", log)
			}
			if w := ask(e, "GET", "/_localstack/state/reset", ""); w.Code != 404 && w.Code != 405 {
				t.Errorf("GET of the reset: %d", w.Code)
			}
			ask(e, "PUT", "/one", "")
			if w := ask(e, "GET", "/one", ""); w.Code != 200 {
				t.Errorf("a new bucket: %d %s", w.Code, w.Body)
			}
		})
	}
}

func TestTheStateOfOneServiceIsReset(t *testing.T) {
	e, _ := newTest(t, Options{})
	for service, want := range map[string]struct {
		status int
		left   bool
	}{
		"s3": {200, false}, "sts": {200, true}, "sqs": {404, true}, "S3": {404, true}, "health": {404, true},
	} {
		ask(e, "PUT", "/bucket", "")
		if w := ask(e, "POST", "/_localstack/state/"+service+"/reset", ""); w.Code != want.status || w.Body.Len() > 0 {
			t.Errorf("%s: %d %q, want %d", service, w.Code, w.Body, want.status)
		}
		if left := ask(e, "GET", "/bucket", "").Code == 200; left != want.left {
			t.Errorf("%s: the bucket is there: %v", service, left)
		}
	}
}

func TestAStateThatCannotBeReadIsAnError(t *testing.T) {
	e, log := newTest(t, Options{})
	e.s3.Close()
	for _, request := range [][2]string{{"GET", "/_localstack/resources"}, {"POST", "/_localstack/state/reset"}} {
		if w := ask(e, request[0], request[1], ""); w.Code != 500 || !strings.HasPrefix(w.Body.String(), "cannot ") {
			t.Errorf("%s: %d %q", request[1], w.Code, w.Body)
		}
	}
	if w := ask(e, "GET", "/", ""); w.Code != 500 || !strings.Contains(w.Body.String(), "InternalError") {
		t.Errorf("S3: %d %s", w.Code, w.Body)
	}
	if got := log.String(); strings.Count(got, "database not open") != 3 {
		t.Errorf("logged %q", got)
	}
}
