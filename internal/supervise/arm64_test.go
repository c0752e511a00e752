package supervise

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestTheMailboxKeepsAndPassesOnWhatItShall(t *testing.T) {
	t.Parallel()
	for _, how := range []setup{asChild, asPID1} {
		drilled(start(t, how, "drill"))
	}
	start(t, asPID1, "relapse", "late").exits(143)
}

// TestTheMailboxOnARM64 runs this very test binary and that of the mailbox, built for arm64, on an
// emulated processor. The kernel is that of this machine.
func TestTheMailboxOnARM64(t *testing.T) {
	t.Parallel()
	qemu, err := exec.LookPath("qemu-aarch64-static")
	if err != nil {
		t.Skip("no emulator of arm64: ", err)
	}
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-ldflags", "-s -w -E _rt0_entrypoint",
		"-o", dir+"/", ".", "../mailbox")
	build.Env = append(os.Environ(), "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("cannot build for arm64: %v: %s", err, out)
	}
	emulated := func(how setup, binary string) setup {
		return func(cmd *exec.Cmd) {
			how(cmd)
			argv := []string{qemu, "-0", cmd.Args[0], filepath.Join(dir, binary)}
			cmd.Path, cmd.Args = qemu, append(argv, cmd.Args[1:]...)
		}
	}
	p := start(t, emulated(asChild, "mailbox.test"), "mailbox.test", "-test.v")
	p.expect("PASS")
	p.exits(0)
	for _, how := range []setup{asChild, asPID1} {
		drilled(start(t, emulated(how, "supervise.test"), "drill"))
	}
	start(t, emulated(asPID1, "supervise.test"), "relapse").exits(143)
	start(t, emulated(asPID1, "supervise.test"), "relapse", "late").exits(143)
}

// drilled waits for the end of the drill, which says nothing if all went well.
func drilled(p *process) {
	p.t.Helper()
	p.exits(7)
	if said := p.silence(); len(said) > 0 {
		p.t.Error(said)
	}
}
