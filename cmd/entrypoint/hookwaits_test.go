package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit"
)

func TestAHookThatHangsIsNamed(t *testing.T) {
	t.Parallel()
	for _, way := range append(slices.Clone(routes), supervised) {
		for name, open := range testkit.StuckLogs {
			t.Run(way.name+", "+name, func(t *testing.T) {
				t.Parallel()
				s := newStage(t, open)
				s.set("LOG_LICENSE_ISSUES", "0")
				s.script("hook.sh", `echo here >"$WORDS"; exec sleep 7`)
				s.asPID1(obedient)
				s.by(way)
				s.start()
				s.hears("here")
				s.log.Read()
				line := "waiting for the BOOT hook " + s.root
				s.says([]string{line, " s so far)", line, " s so far)"})
				if took := time.Since(s.began); took > 4*time.Second+noise {
					t.Errorf("the second line came after %s", took)
				}
				s.sends(unix.SIGKILL)
				_ = s.Wait()
			})
		}
	}
}

func TestHooksThatTakeTheirTimeTogetherAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("ACTIVATE_PRO", "0")
	for _, name := range []string{"1.sh", "2.sh", "3.sh"} {
		w.script(name, "sleep 1")
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, "entrypoint"), "true")
	cmd.Env, cmd.Stderr = w.environ("SUPERVISE=1"), &said
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(said.String(), "\n")
	if !strings.Contains(first, "/2.sh (") {
		t.Errorf("it says %s", said.String())
	}
}
