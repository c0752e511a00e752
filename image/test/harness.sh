# shellcheck shell=bash disable=SC2154 # variables of entrypoint_test.sh
# What every check needs: counting, waiting, and looking at a container.
# A NAME of a container here is the part after the prefix $id.

passed=0 failed=0 skipped=0

# check WHAT COMMAND…: one line for one behavior, and the reason if it fails.
check() {
	local what=$1 why
	shift
	if why=$("$@" 2>&1); then
		passed=$((passed + 1))
		echo "ok - $what"
	else
		failed=$((failed + 1))
		echo "not ok - $what"
		why=${why:-failed: $*}
		echo "  # ${why//$'\n'/$'\n'  # }"
	fi
}

skip() {
	skipped=$((skipped + 1))
	echo "skip - $1: $2"
}

# summary prints the last line and sets the exit code. In CI, nothing may be skipped.
summary() {
	local also=
	[ "$skipped" = 0 ] || also=", $skipped skipped"
	echo "$passed passed, $failed failed$also"
	[ "$failed" = 0 ] && { [ "$skipped" = 0 ] || [ -z "${CI+set}" ]; }
}

# has PROGRAM… succeeds if all of them are installed.
has() {
	local program
	for program; do
		command -v "$program" >/dev/null || return 1
	done
}

# await SECONDS COMMAND… repeats COMMAND until it succeeds.
await() {
	local limit=$1 end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { echo "not within $limit seconds: $*"; return 1; }
		sleep 0.1
	done
}

# not COMMAND… succeeds if COMMAND fails.
not() { ! "$@" || { echo "unexpected success: $*"; return 1; }; }

# prints TEXT COMMAND… succeeds if COMMAND prints exactly TEXT.
prints() {
	local want=$1 got
	shift
	got=$("$@" && echo .) || { echo "failed: $*"; return 1; }
	got=${got%.} got=${got%$'\n'}
	[ "$got" = "$want" ] || { printf 'wanted: %s\n   got: %s\n' "$want" "$got"; return 1; }
}

# start NAME OPTION… IMAGE [COMMAND…] starts a container in the network of the others.
start() { launch "$1" --network "$id" --publish 127.0.0.1::4566 "${@:2}"; }

# launch NAME OPTION… IMAGE [COMMAND…] starts a container. Its health is checked only if $checked is set: dozens of
# checks each second would take all of a small machine.
launch() {
	local name=$1 checks=(--no-healthcheck)
	shift
	[ -z "${checked:-}" ] || checks=()
	docker run --detach --pull never --name "$id-$name" "${checks[@]}" "$@" 2>&1 >/dev/null |
		sed "/Localhost DNS/d; s/^/# $name: /"
}

inside() { docker exec "$id-$1" "${@:2}"; }
logs() { docker logs "$id-$1" 2>&1; }
state() { docker inspect --format "{{.State.$2}}" "$id-$1"; }
has_ended() { [ "$(state "$1" Running)" != true ]; } # or does not exist
is_healthy() { [ "$(state "$1" Health.Status)" = healthy ]; }
says_now() { logs "$1" | grep -qF -e "$2"; }
says_like_now() { logs "$1" | grep -qE -e "$2"; }
has_lines() { [ "$(logs "$1" | grep -cxF -e "$2")" = "$3" ]; }

# eventually NAME COMMAND… waits for the command to succeed, but not for a container that
# has ended. If it fails, it prints the container's log.
eventually() {
	local name=$1
	shift
	await 30 settled "$name" "$@" >/dev/null || true
	"$@" || { echo "failed: $*"; logs "$name"; return 1; }
}

settled() { "${@:2}" || has_ended "$1"; }

says() { eventually "$1" says_now "$@"; }
says_like() { eventually "$1" says_like_now "$@"; }
ready() { eventually "$1" has_lines "$1" Ready. "${2:-1}"; }

# exits NAME CODE waits for the end of the container.
exits() {
	await 40 has_ended "$1" || return 1
	prints "$2" state "$1" ExitCode || { logs "$1"; return 1; }
}

# stops NAME CODE: docker stop needs much less than its 10 seconds.
stops() {
	local began=$SECONDS
	docker stop "$id-$1" >/dev/null && exits "$1" "$2" || return 1
	[ $((SECONDS - began)) -le 4 ] || { echo "it took $((SECONDS - began)) seconds"; return 1; }
}

# url NAME, get NAME PATH OPTION…: the gateway, from outside.
url() { echo "http://$(docker port "$id-$1" 4566 | head -n 1)"; }
get() { curl --silent --show-error --fail --max-time 10 "${@:3}" "$(url "$1")$2"; }

# is_edition NAME EDITION ACTIVATED
is_edition() {
	local info
	info=$(get "$1" /_localstack/info) || return 1
	[[ $info == *"\"edition\":\"$2\""* && $info == *"\"is_license_activated\":$3"* ]] || { echo "$info"; return 1; }
}

is_pro() { ready "$1" && is_edition "$1" pro true; }
is_community() { ready "$1" && is_edition "$1" community false; }
