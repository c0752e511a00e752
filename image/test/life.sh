# shellcheck shell=bash disable=SC2154 # variables of entrypoint_test.sh
# The life of a container: signals, commands, confinement, health, timeouts.

test_life() {
	docker kill --signal USR1 "$id-pro" >/dev/null
	check "SIGUSR1: the emulator restarts in place" ready pro 2
	check "SIGUSR1: pro is on again, with the license in the volume" \
		says pro "Successfully activated cached license license_"
	get pro /_localstack/health --request POST --data '{"action":"restart"}' >/dev/null
	check "restart through the API: the emulator restarts in place" ready pro 3
	check "restart through the API: pro is on again" is_edition pro pro true
	check "docker stop: fast, with the exit code of the emulator" stops pro 0
}

test_commands() {
	local community=(--env ACTIVATE_PRO=0 "$reference")
	start version "${community[@]}" version
	start own-code "${community[@]}" -- entrypoint healthcheck http://127.0.0.1:1/
	start no-command "${community[@]}" no-such-command
	start misconfigured --env SHUTDOWN_TIMEOUT=soon "${community[@]}"
	check "command: version says which program this is" says version "entrypoint "
	check "command: its exit code is the container's" exits own-code 1
	check "command: exit code 127 when there is no such command" exits no-command 127
	check "invalid configuration: exit code 78" exits misconfigured 78
	check "invalid configuration: the variable is named" says misconfigured "SHUTDOWN_TIMEOUT="
}

test_confinement() {
	local pro=("${http[@]}" "${with_token[@]}")
	start read-only "${pro[@]}" --read-only --tmpfs /tmp --tmpfs /var/lib/localstack "$reference"
	start read-only-volume "${pro[@]}" --read-only --volume "$id-pro:/var/lib/localstack:ro" "$reference"
	start user "${pro[@]}" --user 1000 "$reference"
	start no-rights "${pro[@]}" --cap-drop ALL --security-opt no-new-privileges "$reference"
	check "read-only root: pro is on" is_pro read-only
	check "read-only volume: pro is on" is_pro read-only-volume
	check "user 1000: pro is on" is_pro user
	check "user 1000: the license can be stored" not says_now user "cannot store"
	check "no capabilities: pro is on" is_pro no-rights
	if ! has_docker_init; then
		skip "below Docker's own init" "there is no docker-init here: run .ci/packages"
		return
	fi
	start init "${pro[@]}" --init "$reference"
	check "below Docker's own init: pro is on" is_pro init
	check "below Docker's own init: docker stop is fast" stops init 0
}

# These take long, so they run while the others are tested.
start_slow_ones() {
	start bad-dns --dns 127.0.0.1 "${with_token[@]}" "$reference"
	checked=1 start healthy --env ACTIVATE_PRO=0 "$reference"
}

test_slow_ones() {
	check "health: Docker reports the container as healthy" await 30 is_healthy healthy
	checked=1 start soon --env ACTIVATE_PRO=0 "$reference"
	check "health: it does so within 5 seconds of the start" await 5 is_healthy soon
	check "bad DNS: exit code 55" exits bad-dns 55
	check "bad DNS: the reason has the host, the name server and its answer" \
		says_like bad-dns "Docker's name server 127\.0\.0\.11 does not resolve api\.localstack\.cloud \(status: .+\)"
}
