package main

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/lstk"
)

const demoPassword = "correct horse battery staple"

// demo is `make run` in a directory of its own.
type demo struct {
	*testing.T
	dir    string
	pages  string // the URL of the license authority
	output *testkit.Buffer
	stop   func()
}

// TestTheDemo starts what `make run` starts.
func TestTheDemo(t *testing.T) {
	t.Parallel()
	programs := t.TempDir()
	if err := testkit.BuildPrograms(programs); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]func(*demo){
		"from signing up to a refusal": signUpUntilRefused, "goes on with its state": goOn,
		"with a token that is set": withToken, "at a port that is in use": atUsedPort,
		"beside another program": besideAnother, "without its authority": withoutAuthority,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newDemo(t, programs))
		})
	}
}

// newDemo makes a directory with the programs, in which the demo has not been started yet.
func newDemo(t *testing.T, programs string) *demo {
	t.Helper()
	d := &demo{T: t, dir: t.TempDir()}
	script, err := os.ReadFile("../../image/demo.sh")
	d.must(err)
	d.must(os.Mkdir(filepath.Join(d.dir, "image"), 0o700))
	d.must(os.WriteFile(filepath.Join(d.dir, "image", "demo.sh"), script, 0o700)) //nolint:gosec // a program
	d.must(os.Symlink(programs, filepath.Join(d.dir, "bin")))
	return d
}

func (d *demo) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// start starts the demo, and waits until its emulator is ready. stop ends it.
func (d *demo) start() {
	d.Helper()
	cmd := exec.Command("image/demo.sh")
	cmd.Dir = d.dir
	cmd.Env = d.environment("DEMO_AUTHORITY=127.0.0.1:0", "GATEWAY_LISTEN="+freeAddress(d),
		"LICENSESERVER_PUBLIC_URL=https://licenses.example.org", "LICENSESERVER_DATABASE=postgres://127.0.0.1:1/of-another")
	d.output, d.stop = d.startsReady(cmd)
	d.Cleanup(d.stop)
	d.pages = d.printed(`(http://\S+)/sign-up`)
}

// startsReady starts a program, which must say "Ready.", and returns what it writes, and what ends it.
func (d *demo) startsReady(cmd *exec.Cmd) (*testkit.Buffer, func()) {
	d.Helper()
	output := new(testkit.Buffer)
	cmd.Stdout, cmd.Stderr = output, output
	d.must(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop := sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			// The shell may say that the signal came while it waited for the program, which then ended well.
			if err != nil && cmd.ProcessState.ExitCode() != 128+int(syscall.SIGTERM) {
				d.Errorf("%s ends with %v: %s", cmd, err, shown(output.String()))
			}
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			d.Errorf("%s does not end", cmd)
		}
	})
	for deadline := time.Now().Add(patience); !strings.Contains(output.String(), "Ready.\n"); {
		if len(ended) > 0 || time.Now().After(deadline) {
			stop()
			d.Fatalf("%s is not ready: %s", cmd, shown(output.String()))
		}
		time.Sleep(20 * time.Millisecond)
	}
	return output, stop
}

// shown is a text for the log of a test, without tokens and links.
func shown(text string) string {
	return regexp.MustCompile(`/invite/\S+`).ReplaceAllString(credential.MaskAll(text), "/invite/****")
}

// environment is that of the test, with no token and other variables.
func (d *demo) environment(more ...string) []string {
	env := append(os.Environ(), noExitDelay, "LOCALSTACK_AUTH_TOKEN=", "LOCALSTACK_AUTH_TOKEN_FILE=")
	return append(env, more...)
}

// freeAddress is one that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// printed is what the group of a pattern matches in the output.
func (d *demo) printed(pattern string) string {
	d.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(d.output.String())
	if found == nil {
		d.Fatalf("the demo does not print %s: %s", pattern, shown(d.output.String()))
	}
	return found[1]
}

// read returns the content of a file of the demo's state.
func (d *demo) read(name string) string {
	d.Helper()
	content, err := os.ReadFile(filepath.Join(d.dir, "build", "demo", name))
	d.must(err)
	return string(content)
}

// joins uses the link of a member on the page with a title.
func (d *demo) joins(who, title string) *lstk.Browser {
	d.Helper()
	b := lstk.NewBrowser(d, nil).Open(d.printed(who+` +(http://\S+/invite/\S+)`)).Is(http.StatusOK, title)
	b.Submit("Set password and log in", "password", demoPassword, "again", demoPassword)
	return b
}

