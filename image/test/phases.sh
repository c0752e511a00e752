# shellcheck shell=bash disable=SC2154,SC2016 # variables of entrypoint_test.sh, and of the shells inside
# docker stop and Ctrl-C in each phase of a container's life, and starts in small containers.

# start_phases starts the containers of the checks in parallel.
start_phases() {
	local again='trap "n=\$((n + 1)); echo Told.; [ \$n -lt 2 ] || exit 7" TERM'
	mkdir -p "$work/endless.d"
	printf '#!/bin/sh\necho Ready.\nexec sleep 1000\n' >"$work/endless.d/hook.sh"
	chmod +x "$work/endless.d/hook.sh"
	local hook=(--volume "$work/endless.d:/etc/localstack/init/boot.d:ro")

	# A server that reads the first line of a request and never answers.
	launch silent --network "$id" --network-alias silent --entrypoint nc "$shells" \
		-ll -p 8080 -e sh -c 'read -r line; echo "$line" >&2; exec sleep 1000'
	launch hooking --network none "${hook[@]}" "$shells" sleep 1000
	asking deciding
	launch deciding --network "$id" "${asking[@]}" "$shells" sleep 1000
	run resting --env RESTART_ON_CRASH=9 "exit 3"
	run restarting "$again; $park"
	terminal hooking-tty "${hook[@]}" "$shells" sleep 1000
	asking deciding-tty
	network=$id terminal deciding-tty "${asking[@]}" "$shells" sleep 1000
	terminal resting-tty --env RESTART_ON_CRASH=9 "$shells" bash -c "exit 3"
	start slow "${http[@]}" "${with_token[@]}" --cpus 0.1 "$reference"
	start small "${http[@]}" "${with_token[@]}" --memory 16m "$reference"
	# The reference emulator needs more threads.
	launch full --network "$id" "${http[@]}" "${with_token[@]}" --env ACTIVATE_PRO=1 --pids-limit 14 \
		"$shells" bash -c "$polite"
}

# asking NAME sets the options for a container that waits for the silent server.
asking() {
	asking=("${with_token[@]}" --env ACTIVATE_PRO=1 --env "API_ENDPOINT=http://silent:8080/$1/v1"
		--env ACTIVATION_TIMEOUT=600 --env ACTIVATION_ATTEMPT_TIMEOUT=600)
}

# has_asked NAME waits until a container waits for the silent server.
has_asked() { says silent "POST /$1/v1/"; }

# stops_at_once NAME CODE
stops_at_once() {
	how_long docker stop "$id-$1" >"$work/$1.took" && exits "$1" "$2" && lasted "$1" 0 2
}

test_phases() {
	check "docker stop during a BOOT hook: at once, with 143" ready_and stops_at_once hooking 143
	check "docker stop while the server does not answer: at once, with 143" asked_and stops_at_once deciding 143
	check "docker stop while the server does not answer: no failure is printed" not says_now deciding "icense activation"
	check "docker stop during the pause after crashes: at once, with 143" rests_and_stops resting 143
	check "docker stop during a restart: the exit code of the command" restarts_and_stops restarting 7
	check "docker stop during a restart: the command does not start again" has_lines restarting Ready. 1
	launch failing --network none --env ACTIVATE_PRO=1 "$shells" sleep 1000
	check "docker stop after a banner: at once, with the code of the failure" stops_at_once failing 55
	check "docker stop after a banner: it is printed once" prints 1 count_banners failing
	test_phases_on_terminals
	test_small
}

ready_and() { ready "$2" && "$@"; }
asked_and() { has_asked "$2" && "$@"; }
rests_and_stops() { says "$1" "restarting in 4s" && stops_at_once "$@"; }
restarts_and_stops() { ready "$1" && send "$1" USR1 && says "$1" Told. && stops_at_once "$@"; }

test_phases_on_terminals() {
	has script || return 0 # test_terminal says so
	check "terminal: Ctrl-C during a BOOT hook ends the start" ends_by_key hooking-tty ^Ready 130
	has_asked deciding-tty
	check "terminal: Ctrl-C while the server does not answer ends the start" ends_by_key deciding-tty "" 130
	check "terminal: Ctrl-C during the pause after crashes ends the start" ends_by_key resting-tty "restarting in 4s" 130
	terminal failing-tty --env ACTIVATE_PRO=1 "$shells" sleep 1000
	check "terminal: Ctrl-C after a banner gives the code of the failure" \
		ends_by_key failing-tty "License activation failed" 55
}

# ends_by_key NAME TEXT CODE presses Ctrl-C when the screen shows TEXT.
ends_by_key() {
	shows "$1" "$2" && printf '\003' 1<>"$work/$1.keys" && exits "$1" "$3"
}

test_small() {
	check "--cpus 0.1: pro is on" is_pro slow
	check "--cpus 0.1: docker stop is fast" stops slow 0
	check "--memory 16m: pro is on" is_pro small
	check "--memory 16m: docker stop is fast" stops small 0
	check "--pids-limit 14: an emulator of one process starts" ready full
	check "--pids-limit 14: the emulator restarts" restarts full
	check "--pids-limit 14: each start activates a license" prints 2 grep -c "Successfully" <(logs full)
	check "--pids-limit 14: docker stop is fast" stops full 7
}
