package lstk

import (
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit"
)

// patience bounds every wait.
const patience = 30 * time.Second

// Terminal is a terminal in which somebody has typed `lstk login`.
type Terminal struct {
	t      testing.TB
	keys   *os.File // the terminal's keyboard and screen
	screen testkit.Buffer
	ended  chan struct{} // closed when the screen has all that lstk has written
	token  credential.Secret
	err    error
}

// Login starts `lstk login` with LSTK_API_ENDPOINT api and LSTK_WEB_APP_URL webApp, in a terminal of its own.
func Login(t testing.TB, api, webApp string) *Terminal {
	t.Helper()
	keyboard, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })
	// Keys come one by one, and are not shown.
	modes, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err == nil {
		modes.Lflag &^= unix.ICANON | unix.ECHO
		err = unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, modes)
	}
	if err != nil {
		t.Fatal(err)
	}
	terminal := &Terminal{t: t, keys: keyboard, ended: make(chan struct{})}
	_, _ = io.WriteString(&terminal.screen, "$ lstk login\r\n")
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		_, _ = io.Copy(&terminal.screen, keyboard) // ends with an error when lstk closes its terminal
	}()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	program := client{terminal: tty, api: api, webApp: webApp, http: &http.Client{Transport: &http.Transport{}}}
	go func() {
		defer close(terminal.ended)
		defer program.http.CloseIdleConnections()
		if terminal.token, terminal.err = program.logIn(ctx); terminal.err != nil {
			_, _ = io.WriteString(tty, "Error: "+terminal.err.Error()+"\n")
		}
		_ = tty.Close()
		<-shown
	}()
	return terminal
}

// Press presses a key.
func (l *Terminal) Press(key string) {
	l.t.Helper()
	if _, err := l.keys.WriteString(key); err != nil {
		l.t.Fatal(err)
	}
}

// Screen is what the terminal has shown so far.
func (l *Terminal) Screen() string { return strings.ReplaceAll(l.screen.String(), "\r\n", "\n") }

// Shows waits until the terminal shows what an expression matches, and returns its first group.
func (l *Terminal) Shows(expression string) string {
	l.t.Helper()
	pattern := regexp.MustCompile(expression)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if found := pattern.FindStringSubmatch(l.Screen()); found != nil {
			return found[len(found)-1]
		}
	}
	l.t.Fatalf("the terminal does not show %s:\n%s", expression, l.Screen())
	return ""
}

// Link is the link that the terminal shows.
func (l *Terminal) Link() string {
	l.t.Helper()
	return l.Shows(`Visit: (\S+)\n`)
}

// Token waits for the end of the login, and returns the token that lstk stores.
func (l *Terminal) Token() credential.Secret {
	l.t.Helper()
	if err := l.wait(); err != nil {
		l.t.Fatalf("%v:\n%s", err, l.Screen())
	}
	if strings.Contains(l.Screen(), l.token.Reveal()) {
		l.t.Error("the terminal shows the token")
	}
	return l.token
}

// Fails waits until the login has failed with this message.
func (l *Terminal) Fails(message string) {
	l.t.Helper()
	if err := l.wait(); err == nil || !strings.Contains(err.Error(), message) {
		l.t.Errorf("the login ends with %v, want %q", err, message)
	}
}

func (l *Terminal) wait() error {
	l.t.Helper()
	select {
	case <-l.ended:
		return l.err
	case <-time.After(patience):
		l.t.Fatalf("the login does not end:\n%s", l.Screen())
		return nil
	}
}
