package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/sjson"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// Files of the volume.
const (
	documentName = "cache/license.json"
	identityName = "cache/machine.json"
	noteName     = "cache/entrypoint-refusal.json"
)

var unlinks = []uintptr{unix.SYS_UNLINKAT}

// onDisk are the calls by which a start uses its volume.
func onDisk() []uintptr {
	return slices.Concat(syscalls.Opens, syscalls.Renames, syscalls.Syncs, syscalls.Writes, unlinks,
		[]uintptr{unix.SYS_MKDIRAT, unix.SYS_GETDENTS64})
}

// volumePath is the path of a file in the volume.
func (w *world) volumePath(name string) string {
	return filepath.Join(w.root, "var/lib/localstack", name)
}

// concerns reports whether a call is about a file in the volume, "" for any.
func (w *world) concerns(c *syscalls.Call, name string) bool {
	return slices.ContainsFunc(c.Files(), func(path string) bool {
		return path == w.volumePath(name) || name == "" && strings.HasPrefix(path, w.volumePath("")+"/")
	})
}

// issuer is a license authority for many starts.
type issuer struct {
	token, endpoint string
	document        []byte // one of its licenses
}

func newIssuer(t *testing.T) issuer {
	t.Helper()
	w := newWorld(t)
	w.authority()
	if _, stderr, code := w.start("LOG_FORMAT=text"); code != 0 {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	document, err := os.ReadFile(w.license())
	if err != nil {
		t.Fatal(err)
	}
	return issuer{w.token, w.env["API_ENDPOINT"], document}
}

// stage prepares a start that the issuer allows; its log is read.
func (i issuer) stage(t *testing.T) *stage {
	t.Helper()
	s := newStage(t, testkit.EmptyPipe)
	s.log.Read()
	s.set("ACTIVATE_PRO", "1")
	s.token = i.token
	s.set("LOCALSTACK_AUTH_TOKEN", i.token)
	s.set("API_ENDPOINT", i.endpoint)
	return s
}

// store puts a license into the stage's volume that was activated a while ago.
func (i issuer) store(s *stage, ago time.Duration) (content []byte) {
	s.Helper()
	then := time.Now().Add(-ago).Format(time.RFC3339)
	content, err := sjson.SetBytes(slices.Clone(i.document), "offline_data.entrypoint_activated", then)
	if err != nil {
		s.Fatal(err)
	}
	testkit.Put(s.T, s.root, "var/lib/localstack/"+documentName, string(content))
	return content
}

// intercepted starts it while its calls on the disk are decided about.
func (s *stage) intercepted(decide syscalls.Decision) {
	s.Helper()
	s.ask(onDisk(), decide)
	s.start()
}

// hang is a disk that does not answer one kind of call.
type hang struct {
	name    string
	numbers []uintptr
	file    string // that it is about
	says    []string
}

const (
	unread      = "cannot read the stored licenses: the disk does not respond"
	unstored    = " for a start without network: "
	isNotStored = "license.json: the disk does not respond"
)

var hangs = []hang{
	{name: "none"},
	{"read", syscalls.Opens, documentName, []string{unread, unstored, isNotStored}},
	{"read of the identity", syscalls.Opens, identityName, []string{unstored, isNotStored}},
	{"rename", syscalls.Renames, documentName, []string{unstored, isNotStored}},
	{"unlink", unlinks, noteName, nil},
	{"fsync", syscalls.Syncs, documentName, []string{slowDisk}},
	{"everything", onDisk(), "", []string{unread, unstored, isNotStored}},
}

// decide holds what hangs until a channel is closed, or for good.
func (h hang) decide(s *stage, until <-chan struct{}) syscalls.Decision {
	return func(c *syscalls.Call) unix.Errno {
		if slices.Contains(h.numbers, c.Number) && s.concerns(c, h.file) {
			c.Hold(until)
		}
		return syscalls.Continue
	}
}

// quick tries again what may be wrong only because the machine is busy: to the program that is a slow disk.
func quick(t *testing.T, attempt func() (wrong string)) {
	t.Helper()
	const attempts = 10
	for i := range attempts {
		wrong := attempt()
		if wrong == "" {
			return
		}
		t.Logf("attempt %d: %s", i+1, wrong)
	}
	t.Error("no attempt was good")
}

// prompt is what a start or an exit takes at most on a disk that hangs: it waits for 200 ms.
const prompt = time.Second + noise

func TestADiskThatHangsDelaysNeitherStartNorExit(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	c := newPool(t, 4)
	defer c.all.Wait()
	for _, route := range append(routes, supervised) {
		for _, h := range hangs {
			for sig, code := range map[unix.Signal]int{unix.SIGTERM: 5, unix.SIGUSR2: 7} {
				c.run(strings.Join([]string{route.name, h.name, unix.SignalName(sig)}, ", "), func(t *testing.T) {
					quick(t, func() string { return startAndExit(issuer.stage(t), route, h, sig, code) })
				})
			}
		}
	}
}

func startAndExit(s *stage, route route, h hang, sig unix.Signal, code int) (wrong string) {
	s.noteRefusal(time.Hour, 1)
	s.asPID1(obedient)
	s.by(route)
	s.intercepted(h.decide(s, nil))
	s.hears("up")
	up, began := time.Since(s.began), time.Now()
	s.sends(sig)
	end := s.ends(code, began)
	s.Logf("the emulator started after %s, the exit took %s", up.Round(time.Millisecond), end.Round(time.Millisecond))
	log := s.log.All()
	if missing(log, h.says) != "" || strings.Contains(log, slowDisk) != (h.name != "none") {
		return "it says " + log
	}
	if max(up, end) > prompt {
		return "that is too late"
	}
	return ""
}

func TestADiskThatHangsDelaysNoFailure(t *testing.T) {
	t.Parallel()
	issuer := newIssuer(t)
	w := newWorld(t)
	w.authority("license expire ID") // a verdict, for which the stored license is removed
	issuer.token, issuer.endpoint = w.token, w.env["API_ENDPOINT"]
	c := newPool(t, 4)
	defer c.all.Wait()
	for _, h := range append(hangs, hang{name: "unlink of the license", numbers: unlinks, file: documentName},
		hang{name: "rename of the note", numbers: syscalls.Renames, file: noteName}) {
		for _, route := range append(routes, supervised) {
			c.run(route.name+", "+h.name, func(t *testing.T) {
				s := issuer.stage(t)
				s.store(nothing)
				s.asPID1(obedient)
				s.by(route)
				s.intercepted(h.decide(s, nil))
				took := s.ends(55, s.began)
				if log := s.log.All(); !strings.Contains(log, "License activation failed!") {
					t.Errorf("it says %s", log)
				}
				if took < route.least || took > route.least+prompt {
					t.Errorf("it took %s", took)
				}
			})
		}
	}
}
