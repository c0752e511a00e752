package activate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/license"
)

const (
	token     = "ls-demo0000-AAAA-BBBB-CCCC-DDDDEEEEdc30"
	masked    = "ls-demo0000-****-****-****-************"
	licenseID = "license_0b8f6a52-3a55-4a7c-9a5e-2f1f4c1d9e00"

	ownPath = "var/lib/localstack/cache/license.json"
)

// The places of documents below a scene's root, in the order in which they count.
const (
	volume      = "var/lib/localstack"
	mountedPath = "etc/localstack/conf.d/license.json"
	builtInPath = "usr/lib/localstack/license.json"
)

// scene is an activation with everything around it: a file system of its own,
// a server that answers as told, a log that can be read. Most tests run in a
// synctest bubble, where it is midnight of 2000-01-01.
type scene struct {
	*Activation
	root   layout.Root
	server *server
	lines  *observer.ObservedLogs
}

func newScene(t *testing.T, replies ...reply) *scene {
	t.Helper()
	s := &scene{root: layout.Root(t.TempDir()), server: &server{replies: replies}}
	core, lines := observer.New(zapcore.DebugLevel)
	s.lines = lines
	log := zap.New(core)
	pro, err := credential.Read(credential.Sources{AuthToken: credential.NewSecret(token)})
	must(t, err)
	var endpoint config.Endpoint
	must(t, endpoint.Decode("https://licenses.test/v1"))
	s.Activation = &Activation{
		Config: config.Licensing{
			Endpoint:                endpoint,
			ActivationTimeout:       config.Seconds(15 * time.Second),
			ActivationTimeoutCached: config.Seconds(3 * time.Second),
			AttemptTimeout:          config.Seconds(5 * time.Second),
		},
		Credential: pro,
		Product:    license.Product{Name: license.ProductName, Version: "4.14.0"},
		Machine:    license.Machine{ID: "gen_0123456789ab", CI: true, System: "Linux(Container),6.1.0,x86_64"},
		Transport:  s.server,
		Store:      NewStore(file.NewVolume(s.root.Volume(), 0), s.root, log),
		Log:        log,
	}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Run is one start, to its end.
func (s *scene) Run(ctx context.Context) error {
	defer s.SaveRefusal()
	return s.Activation.Run(ctx)
}

// run runs the activation and returns what it says, "" when pro is on.
func (s *scene) run(t *testing.T) string {
	t.Helper()
	err := s.Run(t.Context())
	if err == nil {
		return ""
	}
	if _, ok := fault.Find(err); !ok {
		t.Errorf("%T has no row of the table: %v", err, err)
	}
	return err.Error()
}

// logged are the lines of a level; those with the time of an attempt are debug.
func (s *scene) logged(level zapcore.Level) []string {
	var all []string
	for _, line := range s.lines.FilterLevelExact(level).All() {
		all = append(all, line.Message)
	}
	return all
}

// wantLogged compares the lines of a level.
func (s *scene) wantLogged(t *testing.T, level zapcore.Level, want ...string) {
	t.Helper()
	if got := s.logged(level); !slices.Equal(got, want) {
		t.Errorf("%s lines:\ngot  %q\nwant %q", level, got, want)
	}
}

func (s *scene) path(name string) string { return filepath.Join(string(s.root), name) }

// put writes a file below the scene's root.
func (s *scene) put(t *testing.T, name, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(s.path(name)), 0o755))
	must(t, os.WriteFile(s.path(name), []byte(content), 0o600))
}

// get reads a file below the scene's root, "" when there is none.
func (s *scene) get(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(s.path(name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(content)
}

// license is a good document issued now, changed and then signed.
func issued(change func(*license.Document)) license.Document {
	now := time.Now().UTC().Truncate(time.Second)
	document := license.Document{
		ID: licenseID, Format: license.Format, Type: "pro", Status: license.StatusActive,
		Issued: license.Time{Time: now}, Expires: license.Time{Time: now.AddDate(1, 0, 0)},
		ReactivateAfter: &license.Time{Time: now.AddDate(0, 0, 1)},
		Products:        []license.Product{{Name: license.ProductName, Version: "*"}},
	}
	if change != nil {
		change(&document)
	}
	document.Sign(token)
	return document
}

// stored is a license as an earlier start has left it.
func stored(change func(*license.Document)) string {
	return encode(issued(func(d *license.Document) {
		d.Offline = license.Offline{Version: "4.14.0", Credential: masked}
		if change != nil {
			change(d)
		}
	}))
}

func encode(document license.Document) string {
	content, err := document.Encode()
	if err != nil {
		panic(err) // texts and dates can always be encoded
	}
	return string(content)
}

// request is what the server was asked, and when.
type request struct {
	url, body string
	header    http.Header
	at        time.Time
}

// reply is one answer of the server.
type reply func(*http.Request) (*http.Response, error)

// server answers each request with the next reply, and then for ever with the last.
type server struct {
	replies  []reply
	requests []request
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.requests = append(s.requests, request{r.Method + " " + r.URL.String(), string(body), r.Header, time.Now()})
	return s.replies[min(len(s.requests), len(s.replies))-1](r)
}

// asked are the paths of all requests.
func (s *server) asked() string {
	var paths []string
	for _, one := range s.requests {
		paths = append(paths, strings.TrimPrefix(one.url, "POST https://licenses.test/v1/license/"))
	}
	return strings.Join(paths, " ")
}

// pauses are the times between the requests.
func (s *server) pauses() []time.Duration {
	var all []time.Duration
	for i := range len(s.requests) - 1 {
		all = append(all, s.requests[i+1].at.Sub(s.requests[i].at))
	}
	return all
}

// page answers with anything; header holds names and values in turn.
func page(status int, body string, header ...string) reply {
	return func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		for pair := range slices.Chunk(header, 2) {
			w.Header().Set(pair[0], pair[1])
		}
		w.WriteHeader(status)
		_, _ = io.Copy(w, bytes.NewBufferString(body))
		response := w.Result()
		response.Request = r
		return response, nil
	}
}

// grant answers with a document that is made at that moment.
func grant(change func(*license.Document), header ...string) reply {
	return func(r *http.Request) (*http.Response, error) {
		return page(http.StatusOK, encode(issued(change)), header...)(r)
	}
}

func refuse(status int, message string) reply {
	return page(status, `{"error": true, "message": "`+message+`"}`)
}

// fail is a transport that gets no answer.
func fail(err error) reply {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// silence is a server that takes the request and says nothing.
func silence(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// asFault is err as a failure of the table.
func asFault(t *testing.T, err error) *fault.Error {
	t.Helper()
	failed, ok := fault.Find(err)
	if !ok {
		t.Fatalf("%T has no row of the table: %v", err, err)
	}
	return failed
}
