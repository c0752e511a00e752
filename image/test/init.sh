# shellcheck shell=bash disable=SC2154,SC2016 # variables of entrypoint_test.sh, and of the shells inside
# The entrypoint as an init, for commands that trap signals, ignore them, leave orphans,
# or fork without end. They need no license.

# The end of most commands: it waits for signals without a child process. After SIGWINCH,
# Bash restarts the read, and runs the trap after its timeout.
park='exec 3<> <(:); echo Ready.; while :; do read -rt 0.1 -u 3; done'
polite="trap 'exit 7' TERM; $park"

# The arguments that follow are signals. It prints each that arrives.
hear='hear() { local s; for s; do trap "echo Got $s." "$s"; done; }; hear'

# Starts $orphans orphans. Each prints a line and stays.
orphan='orphan() {
	until read -r _ _ _ parent _ </proc/self/stat && [ "$parent" = $PPID ]; do :; done
	echo orphan; exec sleep 1000
}'
orphans="$orphan; for ((; orphans > 0; orphans--)); do (orphan &); done; $polite"

# A fork bomb for the busybox shell. It ends after a minute. Its first process ends when
# the process limit is reached.
bomb='read -r now _ </proc/uptime; end=$((${now%.*} + 60))
	bomb() { while read -r now _ </proc/uptime && [ "${now%.*}" -lt "$end" ]; do bomb & done; }
	(trap "" TERM; bomb) 2>/dev/null; echo Ready.; exec sleep 1000'

test_init() {
	if ! has busybox bash-static; then
		skip "the init" "its commands need a static busybox and a static bash: run .ci/packages"
		return
	fi
	import_shells
	start_stubborn
	start_phases
	test_exit_codes
	test_ends
	test_signals
	test_restart_in_place
	test_orphans
	test_exec
	test_below_docker_init
	test_rights
	test_fork_bomb
	test_terminal
	test_phases
	test_stubborn
}

import_shells() {
	local root=$work/shells
	put_busybox "$root" sh cat grep killall nc pidof ps setsid sleep stty
	cp "$(command -v bash-static)" "$root/bin/bash"
	cp bin/entrypoint "$root/bin"
	tar -C "$root" -c . | docker import --change 'ENV PATH=/bin ACTIVATE_PRO=0' \
		--change 'ENTRYPOINT ["entrypoint"]' - "$shells" >/dev/null
}

# run NAME OPTION… SCRIPT
run() { launch "$1" --network none "${@:2:$#-2}" "$shells" bash -c "${!#}"; }

send() { docker kill --signal "$2" "$id-$1" >/dev/null; }

test_exit_codes() {
	run trapped "$polite"
	run dying "echo Ready.; exec sleep 1000"
	run remapped --env EXIT_CODE_REMAP=143:0 "echo Ready.; exec sleep 1000"
	run survived "(trap '' TERM; sleep 1000 & setsid sleep 1000 &); $polite"
	check "docker stop: the exit code is that of the command's trap" ready_and_stops trapped 7
	check "docker stop: 143 for a command that SIGTERM kills" ready_and_stops dying 143
	check "EXIT_CODE_REMAP=143:0: 0 for such a command" ready_and_stops remapped 0
	check "docker stop: background processes that ignore SIGTERM do not delay it" ready_and_stops survived 7
}

ready_and_stops() { ready "$1" && stops "$@"; }

test_ends() {
	run hungry --memory 32m 'printf -v all %1000d 1; while :; do all=$all$all; done'
	run homeless --user 12345 --tmpfs /tmp:mode=1777 'echo home of the command: $HOME; exit 3'
	check "out of memory: the exit code is 137" exits hungry 137
	check "out of memory: the line has the limit" \
		says hungry " : the kernel killed the command: out of memory (limit 32 MiB)"
	check "an end by itself: the line has the exit code" says homeless " : the command exited with code 3"
	check "a user without a home directory: it gets one" says homeless "home of the command: /tmp/localstack-home-12345"
	check "a user without a home directory: the line names both" says homeless \
		"HOME=/ cannot be written (permission denied): hooks and the emulator get HOME=/tmp/localstack-home-12345"
}

