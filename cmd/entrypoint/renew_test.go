package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
)

// eventually polls until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("never: " + what)
		}
	}
}

// age makes the stored license look as if most of its time were over.
func (w *world) age() {
	content, err := os.ReadFile(w.license())
	if err == nil {
		then := time.Now().AddDate(0, 0, -9).Format(time.RFC3339)
		content, err = sjson.SetBytes(content, "offline_data.entrypoint_activated", then)
	}
	if err == nil {
		err = os.WriteFile(w.license(), content, 0o600)
	}
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) license() string {
	return filepath.Join(w.root, "var/lib/localstack/cache/license.json")
}

func (w *world) activated() time.Time {
	content, _ := os.ReadFile(w.license())
	return gjson.GetBytes(content, "offline_data.entrypoint_activated").Time()
}

func TestALicenseIsRenewedWhileTheEmulatorRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server, run := w.authority()
	w.set("LICENSE_RENEWAL_INTERVAL", "0.2")
	fifo, started := w.fifo()
	p := w.asPID1("sh", "-c", "echo >"+fifo+"; exec sleep 60")
	p.begin(t)
	said := func(line string) func() bool {
		return func() bool { return strings.Contains(p.stderr.String(), line) }
	}
	started()
	w.age()
	eventually(t, "a renewal", said("Successfully renewed license license_"))
	if age := time.Since(w.activated()); age > time.Minute {
		t.Errorf("the stored license was activated %s ago", age)
	}

	server.Stop()
	_ = p.Process.Signal(syscall.SIGUSR1)
	started()
	eventually(t, "a restart with the stored license", said("Successfully activated cached license license_"))
	w.age()
	eventually(t, "a warning without network", said("a start without network works only until "))

	run("token revoke ID") // first, or the server might renew the license before it
	server.again(t)
	eventually(t, "a warning at the verdict", said("the next start will fail: The credentials defined in your "))
	if _, err := os.Stat(w.license()); err == nil {
		t.Error("the refused license is still stored")
	}
	_ = p.Process.Signal(syscall.SIGTERM)
	if code := p.end(); code != 143 || strings.Contains(p.stderr.String(), w.token) {
		t.Errorf("exit code %d, stderr %q", code, p.stderr.String())
	}
}
