package emulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/version"
)

// newTest prepares an Emulator on a new filesystem root, or on the one in o.
func newTest(t *testing.T, o Options) (e *Emulator, log *testkit.Buffer) {
	t.Helper()
	if o.Root == "" {
		o.Root = layout.Root(t.TempDir())
	}
	log = &testkit.Buffer{}
	e, err := New(o, Process{Stdout: io.Discard, Stderr: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.s3.Close() })
	return e, log
}

// ask sends a request to the handler, without a network: to localhost, unless the path is a whole URL.
func ask(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	if strings.HasPrefix(path, "/") {
		path = "http://localhost:4566" + path
	}
	return page(nil).sends(h, method, path, body)
}

func TestControlEndpoints(t *testing.T) {
	e, _ := newTest(t, Options{Version: "2026.7.0"})
	const health = `{"edition":"community","services":{"s3":"running","sts":"running"},"version":"2026.7.0"}` + "\n"
	tests := []struct {
		method, path, body string
		status             int
		answer             string // whole body; "*" = any
	}{
		{"GET", "/_localstack/health", "", 200, health},
		{"HEAD", "/_localstack/health", "", 200, "*"},
		{"POST", "/_localstack/health", `{"action":"dance"}`, 200, "ok"},
		{"POST", "/_localstack/health", `{"action":1}`, 200, "ok"},
		{"POST", "/_localstack/health", ``, 400, "*"},
		{"POST", "/_localstack/health", `{}`, 400, "*"},
		{"POST", "/_localstack/health", `["restart"]`, 400, "*"},
		{"POST", "/_localstack/health", `{"action":"kill"`, 400, "*"},
		{"POST", "/_localstack/health", `{"a":"` + strings.Repeat("x", maxBody) + `"}`, 413, "*"},
		{"PUT", "/_localstack/health", `nonsense`, 400, "*"},
		{"GET", "/_localstack/info", "", 200, "*"},
		{"GET", "/_localstack/init", "", 200, "*"},
		{"GET", "/_localstack/init/boot", "", 200, `{"completed":true,"scripts":[]}` + "\n"},
		{"GET", "/_localstack/init/Ready", "", 200, `{"completed":false,"scripts":[]}` + "\n"},
		{"GET", "/_localstack/init/lunch", "", 404, `no such stage "lunch"`},
		{"GET", "/_localstack", "", 404, ""},
		{"GET", "/_localstack/", "", 404, ""},
		{"GET", "/_localstack/pods", "", 404, ""},
		{"POST", "/_localstack/pods", "", 404, ""},
		{"DELETE", "/_localstack/health", "", 404, ""},
		{"GET", "/_localstackish", "", 404, "*"}, // a bucket
		{"GET", "/", "", 200, "*"},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			w := ask(e, tt.method, tt.path, tt.body)
			if w.Code != tt.status {
				t.Errorf("status %d, want %d", w.Code, tt.status)
			}
			if tt.answer != "*" && w.Body.String() != tt.answer {
				t.Errorf("answer %q, want %q", w.Body, tt.answer)
			}
			if got := w.Header().Get("x-localstack"); got != "2026.7.0" {
				t.Errorf("x-localstack: %q", got)
			}
			if tt.status == 400 && !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
				t.Errorf("content type %q", w.Header().Get("Content-Type"))
			}
		})
	}
}

func TestHealthIsNeverLoggedAndUnknownEndpointsAre(t *testing.T) {
	e, log := newTest(t, Options{})
	ask(e, "GET", "/_localstack/health", "")
	ask(e, "HEAD", "/_localstack/health", "")
	if log.String() != "" {
		t.Errorf("logged %q", log)
	}
	ask(e, "GET", "/_localstack/pods", "")
	if !strings.Contains(log.String(), " WARN ") || !strings.Contains(log.String(), "GET /_localstack/pods") {
		t.Errorf("logged %q", log)
	}
}

