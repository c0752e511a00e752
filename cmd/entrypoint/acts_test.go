package main

import (
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// act is something that a container goes through, and what the init has to say of it.
type act struct {
	name     string
	way      *route // nil for PID 1
	arrange  func(*stage)
	emulator string // obedient by default
	// play goes on until everything is said. By default it waits for the emulator.
	play func(*stage)
	says []string
	// also is what the process of the hooks says meanwhile.
	also string
	// last is what it says at its end.
	last string
	// end is the signal that ends the container, within a time and with a code. Without it the
	// container ends by itself, not before its shortest life.
	end    unix.Signal
	within time.Duration
	code   int
}

// Emulators tell when they run. They end by SIGUSR2 with 7, and by SIGTERM with 5.
const (
	obedient = `trap 'kill $!; exit 7' USR2; trap 'kill $!; exit 5' TERM; ` + lives
	deaf     = `trap '' TERM; ` + lives
	lives    = `exec >/dev/null 2>&1; sleep 60 & echo up >"$WORDS"; wait; while :; do sleep 60 & wait; done`
)

const warning = "LOCALSTACK_PATH does not set PATH"

var acts = []act{
	{
		name: "hooking, and stopped",
		arrange: func(s *stage) {
			s.script("1-fails.sh", "exit 3")
			s.script("2-waits.sh", `echo hook >"$WORDS"; exec sleep 60`)
		},
		play: func(s *stage) { s.hears("hook"); s.sends(unix.SIGUSR1) },
		says: []string{"restart ignored: the command is already starting"},
		also: "1-fails.sh: exit status 3",
		end:  unix.SIGTERM, code: 143,
	},
	{
		name:    "hooking, and running",
		arrange: func(s *stage) { s.script("fails.sh", "exit 3") },
		says:    []string{warning}, // by then the process of the hooks has ended, and with it what it could not say
		end:     unix.SIGUSR2, code: 7,
	},
	{
		name:    "deciding, and stopped",
		arrange: neverAnswers,
		play:    func(s *stage) { s.hears("here"); s.sends(unix.SIGUSR1) },
		says:    []string{warning, "credential found", "restart ignored: the command is already starting"},
		end:     unix.SIGTERM, code: 143,
	},
	{
		name:    "deciding, held back in a loop",
		arrange: heldBack,
		play:    func(s *stage) { s.awaitListening(s.T) },
		says:    []string{warning, "rate limit is exceeded; retrying in "},
		end:     unix.SIGTERM, code: 143,
	},
	{
		name:    "deciding, and running",
		arrange: licensed,
		says:    []string{warning, "Successfully requested and activated new license"},
		end:     unix.SIGUSR2, code: 7,
	},
	{
		name:    "failing, without a credential",
		arrange: withoutCredential,
		says:    []string{warning, "No credentials were found in the environment"},
		code:    55,
	},
	{
		name: "failing, refused by the server",
		arrange: func(s *stage) {
			s.set("ACTIVATE_PRO", "1")
			s.world.answer(429, "", "Retry-After", "20")
		},
		says: []string{warning, "rate limit exceeded"},
		code: 55,
	},
	{
		name:    "failing, by its configuration",
		arrange: func(s *stage) { s.set("SHUTDOWN_TIMEOUT", "soon") },
		says:    []string{"SHUTDOWN_TIMEOUT"},
		code:    78,
	},
	{
		name:    "failing, for want of processes",
		arrange: func(s *stage) { s.refuse(0, forever) },
		says:    []string{warning, "sh: resource temporarily unavailable"},
		code:    126,
	},
	{
		name: "running, and not all is allowed",
		arrange: func(s *stage) {
			s.set("PARENT_DEATH_SIGNAL", "TERM")
			s.forbid(unix.SYS_PRCTL, 0, unix.PR_SET_PDEATHSIG)
			s.forbid(unix.SYS_KILL, 1, uint64(unix.SIGWINCH))
		},
		play: func(s *stage) { s.hears("up"); s.sends(unix.SIGWINCH) },
		says: []string{"cannot watch the parent process", warning, "cannot send signal 28 to the command"},
		end:  unix.SIGUSR2, code: 7,
	},
	{
		name:    "running, and not PID 1",
		way:     &subreaper,
		arrange: func(s *stage) { s.forbid(unix.SYS_PRCTL, 0, unix.PR_SET_CHILD_SUBREAPER) },
		says:    []string{"cannot become a child subreaper", warning},
		end:     unix.SIGUSR2, code: 7,
	},
	{
		name:     "running, and crashing",
		arrange:  func(s *stage) { s.set("RESTART_ON_CRASH", "1"); s.set("DIR", s.root) },
		emulator: `test -e "$DIR/crashed" || { : >"$DIR/crashed"; exit 9; }; ` + obedient,
		says:     []string{warning, "the command exited with code 9: restarting, attempt 1 of 1"},
		end:      unix.SIGUSR2, code: 7,
	},
	{
		name:     "restarting",
		arrange:  func(s *stage) { s.set("SHUTDOWN_TIMEOUT", "0.2") },
		emulator: deaf,
		play: func(s *stage) {
			for range 2 {
				s.hears("up")
				s.sends(unix.SIGUSR1)
			}
			s.hears("up")
		},
		says: []string{warning, "did not stop within 200ms and was killed", "did not stop within 200ms and was killed",
			"restarting too fast; next start in 1s"},
		end: unix.SIGTERM, code: 137, within: 200 * time.Millisecond,
	},
	{
		name:     "resting, and stopped",
		arrange:  func(s *stage) { s.set("RESTART_ON_CRASH", "9") },
		emulator: `echo up >"$WORDS"; exit 9`,
		play: func(s *stage) {
			s.hears("up")
			s.hears("up")
			eventually(s.T, "a pause", s.isAlone)
			s.sends(unix.SIGUSR1)
		},
		says: []string{warning, "code 9: restarting, attempt 1 of 9", "code 9: restarting in 1s, attempt 2 of 9",
			"restart ignored: the command is already starting"},
		end: unix.SIGTERM, code: 143,
	},
	{
		name:    "running, and a renewal cannot be started",
		arrange: func(s *stage) { s.set("LICENSE_RENEWAL_INTERVAL", "0.1"); s.refuse(1, forever) },
		play:    func(s *stage) { s.hears("up"); s.awaitRefusals(2) },
		says:    []string{warning, "cannot run localstack-renew: resource temporarily unavailable"},
		end:     unix.SIGUSR2, code: 7,
	},
	{
		name: "running, and the disk hangs",
		arrange: func(s *stage) {
			licensed(s)
			s.ask(syscalls.Syncs, func(c *syscalls.Call) unix.Errno { c.Hold(nil); return syscalls.Continue })
		},
		says: []string{warning, "Successfully "},
		last: slowDisk,
		end:  unix.SIGUSR2, code: 7, within: 200 * time.Millisecond,
	},
	{
		name:    "restarting, for want of processes",
		arrange: func(s *stage) { s.refuse(1, 1) },
		play: func(s *stage) {
			s.hears("up")
			s.sends(unix.SIGUSR1)
			s.hears("up")
		},
		says: []string{warning, "cannot restart the command: resource temporarily unavailable", "retrying in 1s"},
		end:  unix.SIGUSR2, code: 7,
	},
	{
		name: "restarting, and something is left",
		play: func(s *stage) {
			s.hears("up")
			release := s.hold(s.grandchild())
			s.sends(unix.SIGUSR1)
			s.hears("up")
			release()
		},
		says: []string{warning, "some processes could not be killed in time"},
		end:  unix.SIGUSR2, code: 7,
	},
	{
		name: "stopping, and it obeys",
		says: []string{warning},
		end:  unix.SIGTERM, code: 5,
	},
	{
		name:     "stopping, and it does not",
		arrange:  func(s *stage) { s.set("SHUTDOWN_TIMEOUT", "0.2") },
		emulator: deaf,
		says:     []string{warning},
		last:     "did not stop within 200ms and was killed",
		end:      unix.SIGTERM, code: 137, within: 200 * time.Millisecond,
	},
}

// licensed has the server give a license.
func licensed(s *stage) {
	s.set("ACTIVATE_PRO", "1")
	s.world.answer(200, string(s.document(nothing)))
}

// withoutCredential lets a start fail.
func withoutCredential(s *stage) {
	s.set("ACTIVATE_PRO", "1")
	s.set("LOCALSTACK_AUTH_TOKEN", "")
}

// nothing is to be changed of a document.
func nothing(*license.Document) {}
