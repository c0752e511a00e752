# shellcheck shell=bash disable=SC2154 # variables of entrypoint_test.sh
# docker run --interactive --tty, with typed input.

test_terminal() {
	if ! has script; then
		skip "terminals" "the program script, which makes one, is not installed"
		return
	fi
	# shellcheck disable=SC2016 # variables of the shell inside
	local dialog='trap "stty size" WINCH; trap "exit 7" TERM; exec 3<> <(:); echo Ready.
		while :; do if read -t 0; then read -r line; echo "Read $line."; else read -rt 0.1 -u 3; fi; done'
	# The terminal sends SIGWINCH to the command, so Docker need not send it.
	terminal dialog --sig-proxy=false --env SHUTDOWN_TIMEOUT=0.5 "$shells" bash -c "$hear INT QUIT; $dialog"
	terminal shell "$shells" sh
	terminal plain "$shells" sh -c "echo Ready.; exec sleep 1000"
	test_keys
	test_job_control shell "a shell"
	if has_docker_init; then
		terminal below-init --init --env SUPERVISE=1 "$shells" bash --norc
		test_job_control below-init "a shell, with SUPERVISE=1 below Docker's own init"
	fi
	check "terminal: Ctrl-C ends a command that does not trap it" ends_with_ctrl_c plain
}

test_keys() {
	shows dialog "^Ready" >/dev/null
	check "terminal: Ctrl-C reaches the command" typed dialog $'\003' "Got INT"
	check "terminal: Ctrl-\\ reaches the command" typed dialog $'\034' "Got QUIT"
	check "terminal: the command reads what is typed" typed dialog $'hello\r' "^Read hello"
	check "terminal: Ctrl-Z does not stop a command that no shell could continue" survives_ctrl_z dialog
	check "terminal: the command gets the new size" is_resized dialog 41
	check "terminal: after a restart in place, the command reads" reads_after_restart dialog
	check "terminal: docker stop ends the command after Ctrl-C did not" stops dialog 7
	check "terminal: Ctrl-C and Ctrl-\\ arrived once each" prints 2 grep -c "Got " "$work/dialog.screen"
}

# test_job_control NAME WHAT
test_job_control() {
	check "terminal: $2 prints its prompt" shows "$1" "[#$] "
	check "terminal: $2 has job control" typed "$1" $'echo flags=$-\r' "flags=[a-z]*m"
	check "terminal: $2 stays when Ctrl-C ends its job" interrupts_job "$1"
	check "terminal: $2 returns at Ctrl-Z, and continues the job" suspends_job "$1"
	check "terminal: $2 prints no warning" not grep -i -e "job control" -e "terminal process group" "$work/$1.screen"
	check "terminal: $2 ends with its exit code" ends_shell "$1"
}

# terminal NAME OPTION… IMAGE COMMAND… is docker run in a terminal, for typed and shows.
# Its network is that of the variable network, by default none.
terminal() {
	local name=$1 command
	shift
	command=$(printf '%q ' docker run --interactive --tty --pull never --name "$id-$name" \
		--network "${network:-none}" "$@")
	mkfifo "$work/$name.keys"
	# Opened for reading and writing, so that there is no end of file.
	SHELL=$BASH script --quiet --command "tty >'$work/$name.tty'; stty rows 30 cols 90; exec $command" /dev/null \
		<>"$work/$name.keys" >"$work/$name.screen" 2>&1 &
}

# typed NAME KEYS ANSWER types KEYS and waits for ANSWER, a regular expression.
typed() {
	printf %s "$2" 1<>"$work/$1.keys"
	shows "$1" "$3"
}

shows() { await 20 grep -qE -e "$2" "$work/$1.screen" || { tr -d "\r" <"$work/$1.screen"; return 1; }; }

survives_ctrl_z() { typed "$1" $'\032' '\^Z' && typed "$1" $'still here\r' "Read still here"; }

# is_resized NAME ROWS
is_resized() { stty --file "$(<"$work/$1.tty")" rows "$2" && shows "$1" "^$2 90"; }

reads_after_restart() { send "$1" USR1 && await 20 starts_seen "$1" 2 && typed "$1" $'anew\r' "^Read anew"; }
starts_seen() { [ "$(grep -c ^Ready "$work/$1.screen")" = "$2" ]; }

ends_with_ctrl_c() { shows "$1" "^Ready" && typed "$1" $'\003' '\^C' && exits "$1" 130; }

has_job() { inside "$1" pidof sleep; }
starts_job() { typed "$1" $'sleep 1000\r' "sleep 1000" && await 10 has_job "$1"; }
ends_job() { typed "$1" $'\003' '\^C' && await 10 not has_job "$1"; }

# The exit code that the shell prints shows that it has the terminal again.
interrupts_job() { starts_job "$1" && ends_job "$1" && typed "$1" $'echo code=$?\r' "code=130"; }

suspends_job() {
	starts_job "$1" && typed "$1" $'\032' "Stopped" && typed "$1" $'echo begin$((6 * 7))\r' "begin42" || return 1
	typed "$1" $'fg\r' "^sleep 1000" && await 10 loses_job "$1"
}

# loses_job types the key again: the shell prints the job's name before it is in the foreground.
loses_job() { typed "$1" $'\003' '\^C' && not has_job "$1"; }

ends_shell() { typed "$1" $'exit 3\r' "exit 3" && exits "$1" 3; }
