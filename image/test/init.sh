# shellcheck shell=bash disable=SC2154,SC2016 # variables of entrypoint_test.sh, and of the shells inside
# The entrypoint as an init, for commands of every kind: such as trap signals, ignore
# them, leave orphans, or multiply. They need no license.

# The end of most commands: it waits for signals, and needs no process for that. Bash
# begins to read anew after SIGWINCH, and runs the trap when the time is over.
park='exec 3<> <(:); echo Ready.; while :; do read -rt 0.1 -u 3; done'
polite="trap 'exit 7' TERM; $park"

# Its arguments follow: the signals to print when they come.
hear='hear() { local s; for s; do trap "echo Got $s." "$s"; done; }; hear'

# As many as the variable orphans says: they say that they are, and stay.
orphan='orphan() { until read -r _ _ _ parent _ </proc/self/stat && [ "$parent" = $PPID ]; do :; done; echo orphan; exec sleep 1000; }'
orphans="$orphan; for ((; orphans > 0; orphans--)); do (orphan &); done; $polite"

# A fork bomb for the busybox shell. It ends after a minute, its first process when
# no more fit in.
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
	check "docker stop: it is 143 for a command that dies of SIGTERM" ready_and_stops dying 143
	check "EXIT_CODE_REMAP=143:0: then it is 0" ready_and_stops remapped 0
	check "docker stop: processes in the background that ignore SIGTERM do not delay it" ready_and_stops survived 7
}

ready_and_stops() { ready "$1" && stops "$@"; }

# Stopping these takes long. None of their processes ends by itself.
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
	check "docker stop: that time is neither cut short nor exceeded" lasted impatient 1 8
	check "docker stop: by default the command is killed, too" was_forced patient 8s
	check "docker stop: by default it has time, and Docker need not kill us" lasted patient 8 10
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

was_forced() { exits "$1" 137 && prints "entrypoint: did not stop within $2: killed" errors "$1"; }

errors() { { docker logs "$id-$1" >/dev/null; } 2>&1; }

test_signals() {
	local signals=(HUP QUIT USR2 WINCH ALRM RTMIN+3) signal
	run heard "$hear ${signals[*]}; $polite"
	run counted --user 23456 "$hear RTMIN+3; trap 'exit 7' TERM; kill -STOP \$\$; $park"
	run rewritten --env SIGNAL_REWRITE=TERM:QUIT,HUP:0 "$hear HUP TERM; trap 'exit 5' QUIT; $park"
	for signal in "${signals[@]}"; do
		check "docker kill --signal $signal: the command gets it" hears heard "$signal"
	done
	check "docker kill: the command ends as it wants to" stops heard 7
	check "docker kill: it got each signal once" prints "$(printf 'Got %s.\n' "${signals[@]}" | sort)" heard
	check "real-time signals: 20 at once are 20, also for a command that is stopped now" twenty_are_twenty
	check "real-time signals: that command can still end" stops counted 7
	check "SIGNAL_REWRITE: what docker stop sends arrives as another signal" ignores_hup_and_quits
	check "SIGNAL_REWRITE: what is to be dropped is" prints Ready. logs rewritten
}

hears() { ready "$1" && send "$1" "$2" && says "$1" "Got $2."; }
heard() { logs heard | grep ^Got | sort; }
ignores_hup_and_quits() { ready rewritten && send rewritten HUP && stops rewritten 5; }

# Signals for a process that is stopped wait in the kernel, which counts them by user.
twenty_are_twenty() {
	eventually counted is_stopped counted || return 1
	inside counted bash -c 'for i in {1..20}; do kill -RTMIN+3 1; done'
	eventually counted inside counted grep "^SigQ:.20/" /proc/self/status
}

is_stopped() { inside "$1" sh -c 'cat /proc/[0-9]*/stat' | grep ") T "; }

test_restart_in_place() {
	run restarted --restart always "setsid sleep 1000 & $polite"
	check "SIGUSR1: the command is started again" restarts restarted
	check "SIGUSR1: the container is not" prints 0 docker inspect --format "{{.RestartCount}}" "$id-restarted"
	check "SIGUSR1: nothing of the first start is left" eventually restarted prints 1 count_of restarted "sleep 1000"
	check "SIGUSR1: the exit code is that of the second start" stops restarted 7
}