// container is a start of the entrypoint with the emulator, with a volume of its own.
func (d *demo) container(token string) *exec.Cmd {
	cmd := exec.Command("bin/entrypoint", "bin/emulator")
	cmd.Dir = d.dir
	root := d.TempDir()
	cmd.Env = d.environment("LOCALSTACK_AUTH_TOKEN="+token, "API_ENDPOINT="+d.pages+"/v1", "FILESYSTEM_ROOT="+root,
		"GATEWAY_LISTEN="+freeAddress(d))
	return cmd
}

// starts fails the test unless a container starts with a token.
func (d *demo) starts(token string) {
	d.Helper()
	output, stop := d.startsReady(d.container(token))
	stop()
	if !strings.Contains(output.String(), "Successfully requested and activated new license") {
		d.Errorf("there is no license: %s", shown(output.String()))
	}
}

// refuses fails the test unless a container with a token ends with a failure.
func (d *demo) refuses(token, failure string) {
	d.Helper()
	cmd := d.container(token)
	cmd.Env = append(cmd.Env, "LOG_FORMAT=json")
	output, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 55 || !strings.Contains(string(output), `"id":"`+failure+`"`) {
		d.Errorf("the start ends with %d, %v: %s", code, err, shown(string(output)))
	}
}

var tokenOnPage = regexp.MustCompile(`ls-[A-Za-z0-9]{8}(?:-[A-Za-z0-9]+)+`)

// token is the token that a page shows in full.
func (d *demo) token(b *lstk.Browser) string {
	d.Helper()
	found := tokenOnPage.FindString(b.Text)
	if found == "" {
		d.Fatalf("the page %q shows no token", b.Title())
	}
	return found
}

// signUpUntilRefused is the whole journey of `make run`: sign up, get the license, copy the token, start a container,
// reset the token, and see a new container refuse the old one.
func signUpUntilRefused(d *demo) {
	d.start()
	ada := lstk.NewBrowser(d, nil).Open(d.pages+"/sign-up").Is(http.StatusOK, "Sign up")
	ada.Submit("Sign up", "email", "ada@example.com", "workspace", "Ada's team", "password", demoPassword,
		"again", demoPassword)
	token := d.token(ada.Open(d.pages + "/workspace/auth-token").Submit("Create an Auth Token"))
	d.refuses(token, "license.not_assigned")
	ada.Open(d.pages + "/workspace/my-license").Submit("Issue a license for yourself")
	d.starts(token)
	renewed := d.token(ada.Open(d.pages + "/workspace/auth-token").Submit("Reset the token"))
	d.refuses(token, "credentials.invalid")
	d.starts(renewed)
	d.Logf("pages: %q", ada.Log)
	link := d.printed(`an Admin +\S+/invite/(\S+)`)
	lstk.NewBrowser(d, nil).Open(d.pages+"/invite/"+link).Is(http.StatusOK, "Join Demo")
	for _, secret := range []string{token, renewed, demoPassword, link} {
		if strings.Contains(d.read("authority.log"), secret) {
			d.Error("the log has a secret")
		}
	}
}

// goOn starts the demo twice with the state of an earlier version of it: a token, and nothing else. Each start prints
// new links.
func goOn(d *demo) {
	data := filepath.Join(d.dir, "build", "demo", "authority")
	d.must(os.MkdirAll(data, 0o700))
	create := exec.Command(filepath.Join(d.dir, "bin", "licenseserver"), "token", "create", "--data", data,
		"--type", "developer", "--email", "demo@example.com")
	before, err := create.Output()
	d.must(err)
	d.must(os.WriteFile(filepath.Join(filepath.Dir(data), "token"), before, 0o600))
	var keys, links []string
	for _, title := range []string{"Join Demo", "Set a new password"} {
		d.start()
		admin := d.joins("an Admin", title)
		admin.Open(d.pages+"/workspace/members").Is(http.StatusOK, "Workspace Members")
		for _, email := range []string{"admin@example.com", "member@example.com"} {
			if !strings.Contains(admin.Text, email) {
				d.Errorf("the workspace does not have %s", email)
			}
		}
		member := d.joins("a Workspace Member", title)
		member.Open(d.pages+"/workspace/members").Is(http.StatusForbidden, "You may not do this")
		d.starts(strings.TrimSpace(d.read("ci-key")))
		if d.read("token") != string(before) {
			d.Error("the demo has another token")
		}
		const joined = "logs in with their password: admin@example.com, member@example.com."
		if got := strings.Contains(d.output.String(), joined); got != (title == "Set a new password") {
			d.Errorf("the demo says that they have joined: %t", got)
		}
		keys, links = append(keys, d.read("ci-key")), append(links, d.printed(`an Admin +(\S+)`))
		d.stop()
	}
	if keys[0] != keys[1] || links[0] == links[1] {
		d.Errorf("the same key: %t; the same link: %t", keys[0] == keys[1], links[0] == links[1])
	}
}
