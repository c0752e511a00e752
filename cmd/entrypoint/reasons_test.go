package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

var printReasons = flag.Bool("reasons", false, "print every reason for a failed start, as a table")

// situation is something that goes wrong, made to happen with real servers,
// and what the program must say of it.
type situation struct {
	name   string
	id     fault.ID
	stored fault.ID
	// simulates is the answer to a test token, and arrange what else makes it happen.
	simulates string
	arrange   func(*world)
	// says is part of the reason.
	says string
}

// world is the machine of one situation.
type world struct {
	*testing.T
	root  string
	token string
	// tokenType is the one that an authority creates: a developer's, if empty.
	tokenType string
	env       map[string]string
	// command is what the entrypoint is asked to run.
	command string
}

// outcome is what the program said, in the JSON form.
type outcome struct {
	ID     fault.ID `json:"id"`
	Stored fault.ID `json:"stored"`
	Exit   int      `json:"exit_code"`
	Reason string   `json:"reason"`
}

func TestEveryReason(t *testing.T) {
	var mu sync.Mutex
	got := map[string]outcome{}
	t.Run("situations", func(t *testing.T) {
		for _, s := range situations {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				said := s.happen(t)
				mu.Lock()
				defer mu.Unlock()
				got[s.name] = said
			})
		}
	})
	if *printReasons {
		printTable(got)
	}
}

func printTable(got map[string]outcome) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SITUATION\tFAILURE\tEXIT\tREASON")
	for _, s := range situations {
		said := got[s.name]
		id := string(said.ID)
		if said.Stored != "" {
			id += " + " + string(said.Stored)
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", s.name, id, said.Exit, said.Reason)
	}
	table.Flush()
}

// happen makes the situation happen twice, once for machines and once for
// people, and checks what was said.
func (s situation) happen(t *testing.T) outcome {
	w := newWorld(t)
	if s.simulates != "" {
		w.simulate(s.simulates)
	}
	if s.arrange != nil {
		s.arrange(w)
	}
	isNew := s.stored == fault.StoredNone
	if !isNew {
		testkit.Put(t, w.root, "var/lib/localstack/logs/localstack_infra.log", "")
	}
	_, line, code := w.start("LOG_FORMAT=json")
	said := readOutcome(t, line)
	if said.ID != s.id || said.Stored != s.stored {
		t.Errorf("failure is %s (stored %q), want %s (stored %q): %s", said.ID, said.Stored, s.id, s.stored, said.Reason)
	}
	if code != said.Exit || code != (&fault.Error{ID: s.id}).Row().Exit {
		t.Errorf("exit code is %d, the line says %d, the table %d", code, said.Exit, (&fault.Error{ID: s.id}).Row().Exit)
	}
	if !strings.Contains(said.Reason, s.says) || strings.Count(said.Reason, "(waited") > 1 {
		t.Errorf("the reason lacks %q: %s", s.says, said.Reason)
	}
	w.forget(isNew)
	stdout, banner, textCode := w.start("LOG_FORMAT=text")
	announcement := fmt.Sprintf("Localstack returning with exit code %d. Reason: \n", code)
	if textCode != code || stdout != "" || !strings.Contains(banner, announcement) {
		t.Errorf("for people: exit code %d, stdout %q, stderr %q", textCode, stdout, banner)
	}
	w.forget(isNew)
	w.askDoctor(said)
	if leaked := w.token[len(credential.CIPrefix)+8:]; strings.Contains(line+banner, leaked) {
		t.Error("the token was printed")
	}
	return said
}

// forget makes the volume a new one, if it is to be.
func (w *world) forget(isNew bool) {
	if !isNew {
		return
	}
	if err := os.RemoveAll(filepath.Join(w.root, "var/lib/localstack")); err != nil {
		w.Fatal(err)
	}
}

// readOutcome is the last line of a log in JSON.
func readOutcome(t *testing.T, log string) (said outcome) {
	t.Helper()
	if err := json.Unmarshal([]byte(log[strings.LastIndex(strings.TrimSpace(log), "\n")+1:]), &said); err != nil {
		t.Fatalf("%v in %q", err, log)
	}
	return said
}