restarts() { ready "$1" && send "$1" USR1 && ready "$1" 2; }

# parents NAME COMMAND prints the parent of every process of that command line.
parents() { inside "$1" ps -o ppid,args | sed -n "s/^ *\([0-9]*\) $2\$/\1/p"; }
count_of() { parents "$@" | wc -l; }

test_orphans() {
	run orphans "orphans=200; $orphans"
	check "orphans: 200 become children of PID 1" eventually orphans has_lines orphans orphan 200
	inside orphans killall sleep
	check "orphans: they leave no zombies" leaves_no_zombies orphans
	check "orphans: the command goes on meanwhile" stops orphans 7
}

leaves_no_zombies() { eventually "$1" prints "0 0" leftovers "$1"; }

# leftovers NAME counts processes of sleep, and zombies.
leftovers() {
	inside "$1" sh -c 'echo $(cat /proc/[0-9]*/stat 2>/dev/null | grep -c "(sleep)") $(cat /proc/[0-9]*/stat 2>/dev/null | grep -c ") Z ")'
}

test_exec() {
	run visited "$polite"
	ready visited
	check "docker exec: what it leaves behind becomes a child of PID 1" leaves_two visited
	inside visited killall -KILL sleep
	check "docker exec: that leaves no zombies" leaves_no_zombies visited
	docker exec --detach "$id-visited" sleep 2000
	check "docker exec: what it left behind ends at a restart in place" is_cleared_by_restart visited
	check "docker exec: what it runs goes on" prints 0 parents visited "sleep 2000"
	check "docker exec: nothing of that delays the exit" stops_with_two visited
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
	check "below Docker's own init: nothing of us remains" only_the_command_runs replaced
	check "below Docker's own init: docker stop gives the command's exit code" stops replaced 7
	check "SUPERVISE=1 below Docker's own init: orphans become our children" eventually subreaper has_lines subreaper orphan 20
	inside subreaper killall sleep
	check "SUPERVISE=1 below Docker's own init: they leave no zombies" leaves_no_zombies subreaper
	check "SUPERVISE=1 below Docker's own init: docker stop gives the command's exit code" stops subreaper 7
	check "SUPERVISE=1 below Docker's own init: SHUTDOWN_TIMEOUT ends what ignores SIGTERM" is_forced forced 1s
}

only_the_command_runs() { ready "$1" && prints $'docker-init\nbash' programs "$1"; }

# programs NAME prints the names of all processes, but that of the one that asks.
programs() { inside "$1" sh -c 'cat /proc/[0-9]*/comm' | grep -v -x -e sh -e cat; }

is_forced() { ready "$1" && how_long docker stop "$id-$1" >"$work/$1.took" && was_forced "$@" && lasted "$1" 1 8; }

test_rights() {
	local rights=("--read-only" "--user 12345:12345" "--cap-drop ALL" "--security-opt no-new-privileges" "--pids-limit 64") i
	rights+=("${rights[*]}")
	for i in "${!rights[@]}"; do
		# shellcheck disable=SC2086 # they are several words
		run "rights-$i" ${rights[i]} "$hear HUP; $polite"
	done
	for i in "${!rights[@]}"; do
		check "${rights[i]}: the command starts, gets signals, and ends as it wants to" lives "rights-$i"
	done
}

lives() { hears "$1" HUP && stops "$1" 7; }

# Both bombs are at the limit of processes when they are told to stop.
test_fork_bomb() {
	explode bomb ""
	check "--pids-limit 20: a fork bomb does not delay docker stop" ready_and_stops bomb 143
	explode deaf-bomb "trap '' TERM"
	check "--pids-limit 20: one that ignores SIGTERM ends after SHUTDOWN_TIMEOUT" is_forced deaf-bomb 1s
}

# explode NAME BEFORE: a command of the shell, or none
explode() {
	launch "$1" --network none --pids-limit 20 --env SHUTDOWN_TIMEOUT=1 "$shells" sh -c "$2"$'\n'"$bomb"
}
