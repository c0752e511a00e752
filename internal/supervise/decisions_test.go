package supervise

// decisions lists every phase with every kind of event: phase, events, next phase, actions.
const decisions = `
idle: begun -> deciding: decide
idle: hooks -> hooking: hook
idle: all others -> impossible

hooking: begun hooks reported refused expired -> impossible
hooking: TERM INT HUP QUIT killed -> ending: kill, arm 500ms, reap
hooking: USR1 -> hooking: say restart ignored: the command is already starting
hooking: TSTP -> hooking: suspendself
hooking: CONT -> hooking: forward 18
hooking: USR2 -> hooking: keep 12
hooking: 40 -> hooking: keep 40
hooking: suspended -> hooking: suspend 20
hooking: approved -> running: start
hooking: denied -> failing: arm 1s
hooking: exited -> deciding: decide
hooking: starved -> ending: say the kernel killed the BOOT hooks: out of memory (limit 512 MiB), kill, arm 500ms, reap
hooking: reaped alone due -> nothing

deciding: begun hooks suspended reported exited killed starved refused expired -> impossible
deciding: TERM INT HUP QUIT -> ending: kill, arm 500ms, reap
deciding: USR1 -> deciding: say restart ignored: the command is already starting
deciding: TSTP -> deciding: suspendself
deciding: CONT reaped alone due -> nothing
deciding: USR2 -> deciding: keep 12
deciding: 40 -> deciding: keep 40
deciding: approved -> running: start
deciding: denied -> failing: arm 1s

failing: begun hooks suspended approved denied exited killed starved refused -> impossible
failing: TERM INT HUP QUIT expired -> ending: kill, arm 500ms, reap
failing: USR1 TSTP CONT USR2 40 reaped alone due -> nothing
failing: reported -> failing: arm 600ms

running: begun hooks approved reported expired -> impossible
running: TERM -> stopping: forward 15, forward 18, arm 8s
running: INT -> stopping: forward 2, forward 18, arm 8s
running: HUP -> running: forward 1
running: QUIT -> running: forward 3
running: USR1 -> restarting: forward 15, forward 18, arm 8s
running: TSTP -> running: forward 20
running: CONT -> running: forward 18
running: USR2 -> running: forward 12
running: 40 -> running: forward 40
running: suspended -> running: suspend 20
running: denied -> failing: arm 1s
running: exited -> ending: say the command exited with code 7, kill, arm 500ms, reap
running: killed -> ending: say the command was killed by SIGKILL (exit code 137), kill, arm 500ms, reap
running: starved -> ending: say the kernel killed the command: out of memory (limit 512 MiB), kill, arm 500ms, reap
running: refused -> resting: say retrying in 1s, arm 1s
running: reaped alone -> nothing
running: due -> running: chore

stopping: begun hooks approved denied reported refused -> impossible
stopping: TERM -> stopping: forward 15, forward 18
stopping: INT -> stopping: forward 2, forward 18
stopping: HUP -> stopping: forward 1
stopping: QUIT -> stopping: forward 3
stopping: USR1 suspended reaped alone due -> nothing
stopping: TSTP -> stopping: forward 20
stopping: CONT -> stopping: forward 18
stopping: USR2 -> stopping: forward 12
stopping: 40 -> stopping: forward 40
stopping: exited -> ending: kill, arm 500ms, reap
stopping: killed -> ending: say the command was killed by SIGKILL (exit code 137), kill, arm 500ms, reap
stopping: starved -> ending: say the kernel killed the command: out of memory (limit 512 MiB), kill, arm 500ms, reap
stopping: expired -> stopping: kill, say the command did not stop within 8s and was killed

restarting: begun hooks approved denied reported refused -> impossible
restarting: TERM -> stopping: forward 15, forward 18
restarting: INT -> stopping: forward 2, forward 18
restarting: HUP -> restarting: forward 1
restarting: QUIT -> restarting: forward 3
restarting: USR1 suspended reaped alone due -> nothing
restarting: TSTP -> restarting: forward 20
restarting: CONT -> restarting: forward 18
restarting: USR2 -> restarting: forward 12
restarting: 40 -> restarting: forward 40
restarting: exited -> clearing: kill, arm 500ms
restarting: killed -> clearing: kill, arm 500ms, say the command was killed by SIGKILL (exit code 137)
restarting: starved -> clearing: kill, arm 500ms, say the kernel killed the command: out of memory (limit 512 MiB)
restarting: expired -> restarting: kill, say the command did not stop within 8s and was killed

clearing: begun hooks approved denied reported exited killed starved refused -> impossible
clearing: TERM INT HUP QUIT -> ending: kill, arm 500ms, reap
clearing: USR1 -> clearing: say restart ignored: the command is already starting
clearing: TSTP -> clearing: suspendself
clearing: CONT suspended due -> nothing
clearing: USR2 -> clearing: keep 12
clearing: 40 -> clearing: keep 40
clearing: reaped -> clearing: kill
clearing: alone -> resting: arm
clearing: expired -> resting: say some processes could not be killed in time, arm

resting: begun hooks approved denied reported exited killed starved refused -> impossible
resting: TERM -> ended: finish 143
resting: INT -> ended: finish 130
resting: HUP -> ended: finish 129
resting: QUIT -> ended: finish 131
resting: USR1 -> resting: say restart ignored: the command is already starting
resting: TSTP -> resting: suspendself
resting: CONT suspended reaped alone due -> nothing
resting: USR2 -> resting: keep 12
resting: 40 -> resting: keep 40
resting: expired -> deciding: decide

ending: begun hooks refused -> impossible
ending: TERM INT HUP QUIT USR1 TSTP CONT USR2 40 suspended approved denied reported exited killed starved due -> nothing
ending: reaped -> ending: kill
ending: alone -> ended: finish 3
ending: expired -> ended: say some processes could not be killed in time, finish 3

ended: all others -> nothing
`
