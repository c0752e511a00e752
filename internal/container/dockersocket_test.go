package container

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/layout"
)

// withSocket is a container with a Docker socket that answers like that. Its
// root has a short path, as that of a socket has 107 letters at most.
func withSocket(t *testing.T, answer http.HandlerFunc) Container {
	t.Helper()
	c, listener := listening(t)
	server := &http.Server{Handler: answer, ReadHeaderTimeout: time.Minute}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close(); <-served })
	return c
}

func listening(t *testing.T) (Container, *net.UnixListener) {
	t.Helper()
	root, err := os.MkdirTemp("", "docker")
	noError(t, err)
	t.Cleanup(func() { noError(t, os.RemoveAll(root)) })
	c := Container{Root: layout.Root(root)}
	noError(t, os.MkdirAll(c.path("var/run"), 0o755))
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: c.Root.DockerSocket(), Net: "unix"})
	noError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return c, listener
}

// engine answers as Docker does.
func engine(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || r.URL.Path != "/_ping" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Api-Version", "1.49")
	w.Header().Set("Server", "Docker/28.1.1 (linux)")
	_, _ = io.WriteString(w, "OK")
}

func TestDockersAnswerIsShown(t *testing.T) {
	t.Parallel()
	const found = `Docker/28.1.1 \(linux\), API 1.49, answers on /.*/docker.sock$`
	c := withSocket(t, engine)
	passed(found).compare(t, c.docker(t.Context()))

	elsewhere := Container{Root: layout.Root(t.TempDir()), DockerHost: "unix://" + c.Root.DockerSocket()}
	passed(found).compare(t, elsewhere.docker(t.Context()))
}

func TestAnAnswerThatIsNotDockersIsSaid(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want string
		answer     http.HandlerFunc
	}{
		{"a proxy in front that forbids it", "/.*/docker.sock: the answer has status 403",
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }},
		{"something else", "/.*/docker.sock: the answer is not from Docker", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "OK")
		}},
		{"it hangs up", "/.*/docker.sock: EOF", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := withSocket(t, test.answer)
			warned(test.want).compare(t, c.docker(t.Context()))
		})
	}
}

func TestAnEngineMayCallItselfAnything(t *testing.T) {
	t.Parallel()
	c := withSocket(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Api-Version", strings.Repeat("9", 50))
		w.Header().Set("Server", strings.Repeat("x", 500))
	})
	passed(`x{60}, API 9{10}, answers on .*`).compare(t, c.docker(t.Context()))
}

func TestAnEngineThatDoesNotAnswerIsGivenASecond(t *testing.T) {
	t.Parallel()
	c, _ := listening(t) // connections wait in the queue for ever
	began := time.Now()
	warned("no answer on /.*/docker.sock within 1s").compare(t, c.docker(t.Context()))
	if took := time.Since(began); took < pingTimeout {
		t.Errorf("it was given %s", took)
	}
}

func TestACallerMayHaveLessTime(t *testing.T) {
	t.Parallel()
	c, _ := listening(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	warned("/.*/docker.sock: context canceled").compare(t, c.docker(ctx))
}

func TestWhatIsInPlaceOfTheDockerSocketIsSaid(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		make func(t *testing.T, path string)
		want want
	}{
		{"nothing", func(*testing.T, string) {}, skipped("/.*/docker.sock is not mounted; only Lambda, .*")},
		{"a link to nothing", func(t *testing.T, path string) { noError(t, os.Symlink("gone", path)) },
			skipped("/.*/docker.sock is not mounted; only Lambda, .*")},
		{"a folder", func(t *testing.T, path string) { noError(t, os.Mkdir(path, 0o755)) },
			warned("/.*/docker.sock is a directory: the host had no socket there when the container was created")},
		{"a file", func(t *testing.T, path string) { noError(t, os.WriteFile(path, nil, 0o600)) },
			warned("/.*/docker.sock is not a socket")},
		{"a link to itself", func(t *testing.T, path string) { noError(t, os.Symlink("docker.sock", path)) },
			warned("cannot access /.*/docker.sock: too many levels of symbolic links")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := Container{Root: layout.Root(t.TempDir())}
			noError(t, os.MkdirAll(c.path("var/run"), 0o755))
			test.make(t, c.Root.DockerSocket())
			test.want.compare(t, c.docker(t.Context()))
		})
	}
}

func TestASocketWithoutAListenerIsReported(t *testing.T) {
	t.Parallel()
	c, listener := listening(t)
	listener.SetUnlinkOnClose(false)
	noError(t, listener.Close())
	warned("nothing listens on /.*/docker.sock: .*").compare(t, c.docker(t.Context()))
}

func TestASocketOfAnotherGroupIsSaidToBeSo(t *testing.T) {
	t.Parallel()
	needs(t, "setpriv")
	c := withSocket(t, engine)
	mounted := "mount -t tmpfs tmpfs /var/run/ && touch /var/run/docker.sock && " +
		"mount --bind " + c.Root.DockerSocket() + " /var/run/docker.sock && " +
		"chown 0:998 /var/run/docker.sock && chmod 660 /var/run/docker.sock && "
	warned("/var/run/docker.sock belongs to user 0 and group 998, mode 0660, "+
		`but this process runs as user 1000 in the groups \[27 1000\]`).compare(t,
		lookFrom(t, 0, mounted+"exec setpriv --reuid 1000 --regid 1000 --groups 27,1000 $LOOK", "docker"))
	passed("Docker/28.1.1 .*").compare(t,
		lookFrom(t, 0, mounted+"exec setpriv --reuid 1000 --regid 1000 --groups 998 $LOOK", "docker"))
}

func TestAnotherDockerHostIsNotLookedAt(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"tcp://docker:2376", "tcp://user:hidden@docker:2376", "ssh://me:hidden@host.test"} {
		c := withSocket(t, engine)
		c.DockerHost = host
		skipped("DOCKER_HOST is not a unix:// address, and is not checked").compare(t, c.docker(t.Context()))
	}
}
