package emulator

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"localstack-entrypoint/internal/version"
)

func TestHooksRunAroundTheGatewayAndReadyComesLast(t *testing.T) {
	r := newRun(t, "start", "ready", "shutdown")
	r.start()

	end := r.inHook("start")
	select {
	case <-r.addrs:
		t.Fatal("listens before the START hooks are done")
	default:
	}
	end()

	end = r.inHook("ready")
	r.listening()
	if status, _ := r.request("GET", "/_localstack/health", ""); status != 200 {
		t.Errorf("health during READY: %d", status)
	}
	want := `{"completed":{"BOOT":true,"READY":false,"SHUTDOWN":false,"START":true},"scripts":[` +
		`{"stage":"START","name":"start.sh","state":"SUCCESSFUL"},` +
		`{"stage":"READY","name":"ready.sh","state":"RUNNING"},` +
		`{"stage":"SHUTDOWN","name":"shutdown.sh","state":"UNKNOWN"}]}` + "\n"
	if _, got := r.request("GET", "/_localstack/init", ""); got != want {
		t.Errorf("init during READY:\n got %swant %s", got, want)
	}
	end()

	r.until("Ready.")
	hooks := r.opts.Root.Hooks()
	wantLines := []string{
		"", "LocalStack version: 1.2.3", "LocalStack build date: today", "LocalStack build git hash: abc", "",
		"hook " + hooks + "/start.d/start.sh", "hook " + hooks + "/ready.d/ready.sh", "Ready.",
	}
	if !slices.Equal(r.lines, wantLines) {
		t.Errorf("printed %q\nwant %q", r.lines, wantLines)
	}

	r.stop()
	end = r.inHook("shutdown")
	if status, _ := r.request("GET", "/_localstack/health", ""); status != 200 {
		t.Errorf("health during SHUTDOWN: %d", status)
	}
	if status, _ := r.request("GET", "/", ""); status != 503 {
		t.Errorf("S3 during SHUTDOWN: %d", status)
	}
	want = `{"completed":false,"scripts":[{"stage":"SHUTDOWN","name":"shutdown.sh","state":"RUNNING"}]}` + "\n"
	if _, got := r.request("GET", "/_localstack/init/shutdown", ""); got != want {
		t.Errorf("init during SHUTDOWN: %s", got)
	}
	end()
	if err := r.wait(); err != nil {
		t.Error(err)
	}
}

func TestAStopDuringSTARTHooksNeverListens(t *testing.T) {
	r := newRun(t, "start", "shutdown")
	r.start()
	defer r.inHook("start")()
	r.stop()
	if err := r.wait(); err != nil {
		t.Error(err)
	}
	if len(r.addrs) != 0 || slices.Contains(r.lines, "Ready.") {
		t.Errorf("listened, or printed %q", r.lines)
	}
}

func TestAStopDuringREADYHooksPrintsNoReady(t *testing.T) {
	r := newRun(t, "ready", "shutdown")
	r.start()
	defer r.inHook("ready")()
	r.stop()
	r.inHook("shutdown")()
	if err := r.wait(); err != nil {
		t.Error(err)
	}
	if slices.Contains(r.lines, "Ready.") {
		t.Errorf("printed %q", r.lines)
	}
}

func TestAFailingHookIsLoggedAndTheStartGoesOn(t *testing.T) {
	r := newRun(t, "ready")
	path := filepath.Join(r.opts.Root.Hooks(), "ready.d/ready.sh")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.until("Ready.")
	r.stop()
	if err := r.wait(); err != nil {
		t.Error(err)
	}
	want := "localstack.runtime.init    : Error while running script " + path + ": permission denied"
	if !strings.Contains(r.log.String(), want) {
		t.Errorf("logged %s", r.log.String())
	}
}

func TestAClientsRestartReachesTheSupervisor(t *testing.T) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	defer signal.Stop(signals)
	r := newRun(t)
	r.opts.SupervisorPID = PID(os.Getpid())
	r.start()
	r.listening()
	r.until("Ready.")
	status, answer := r.request("POST", "/_localstack/health", `{"action":"restart"}`)
	if status != 200 || answer != "ok" {
		t.Errorf("%d %q", status, answer)
	}
	receive(t, signals)
	r.stop()
	if err := r.wait(); err != nil {
		t.Error(err)
	}
}

func TestARequestUnderWayAtTheStopIsAnswered(t *testing.T) {
	r := newRun(t, "shutdown")
	r.start()
	r.listening()
	r.until("Ready.")
	r.request("PUT", "/bucket", "")

	reading := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(reading) }})
	body, rest := io.Pipe()
	request, err := http.NewRequestWithContext(ctx, "PUT", r.base+"/bucket/key", body)
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = 5
	request.Header.Set("Expect", "100-continue")
	status := make(chan int, 1)
	go func() {
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Error(err)
			status <- 0
			return
		}
		response.Body.Close()
		status <- response.StatusCode
	}()
	receive(t, reading)
	r.stop()
	end := r.inHook("shutdown")
	if _, err := io.WriteString(rest, "12345"); err != nil {
		t.Error(err)
	}
	rest.Close()
	if got := receive(t, status); got != 200 {
		t.Errorf("status %d", got)
	}
	end()
	if err := r.wait(); err != nil {
		t.Error(err)
	}
}

func TestASilentConnectionHoldsUpNeitherOthersNorTheStop(t *testing.T) {
	r := newRun(t)
	r.start()
	r.listening()
	r.until("Ready.")
	silent, err := net.Dial("tcp4", strings.TrimPrefix(r.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if status, _ := r.request("GET", "/_localstack/health", ""); status != 200 {
		t.Errorf("health: %d", status)
	}
	r.stop()
	if err := r.wait(); err != nil {
		t.Error(err)
	}
	if strings.Contains(r.log.String(), "Aborting") {
		t.Errorf("the stop waited: %s", r.log.String())
	}
}

func TestAFailedListenerIsReported(t *testing.T) {
	e, _ := newTest(t, Options{})
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	broken := make(chan error, 1)
	server := e.serve(t.Context(), []net.Listener{listener}, func(err error) { broken <- err })
	defer server.Close()
	listener.Close()
	if err := receive(t, broken); !errors.Is(err, errGateway) || !strings.Contains(err.Error(), listener.Addr().String()) {
		t.Errorf("got %v", err)
	}
}

func TestAnEmptyVersionIsOurOwn(t *testing.T) {
	e, _ := newTest(t, Options{})
	if got := ask(e, "GET", "/_localstack/health", "").Header().Get("x-localstack"); got != version.Number {
		t.Errorf("version %q", got)
	}
}