// askDoctor compares what the doctor expects of a start with what it came to.
func (w *world) askDoctor(said outcome) {
	w.Helper()
	text, stderr, code := run3(w.T, w.environ("LOG_FORMAT=text"), "entrypoint",
		"doctor", "--json", "--activate", "--timeout", "3", "--", w.command)
	var checkup struct {
		Outcome string
		Exit    int `json:"exit_code"`
		Failure outcome
	}
	if err := json.Unmarshal([]byte(text), &checkup); err != nil {
		w.Fatalf("doctor: %v in %q, stderr %q", err, text, stderr)
	}
	mustFitSchema(w.T, text)
	want := fault.ExitLicense
	if said.Exit == fault.ExitConfig {
		want = fault.ExitConfig
	}
	if checkup.Outcome != "failure" || checkup.Exit != want || code != want {
		w.Errorf("the doctor expects %q with exit code %d and ends with %d, but the start failed with %s",
			checkup.Outcome, checkup.Exit, code, said.ID)
	}
	if checkup.Failure.ID != said.ID || checkup.Failure.Stored != said.Stored {
		w.Errorf("the doctor expects %s (stored %q), but the start failed with %s (stored %q)\n%s",
			checkup.Failure.ID, checkup.Failure.Stored, said.ID, said.Stored, text)
	}
	if strings.Contains(text+stderr, w.token[len(credential.CIPrefix)+8:]) {
		w.Error("the doctor printed the token")
	}
}

func newWorld(t *testing.T) *world {
	payload := "demo0000-AAAA-BBBB-CCCC-DDDDEEEE"
	w := &world{T: t, root: t.TempDir(), token: credential.CIPrefix + payload + credential.Checksum(payload),
		command: "true"}
	testkit.Put(t, w.root, "etc/resolv.conf", testkit.ResolvConf("127.0.0.1:1"))
	w.env = map[string]string{
		"PATH": os.Getenv("PATH"), "FILESYSTEM_ROOT": w.root, "HOME": w.root, "LOCALSTACK_BUILD_VERSION": "4.14.0",
		"LOCALSTACK_AUTH_TOKEN": w.token, "API_ENDPOINT": "http://127.0.0.1:1/v1", "ACTIVATION_ATTEMPTS": "1",
	}
	return w
}

// start runs the entrypoint once; args are the command's.
func (w *world) start(format string, args ...string) (stdout, stderr string, code int) {
	return run3(w.T, w.environ(format), "entrypoint", append([]string{w.command}, args...)...)
}

func (w *world) environ(more ...string) []string {
	env := more
	for name, value := range w.env {
		env = append(env, name+"="+value)
	}
	return env
}

// set gives a variable a value; "" removes it.
func (w *world) set(name, value string) {
	w.env[name] = value
	if value == "" {
		delete(w.env, name)
	}
}

// serve puts an HTTP server in the licensing server's place.
func (w *world) serve(handler http.HandlerFunc) {
	server := w.server(http.HandlerFunc(func(out http.ResponseWriter, request *http.Request) {
		// Only a server that has read the body notices when the client goes.
		_, _ = io.Copy(io.Discard, request.Body)
		handler(out, request)
	}))
	server.Start()
	w.set("API_ENDPOINT", server.URL+"/v1")
}

// server is a server that is yet to be started, and quiet about bad clients.
func (w *world) server(handler http.Handler) *httptest.Server {
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	w.Cleanup(server.Close)
	return server
}

// answer puts a server there that says the same to everything.
func (w *world) answer(status int, body string, headers ...string) {
	w.serve(func(out http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			out.Header().Set(headers[i], headers[i+1])
		}
		out.WriteHeader(status)
		_, _ = io.WriteString(out, body)
	})
}

// names sets the name server's answers.
func (w *world) names(handler dns.Handler) {
	testkit.Put(w.T, w.root, "etc/resolv.conf", testkit.ResolvConf(testkit.DNS(w.T, handler).Addr()))
	w.set("API_ENDPOINT", "https://api.localstack.test/v1")
}

// authority runs a license authority with a token of its own, and then the
// given commands of its command line, in which ID stands for the token's.
func (w *world) authority(commands ...string) (server *licenseServer, run func(command string)) {
	dir := filepath.Join(w.TempDir(), "authority")
	cli := func(args ...string) string {
		out, err := exec.Command(filepath.Join(binaries, "licenseserver"), append(args, "--data", dir)...).Output()
		if err != nil {
			w.Fatalf("licenseserver %v: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	w.token = cli("token", "create", "--type", cmp.Or(w.tokenType, "developer"))
	server, err := startLicenseServer(dir)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(server.Stop)
	var tokens []struct{ ID string }
	if err := json.Unmarshal([]byte(cli("token", "list", "--json")), &tokens); err != nil || len(tokens) != 1 {
		w.Fatalf("token list: %v %v", tokens, err)
	}
	run = func(command string) { cli(strings.Fields(strings.ReplaceAll(command, "ID", tokens[0].ID))...) }
	for _, command := range commands {
		run(command)
	}
	w.set("LOCALSTACK_AUTH_TOKEN", w.token)
	w.set("API_ENDPOINT", server.URL)
	return server, run
}

func TestEverySituationHasItsOwnName(t *testing.T) {
	var names []string
	for _, s := range situations {
		if slices.Contains(names, s.name) {
			t.Errorf("two situations are named %q", s.name)
		}
		names = append(names, s.name)
	}
}
