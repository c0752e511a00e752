package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// version is the first number with dots in a text.
var version = regexp.MustCompile(`\d+(\.\d+)+`)

// describe tells when and where the numbers were measured: what one needs to
// know before comparing them with others.
func (s *stage) describe() string {
	var peers strings.Builder
	for _, peer := range s.peers {
		said, _ := exec.Command(peer.argv[0], "--version").CombinedOutput()
		fmt.Fprintf(&peers, ", %s %s", peer.name, version.Find(said))
	}
	var system unix.Utsname
	_ = unix.Uname(&system)
	load, _ := os.ReadFile("/proc/loadavg")
	kernel := version.FindString(unix.ByteSliceToString(system.Release[:]))
	return fmt.Sprintf("%s on %s, %d cores, Linux %s, %s%s; load at the beginning %s.\n",
		time.Now().UTC().Format(time.DateOnly), processor(), runtime.NumCPU(), kernel,
		runtime.Version(), peers.String(), version.Find(load))
}

// processor is the model's name where Linux knows it, which it does not on all
// architectures.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value) + " (" + runtime.GOARCH + ")"
		}
	}
	return runtime.GOARCH
}