# Stopping these takes seconds: none of their processes ends by itself.
start_stubborn() {
	local stubborn="trap '' TERM; sleep 1000 & setsid sleep 1000 & $park" name
	run patient "$stubborn"
	run impatient --env SHUTDOWN_TIMEOUT=1 "$stubborn"
	stubborn_stops=()
	for name in patient impatient; do
		{ ready "$name" && how_long docker stop "$id-$name"; } >"$work/$name.took" 2>&1 &
		stubborn_stops+=($!)
	done
}

test_stubborn() {
	wait "${stubborn_stops[@]}"
	check "docker stop: a command that ignores SIGTERM is killed after SHUTDOWN_TIMEOUT" was_forced impatient 1s
	check "docker stop: SHUTDOWN_TIMEOUT is neither shortened nor exceeded" lasted impatient 1 8
	check "docker stop: by default, such a command is killed after 8 seconds" was_forced patient 8s
	check "docker stop: by default, that is before Docker kills the container" lasted patient 8 10
}

# how_long COMMAND… prints milliseconds.
how_long() {
	local began=${EPOCHREALTIME//[!0-9]/}
	"$@" >/dev/null || return 1
	echo $(((${EPOCHREALTIME//[!0-9]/} - began) / 1000))
}

# lasted NAME FROM TO seconds
lasted() {
	local took
	took=$(<"$work/$1.took")
	[[ $took =~ ^[0-9]+$ && $took -ge ${2}000 && $took -lt ${3}000 ]] || { echo "it took: $took ms"; return 1; }
}

was_forced() { exits "$1" 137 && prints "the command did not stop within $2 and was killed" messages "$1"; }

messages() { errors "$1" | sed 's/^.* : //'; }

errors() { { docker logs "$id-$1" >/dev/null; } 2>&1; }

test_signals() {
	local signals=(HUP QUIT USR2 WINCH ALRM RTMIN+3) signal
	run heard "$hear ${signals[*]}; $polite"
	run counted --user 23456 "$hear RTMIN+3; trap 'exit 7' TERM; kill -STOP \$\$; $park"
	run rewritten --env SIGNAL_REWRITE=TERM:QUIT,HUP:0 "$hear HUP TERM; trap 'exit 5' QUIT; $park"
	for signal in "${signals[@]}"; do
		check "docker kill --signal $signal: the command gets it" hears heard "$signal"
	done
	check "docker kill: the exit code is that of the command" stops heard 7
	check "docker kill: the command got each signal once" prints "$(printf 'Got %s.\n' "${signals[@]}" | sort)" heard
	check "real-time signals: a stopped command gets all of 20" twenty_are_twenty
	check "real-time signals: docker stop ends the stopped command" stops counted 7
	check "SIGNAL_REWRITE: the command gets another signal from docker stop" ignores_hup_and_quits
	check "SIGNAL_REWRITE: a signal that maps to 0 is dropped" prints Ready. logs rewritten
}

hears() { ready "$1" && send "$1" "$2" && says "$1" "Got $2."; }
heard() { logs heard | grep ^Got | sort; }
ignores_hup_and_quits() { ready rewritten && send rewritten HUP && stops rewritten 5; }

# The kernel queues signals for a stopped process, and counts them by user.
twenty_are_twenty() {
	eventually counted is_stopped counted || return 1
	inside counted bash -c 'for i in {1..20}; do kill -RTMIN+3 1; done'
	eventually counted inside counted grep "^SigQ:.20/" /proc/self/status
}

is_stopped() { inside "$1" sh -c 'cat /proc/[0-9]*/stat' | grep ") T "; }

test_restart_in_place() {
	run restarted --restart always "setsid sleep 1000 & $polite"
	check "SIGUSR1: the command restarts" restarts restarted
	check "SIGUSR1: the container does not restart" prints 0 docker inspect --format "{{.RestartCount}}" "$id-restarted"
	check "SIGUSR1: no process of the first run is left" eventually restarted prints 1 count_of restarted "sleep 1000"
	check "SIGUSR1: the exit code is that of the second run" stops restarted 7
}

restarts() { ready "$1" && send "$1" USR1 && ready "$1" 2; }

# parents NAME COMMAND prints the parent of every process with that command line.
parents() { inside "$1" ps -o ppid,args | sed -n "s/^ *\([0-9]*\) $2\$/\1/p"; }
count_of() { parents "$@" | wc -l; }

test_orphans() {
	run orphans "orphans=200; $orphans"
	check "orphans: 200 become children of PID 1" eventually orphans has_lines orphans orphan 200
	inside orphans killall sleep
	check "orphans: they leave no zombies" leaves_no_zombies orphans
	check "orphans: the command still runs" stops orphans 7
}

leaves_no_zombies() { eventually "$1" prints "0 0" leftovers "$1"; }

# leftovers NAME counts the processes named sleep, and the zombies.
leftovers() {
	inside "$1" sh -c 'stat() { cat /proc/[0-9]*/stat 2>/dev/null; }
		echo $(stat | grep -c "(sleep)") $(stat | grep -c ") Z ")'
}

test_exec() {
	run visited "$polite"
	ready visited
	check "docker exec: its orphans become children of PID 1" leaves_two visited
	inside visited killall -KILL sleep
	check "docker exec: its orphans leave no zombies" leaves_no_zombies visited
	docker exec --detach "$id-visited" sleep 2000
	check "docker exec: a restart in place ends its orphans" is_cleared_by_restart visited
	check "docker exec: a restart in place does not end its command" prints 0 parents visited "sleep 2000"
	check "docker exec: its orphans do not delay the exit" stops_with_two visited
}

leaves_two() {
	inside "$1" bash -c 'exec >/dev/null 2>&1; trap "" TERM; sleep 1000 & setsid sleep 1000 &' || return 1
	eventually "$1" prints $'1\n1' parents "$1" "sleep 1000"
}

stops_with_two() { leaves_two "$1" && stops "$1" 7; }
is_cleared_by_restart() { leaves_two "$1" && restarts "$1" && prints "" parents "$1" "sleep 1000"; }

test_below_docker_init() {
	if ! has_docker_init; then
		skip "the init below Docker's own" "there is no docker-init here: run .ci/packages"
		return
	fi
	run replaced --init "$polite"
	run subreaper --init --env SUPERVISE=1 "orphans=20; $orphans"
	run forced --init --env SUPERVISE=1 --env SHUTDOWN_TIMEOUT=1 "trap '' TERM; setsid sleep 1000 & $park"
	check "below Docker's own init: the entrypoint does not remain" only_the_command_runs replaced
	check "below Docker's own init: docker stop gives the command's exit code" stops replaced 7
	check "SUPERVISE=1 below Docker's own init: orphans become its children" \
		eventually subreaper has_lines subreaper orphan 20
	inside subreaper killall sleep
	check "SUPERVISE=1 below Docker's own init: orphans leave no zombies" leaves_no_zombies subreaper
	check "SUPERVISE=1 below Docker's own init: docker stop gives the command's exit code" stops subreaper 7
	check "SUPERVISE=1 below Docker's own init: it kills a command that ignores SIGTERM" is_forced forced 1s
}

only_the_command_runs() { ready "$1" && prints $'docker-init\nbash' programs "$1"; }

# programs NAME prints the names of all processes except its own.
programs() { inside "$1" sh -c 'cat /proc/[0-9]*/comm' | grep -v -x -e sh -e cat; }

is_forced() { ready "$1" && how_long docker stop "$id-$1" >"$work/$1.took" && was_forced "$@" && lasted "$1" 1 8; }

test_rights() {
	local i rights=("--read-only" "--user 12345:12345" "--cap-drop ALL")
	rights+=("--security-opt no-new-privileges" "--pids-limit 64")
	rights+=("${rights[*]}")
	for i in "${!rights[@]}"; do
		# shellcheck disable=SC2086 # several words
		run "rights-$i" ${rights[i]} "$hear HUP; $polite"
	done
	for i in "${!rights[@]}"; do
		check "${rights[i]}: the command starts, gets signals, and sets the exit code" lives "rights-$i"
	done
}

lives() { hears "$1" HUP && stops "$1" 7; }

# Both bombs have reached the process limit when docker stop comes.
test_fork_bomb() {
	explode bomb ""
	check "--pids-limit 20: a fork bomb does not delay docker stop" ready_and_stops bomb 143
	explode deaf-bomb "trap '' TERM"
	check "--pids-limit 20: a fork bomb that ignores SIGTERM is killed after SHUTDOWN_TIMEOUT" is_forced deaf-bomb 1s
}

# explode NAME BEFORE: BEFORE is a shell command, or empty.
explode() {
	launch "$1" --network none --pids-limit 20 --env SHUTDOWN_TIMEOUT=1 "$shells" sh -c "$2"$'\n'"$bomb"
}