func TestHealthShowsWhatClientsPut(t *testing.T) {
	e, _ := newTest(t, Options{})
	puts := []string{
		`{"features:initScripts": "initialized", "plain": [1]}`,
		`{"features:persistence": "disabled", "version": "faked", "plain": 2}`,
	}
	for _, body := range puts {
		if w := ask(e, "PUT", "/_localstack/health", body); w.Code != 200 || w.Body.String() != `{"status":"OK"}`+"\n" {
			t.Fatalf("PUT: %d %s", w.Code, w.Body)
		}
	}
	want := `{"edition":"community","features":{"initScripts":"initialized","persistence":"disabled"},` +
		`"plain":2,"services":{"s3":"running","sts":"running"},"version":"` + version.Number + `"}` + "\n"
	if got := ask(e, "GET", "/_localstack/health", "").Body.String(); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestInfoTellsProOnlyWhenItWasHandedOver(t *testing.T) {
	tests := []struct {
		activated, edition string
		licensed           bool
		override, system   string
	}{
		{"1", "pro", true, "1", "Linux(Container),"},
		{"", "community", false, "", "Linux,"},
	}
	for _, tt := range tests {
		e, _ := newTest(t, Options{
			ProActivated: tt.activated, Version: "1.2", GitHash: "abc", OverrideInDocker: tt.override,
		})
		var got map[string]any
		if err := json.Unmarshal(ask(e, "GET", "/_localstack/info", "").Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got["edition"] != tt.edition || got["is_license_activated"] != tt.licensed {
			t.Errorf("%+v: %v", tt, got)
		}
		if got["version"] != "1.2:abc" || got["is_docker"] != (tt.override == "1") {
			t.Errorf("%+v: %v", tt, got)
		}
		for _, key := range []string{"session_id", "machine_id", "system", "server_time_utc", "uptime"} {
			if got[key] == nil || got[key] == "" {
				t.Errorf("no %s in %v", key, got)
			}
		}
		if system, _ := got["system"].(string); !strings.HasPrefix(system, tt.system) {
			t.Errorf("system %q", system)
		}
	}
}

func TestInitListsTheScriptsOfAllStagesBeforeTheyRun(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"boot.d/ca.sh", "ready.d/2.py", "ready.d/1.sh"} {
		path := filepath.Join(root, "etc/localstack/init", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	e, _ := newTest(t, Options{Root: layout.Root(root)})
	want := `{"completed":{"BOOT":true,"READY":false,"SHUTDOWN":false,"START":false},"scripts":[` +
		`{"stage":"BOOT","name":"ca.sh","state":"UNKNOWN"},` +
		`{"stage":"READY","name":"1.sh","state":"UNKNOWN"},` +
		`{"stage":"READY","name":"2.py","state":"UNKNOWN"}]}` + "\n"
	if got := ask(e, "GET", "/_localstack/init", "").Body.String(); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestWhileStoppingOnlyTheControlEndpointsAnswer(t *testing.T) {
	e, _ := newTest(t, Options{})
	e.stopping.Store(true)
	if w := ask(e, "GET", "/bucket/key", ""); w.Code != 503 || w.Header().Get("x-localstack") == "" {
		t.Errorf("S3: %d", w.Code)
	}
	if w := ask(e, "GET", "/_localstack/health", ""); w.Code != 200 {
		t.Errorf("health: %d", w.Code)
	}
}

func TestWhatClientsPutIntoTheHealthReportHasABound(t *testing.T) {
	e, _ := newTest(t, Options{})
	answered := map[int]int{}
	for i := range 12 {
		part := fmt.Sprintf(`{"key%d:part":%q}`, i, strings.Repeat("x", maxBody/8))
		answered[ask(e, "PUT", "/_localstack/health", part).Code]++
	}
	if answered[200] != 7 || answered[413] != 5 {
		t.Errorf("answers %v", answered)
	}
	if size := ask(e, "GET", "/_localstack/health", "").Body.Len(); size > maxBody+1000 {
		t.Errorf("the report has %d bytes", size)
	}
	if w := ask(e, "PUT", "/_localstack/health", `{"key0:part":1}`); w.Code != 200 {
		t.Errorf("a smaller value: %d", w.Code)
	}
}

func TestRestartWithoutASupervisorIsOnlyAWarning(t *testing.T) {
	e, log := newTest(t, Options{})
	if w := ask(e, "POST", "/_localstack/health", `{"action":"restart"}`); w.Code != 200 || w.Body.String() != "ok" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "SUPERVISOR_PID is not set") {
		t.Errorf("logged %q", log)
	}
}
