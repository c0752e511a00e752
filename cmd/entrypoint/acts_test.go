package main

import (
	"encoding/json"
	"net/http"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/activate"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit"
)

// act is something that a container goes through, and what the init has to say of it.
type act struct {
	name     string
	arrange  func(*stage)
	emulator string
	// play goes on until everything is said.
	play func(*stage)
	says []string
	// also is what the process of the hooks says meanwhile.
	also string
	// end ends the container, within a time and with a code. Without it the
	// container ends by itself, not before its shortest life.
	end    func(*stage)
	within time.Duration
	code   int
}

// Emulators tell when they run. They end by SIGUSR2 with 7, and by SIGTERM with 5.
const (
	obedient = `trap 'exit 7' USR2; trap 'exit 5' TERM; ` + lives
	deaf     = `trap '' TERM; ` + lives
	lives    = `echo up >"$WORDS"; while :; do sleep 60 & wait $!; done 2>/dev/null`
)

const warning = "LOCALSTACK_PATH does not stand for PATH"

var acts = []act{
	{
		name: "hooking, and stopped",
		arrange: func(s *stage) {
			s.script("1-fails.sh", "exit 3")
			s.script("2-waits.sh", `echo hook >"$WORDS"; exec sleep 60`)
		},
		emulator: obedient,
		play:     func(s *stage) { s.hears("hook"); s.sends(unix.SIGUSR1) },
		says:     []string{"nothing to restart: the command is being started"},
		also:     "1-fails.sh: exit status 3",
		end:      func(s *stage) { s.sends(unix.SIGTERM) },
		code:     143,
	},
	{
		name:     "hooking, and running",
		arrange:  func(s *stage) { s.script("fails.sh", "exit 3") },
		emulator: obedient,
		play:     func(s *stage) { s.hears("up") },
		says:     []string{warning}, // by then the process of the hooks has ended, and with it what it could not say
		end:      func(s *stage) { s.sends(unix.SIGUSR2) },
		code:     7,
	},
	{
		name: "deciding, and stopped",
		arrange: func(s *stage) {
			s.set("ACTIVATE_PRO", "1")
			words := s.env["WORDS"]
			s.serve(func(_ http.ResponseWriter, r *http.Request) {
				_ = os.WriteFile(words, []byte("asked\n"), 0o600)
				<-r.Context().Done()
			})
		},
		emulator: obedient,
		play:     func(s *stage) { s.hears("asked"); s.sends(unix.SIGUSR1) },
		says:     []string{warning, "credential found", "nothing to restart: the command is being started"},
		end:      func(s *stage) { s.sends(unix.SIGTERM) },
		code:     143,
	},
	{
		name:     "deciding, held back in a loop",
		arrange:  refusedBefore,
		emulator: obedient,
		play:     func(s *stage) { s.awaitListening(s.T) },
		says:     []string{warning, "asks to slow down: asking again in "},
		end:      func(s *stage) { s.sends(unix.SIGTERM) },
		code:     143,
	},
	{
		name: "deciding, and running",
		arrange: func(s *stage) {
			s.set("ACTIVATE_PRO", "1")
			s.answer(200, string(s.document(func(*license.Document) {})))
		},
		emulator: obedient,
		play:     func(s *stage) { s.hears("up") },
		says:     []string{warning, "Successfully requested and activated new license"},
		end:      func(s *stage) { s.sends(unix.SIGUSR2) },
		code:     7,
	},
	{
		name:     "failing, without a credential",
		arrange:  func(s *stage) { s.set("ACTIVATE_PRO", "1"); s.set("LOCALSTACK_AUTH_TOKEN", "") },
		emulator: obedient,
		says:     []string{warning, "No credentials were found in the environment"},
		code:     55,
	},
	{
		name: "failing, refused by the server",
		arrange: func(s *stage) {
			s.set("ACTIVATE_PRO", "1")
			s.answer(429, "", "Retry-After", "20")
		},
		emulator: obedient,
		says:     []string{warning, "asks to slow down"},
		code:     55,
	},
	{
		name:     "failing, by its configuration",
		arrange:  func(s *stage) { s.set("SHUTDOWN_TIMEOUT", "soon") },
		emulator: obedient,
		says:     []string{"SHUTDOWN_TIMEOUT"},
		code:     78,
	},
	{
		name:     "running, and crashing",
		arrange:  func(s *stage) { s.set("RESTART_ON_CRASH", "1"); s.set("DIR", s.root) },
		emulator: `test -e "$DIR/crashed" || { : >"$DIR/crashed"; exit 9; }; ` + obedient,
		play:     func(s *stage) { s.hears("up") },
		says:     []string{warning, "the command ended with exit code 9: starting it again, 1 of 1"},
		end:      func(s *stage) { s.sends(unix.SIGUSR2) },
		code:     7,
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
		says: []string{warning, "did not stop within 200ms: killed", "did not stop within 200ms: killed",
			"one start soon after the other: the next one follows in 1s"},
		end:    func(s *stage) { s.sends(unix.SIGTERM) },
		within: 200 * time.Millisecond,
		code:   137,
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
		says: []string{warning, "exit code 9: starting it again, 1 of 9", "exit code 9: starting it again in 1s, 2 of 9",
			"nothing to restart: the command is being started"},
		end:  func(s *stage) { s.sends(unix.SIGTERM) },
		code: 143,
	},
	{
		name:     "stopping, and it obeys",
		emulator: obedient,
		play:     func(s *stage) { s.hears("up") },
		says:     []string{warning},
		end:      func(s *stage) { s.sends(unix.SIGTERM) },
		within:   8 * time.Second,
		code:     5,
	},
	{
		name:     "stopping, and it does not",
		arrange:  func(s *stage) { s.set("SHUTDOWN_TIMEOUT", "0.2") },
		emulator: deaf,
		play:     func(s *stage) { s.hears("up") },
		says:     []string{warning},
		end:      func(s *stage) { s.sends(unix.SIGTERM) },
		within:   200 * time.Millisecond,
		code:     137,
	},
}

// refusedBefore makes the start one of a loop, which waits for a minute.
func refusedBefore(s *stage) {
	s.set("ACTIVATE_PRO", "1")
	asked := activate.Question{
		Credential: "lsci-demo0000-****-****-****-************", Endpoint: s.env["API_ENDPOINT"], Version: "4.14.0",
	}
	now := time.Now()
	note := activate.Refusal{Question: asked, ID: fault.NetworkRateLimited, Times: 20, Since: now, Last: now}
	content, err := json.Marshal([]activate.Refusal{note})
	if err != nil {
		s.Fatal(err)
	}
	testkit.Put(s.T, s.root, refusalNote, string(content))
}
