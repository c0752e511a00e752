package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
)

// licenseVersion is that of LocalStack's license client, of which the entrypoint is told in these tests.
const licenseVersion = "2026.8.2"

// licenseClient is a program that activates a license.
type licenseClient struct {
	name    string
	command []string
}

var (
	entrypoints = licenseClient{"ours", []string{"docker-entrypoint.sh", "true"}}
	localstacks = licenseClient{"LocalStack's", localstackCommand("license", "activate")}
)

// localstackCommand is a command of LocalStack's command line, which says with --debug what it does.
func localstackCommand(args ...string) []string {
	return append([]string{"/opt/licenseclient/bin/localstack", "--debug"}, args...)
}

// licenseRoom is a container with LocalStack's own license client and the entrypoint, which share its volume.
type licenseRoom struct {
	*licensing
	// mounted and builtin are the folders where documents may be besides the volume.
	mounted, builtin string
	// id and secret are those of a token with a license.
	id, secret string

	mu        sync.Mutex
	questions []question
}

// question is what a client asks the authority, and what that answers.
type question struct {
	path, answer string
	body         map[string]any
	header       http.Header
}

func newLicenseRoom(t *testing.T, kind authority.Kind) *licenseRoom {
	t.Helper()
	c := newContainer(t, pythonOfLocalStack)
	r := &licenseRoom{licensing: c.licensing(server.Options{}), mounted: t.TempDir(), builtin: t.TempDir()}
	r.Answer(r.noting(r.Handler))
	c.bind(r.mounted, "/etc/localstack/conf.d")
	c.bind(r.builtin, "/usr/lib/localstack")
	c.set("LOCALSTACK_BUILD_VERSION", licenseVersion)
	c.set("ACTIVATION_ATTEMPTS", "1") // so that the number of requests is known also of what is tried again
	r.secret, r.id = r.Token(authority.NewToken{Kind: kind})
	variable := credential.AuthTokenVariable
	if kind == authority.APIKey {
		variable = credential.APIKeyVariable
	}
	c.set(variable, r.secret)
	return r
}

func (r *licenseRoom) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// noting notes the questions that a handler answers.
func (r *licenseRoom) noting(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		asked, _ := io.ReadAll(request.Body)
		request.Body = io.NopCloser(bytes.NewReader(asked))
		answer := &notedAnswer{ResponseWriter: w}
		handler.ServeHTTP(answer, request)
		q := question{
			path: strings.TrimPrefix(request.URL.Path, "/v1/license/"), answer: answer.String(), header: request.Header,
		}
		_ = json.Unmarshal(asked, &q.body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.questions = append(r.questions, q)
	})
}

// notedAnswer is an answer that is noted on its way.
type notedAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (n *notedAnswer) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

func (n *notedAnswer) Write(p []byte) (int, error) {
	n.body.Write(p)
	return n.ResponseWriter.Write(p)
}

// String is the status, and the code of a refusal without what all codes begin with.
func (n *notedAnswer) String() string {
	var refusal license.ErrorBody
	_ = json.Unmarshal(n.body.Bytes(), &refusal)
	code, _, _ := strings.Cut(refusal.Message, ";")
	return strings.TrimSpace(fmt.Sprint(n.status, " ", strings.TrimPrefix(code, license.MessagePrefix)))
}

// asked returns the questions since the last call.
func (r *licenseRoom) asked() []question {
	r.mu.Lock()
	defer r.mu.Unlock()
	questions := r.questions
	r.questions = nil
	return questions
}

// requests are the questions since the last call, as text.
func (r *licenseRoom) requests() string {
	var texts []string
	for _, q := range r.asked() {
		texts = append(texts, q.path+" "+q.answer)
	}
	return strings.Join(texts, ", ")
}

// wantRequests compares the questions since the last call with exactly these.
func (r *licenseRoom) wantRequests(want string) {
	r.Helper()
	if got := r.requests(); got != want {
		r.Errorf("the authority is asked %q, want %q", got, want)
	}
}

// ended is how a program ended.
type ended struct {
	output string
	exit   int
	took   time.Duration
}

// ends runs a command in the container to its end.
func (r *licenseRoom) ends(command ...string) ended {
	r.Helper()
	r.command = command
	p := r.start()
	p.end()
	output := p.log.of("stderr") + p.log.of("stdout")
	// LocalStack's "license info" prints the credential.
	return ended{strings.ReplaceAll(output, r.secret, "****"), p.ProcessState.ExitCode(), p.took}
}

// document is the path of the stored document.
func (r *licenseRoom) document() string { return filepath.Join(r.volume, "cache/license.json") }

// stored is the stored document, empty when there is none.
func (r *licenseRoom) stored() string {
	r.Helper()
	content, err := os.ReadFile(r.document())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		r.Fatal(err)
	}
	return string(content)
}

// rewrite changes the stored document in the form that its program has written, and signs it anew.
func (r *licenseRoom) rewrite(change func(*license.Document)) {
	r.Helper()
	content := r.stored()
	before, err := license.Parse([]byte(content))
	r.must(err)
	after := before
	reactivate := *before.ReactivateAfter
	after.ReactivateAfter = &reactivate
	change(&after)
	after.Sign(r.secret)
	for _, pair := range [][2]string{
		{before.Issued.String(), after.Issued.String()},
		{before.Expires.String(), after.Expires.String()},
		{before.ReactivateAfter.String(), after.ReactivateAfter.String()},
		{before.Offline.Version, after.Offline.Version},
		{before.Signature, after.Signature},
	} {
		content = strings.ReplaceAll(content, `"`+pair[0]+`"`, `"`+pair[1]+`"`)
	}
	again, err := license.Parse([]byte(content))
	r.must(err)
	if !again.SignedWith(r.secret) {
		r.Fatalf("the rewritten document is not signed:\n%s", content)
	}
	r.must(os.WriteFile(r.document(), []byte(content), 0o644))
}
