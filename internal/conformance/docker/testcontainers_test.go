package docker

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/conformance/kit"
	"localstack-entrypoint/internal/credential"
)

// librarySettings are what all libraries of testcontainers share: published ports are at 127.0.0.1, and there is no
// container that removes others, because its image cannot be pulled here.
var librarySettings = map[string]string{
	"TESTCONTAINERS_HOST_OVERRIDE":  "127.0.0.1",
	"TESTCONTAINERS_RYUK_DISABLED":  "true",
	"TESTCONTAINERS_CHECKS_DISABLE": "true",
}

const (
	// soon is when a library that notices the end of the container has reported it. The machine may be busy.
	soon = 30 * time.Second
	// late is the same for one that waits a minute for a line of the log.
	late = 2 * time.Minute
)

// attempt is one start of the image with a library of testcontainers.
type attempt struct {
	name    string
	refused bool          // the token
	within  time.Duration // how long a failing start may take
	// run starts the image, asks the emulator who it is, stores an object, reads its content and its color, and
	// stops. It returns what the user sees, and whether that is a failure.
	run func(*licensed) (shown string, failed bool)
}

// licensed is a room with a license authority and one token, which the environment names.
type licensed struct {
	*room
	*kit.Authority
}

// starts runs them side by side.
func (r *room) starts(attempts ...attempt) {
	for _, attempt := range attempts {
		r.Run(attempt.name, func(t *testing.T) {
			t.Parallel()
			l := r.licensed(t, attempt.refused)
			began := time.Now()
			shown, failed := attempt.run(l)
			took := time.Since(began)
			shown = credential.MaskAll(shown)
			if failed != attempt.refused {
				t.Fatalf("failed: %t\n%s", failed, shown)
			}
			if !failed {
				l.wasPro(shown)
				return
			}
			t.Logf("it reports the failure after %.1f s", took.Seconds())
			if took > attempt.within {
				t.Errorf("this took longer than %s", attempt.within)
			}
			l.wasRefused(shown)
		})
	}
}

func (r *room) licensed(t *testing.T, refused bool) *licensed {
	t.Helper()
	own := r.in(t)
	maps.Copy(own.env, librarySettings)
	own.limit = late
	l := &licensed{own, own.authority(server.Options{})}
	wanted := authority.NewToken{Kind: authority.Developer}
	if refused {
		wanted.Simulate = "invalid"
	}
	token, _ := l.Token(wanted)
	l.set("API_ENDPOINT", l.URL)
	l.set("LOCALSTACK_AUTH_TOKEN", token)
	t.Cleanup(func() {
		for _, id := range l.containers() {
			_ = command("docker", "rm", "--force", "--volumes", id).Run()
		}
	})
	return l
}

// wasPro wants the answers of the emulator in what a program has printed, and nothing left of the container.
func (l *licensed) wasPro(shown string) {
	l.Helper()
	for _, wanted := range []string{`"edition":"pro"`, `"is_license_activated":true`, "content blue"} {
		if !strings.Contains(shown, wanted) {
			l.Errorf("no %s in:\n%s", wanted, shown)
		}
	}
	l.Wants(l.T, "POST /v1/license/request 200")
	if left := l.containers(); len(left) > 0 {
		l.Errorf("left: %s", left)
	}
}

// wasRefused wants the exit code and the banner in what the user sees.
func (l *licensed) wasRefused(shown string) {
	l.Helper()
	for _, wanted := range []string{
		"exit code 55", "License activation failed!", "The credentials defined in your environment are invalid.",
	} {
		if !strings.Contains(shown, wanted) {
			l.Errorf("no %q in:\n%s", wanted, shown)
		}
	}
	l.Wants(l.T, "POST /v1/license/request 403")
}

// containers are those that got this authority.
func (l *licensed) containers() (ids []string) {
	all, err := command("docker", "ps", "--all", "--quiet", "--no-trunc").Output()
	if err != nil {
		l.Error("cannot list the containers: ", err)
	}
	for _, id := range strings.Fields(string(all)) {
		// A container of another test may be gone now.
		env, err := command("docker", "inspect", "--format", "{{.Config.Env}}", id).Output()
		if err == nil && strings.Contains(string(env), "API_ENDPOINT="+l.URL+" ") {
			ids = append(ids, id)
		}
	}
	return ids
}

// tag gives an image another tag.
func (r *room) tag(image, tag string) (name string) {
	r.Helper()
	repository, _, _ := strings.Cut(image, ":")
	name = repository + ":" + tag
	r.docker("tag", image, name)
	return name
}

// copy copies a file of testdata to home.
func (r *room) copy(path string) {
	r.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", path))
	if err != nil {
		r.Fatal(err)
	}
	r.put(filepath.Base(path), 0o644, string(content))
}

// withProgram is a program of its users, in another language.
func withProgram(args ...string) func(*licensed) (shown string, failed bool) {
	return func(l *licensed) (string, bool) {
		l.Helper()
		stdout, stderr, code := l.exec(args...)
		return stdout + stderr, code != 0
	}
}
