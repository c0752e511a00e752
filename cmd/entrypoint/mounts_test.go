package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"localstack-entrypoint/internal/testkit"
)

// inMounts runs the entrypoint in a mount namespace of its own, after a script that makes mounts. In the script,
// $VOLUME is the volume and $HOST a folder of the host.
func (w *world) inMounts(t *testing.T, script string, args ...string) (said string, code int) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may mount")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	args = append([]string{"-ec", script + "\nexec " + filepath.Join(binaries, "entrypoint") + ` "$@"`, "sh"}, args...)
	cmd := exec.CommandContext(ctx, "sh", args...)
	cmd.Env = w.environ("SUPERVISE=0", "VOLUME="+w.volumePath(""), "HOST="+w.host())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}

// host is the folder of the host.
func (w *world) host() string { return filepath.Join(w.root, "host") }

// onHost is a file of the host.
func (w *world) onHost(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(w.host(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

const (
	ourIdentity = `{"machine_id":"dkr_0123456789ab"}`
	mountsFile  = "touch $VOLUME/cache/license.json; mount --bind $HOST/license.json $VOLUME/cache/license.json\n"
	mountsID    = "touch $VOLUME/cache/machine.json; mount --bind $HOST/machine.json $VOLUME/cache/machine.json\n"
	readOnlyID  = mountsID + "mount -o remount,bind,ro $VOLUME/cache/machine.json\n"
)

// mounted are volumes as people mount them, and what a start and the doctor say about them, if anything.
var mounted = []struct{ name, script, start, doctor string }{
	{"the license alone", mountsFile, "", "✓ volume"},
	{"the license and an identity that is read-only", mountsFile + readOnlyID, "", "✓ volume"},
	{"the license in a folder that is read-only", "touch $VOLUME/cache/license.json; " +
		"mount --bind $VOLUME/cache $VOLUME/cache; mount -o remount,bind,ro $VOLUME/cache\n" +
		"mount --bind $HOST/license.json $VOLUME/cache/license.json\n", "",
		"! volume         /.../cache is on a read-only mount"},
	{"a folder without execution", "mount --bind $HOST $VOLUME/cache\n" +
		"mount -o remount,bind,noexec,nosuid,nodev $VOLUME/cache\n", "", "✓ volume"},
	{"a license that is read-only", mountsFile + "mount -o remount,bind,ro $VOLUME/cache/license.json\n",
		"/cache/license.json: read-only file system", "! volume         /.../cache/license.json is on a read-only mount"},
	{"a directory that Docker made", "mkdir -p $HOST/new $VOLUME/cache/license.json\n" +
		"mount --bind $HOST/new $VOLUME/cache/license.json\n",
		"/cache/license.json: it is an empty directory; Docker creates one if the path to mount does not exist on the host",
		"! volume         /.../cache/license.json: it is an empty directory; Docker creates one"},
}

func TestVolumesAreUsedHoweverTheyAreMounted(t *testing.T) {
	t.Parallel()
	for _, volume := range mounted {
		t.Run(volume.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			server, _ := w.authority()
			testkit.Put(t, w.root, "var/lib/localstack/cache/other", "")
			testkit.Put(t, w.root, "host/license.json", "")
			testkit.Put(t, w.root, "host/machine.json", ourIdentity)
			said, code := w.inMounts(t, volume.script, "true")
			isKept := !strings.Contains(said, "cannot store")
			if code != 0 || isKept != (volume.start == "") || !strings.Contains(said, volume.start) {
				t.Errorf("exit code %d, %s", code, said)
			}
			told, _ := w.inMounts(t, volume.script, "doctor", "--offline", "--", "true")
			if told = strings.ReplaceAll(told, w.volumePath("")[1:], "..."); !strings.Contains(told, volume.doctor) {
				t.Errorf("the doctor says %s, want %s", told, volume.doctor)
			}
			if w.onHost(t, "machine.json") != ourIdentity {
				t.Error("the identity was changed")
			}
			if volume.start != "" {
				return
			}
			server.Stop()
			said, code = w.inMounts(t, volume.script, "true")
			if code != 0 || !strings.Contains(said, "Successfully activated cached license") {
				t.Errorf("without network: exit code %d, %s", code, said)
			}
		})
	}
}

func TestAVerdictEmptiesALicenseThatIsMountedAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, run := w.authority()
	testkit.Put(t, w.root, "var/lib/localstack/cache/other", "")
	testkit.Put(t, w.root, "host/license.json", "")
	if said, code := w.inMounts(t, mountsFile, "true"); code != 0 || w.onHost(t, "license.json") == "" {
		t.Fatalf("exit code %d, %s", code, said)
	}
	run("license suspend ID")
	w.set("LOCALSTACK_BUILD_VERSION", "4.15.0") // so that the server is asked
	if said, code := w.inMounts(t, mountsFile, "true"); code != 55 || w.onHost(t, "license.json") != "" {
		t.Errorf("exit code %d, %s", code, said)
	}
}
