# shellcheck shell=bash disable=SC2154 # variables of entrypoint_test.sh
# A Docker engine for the test: the one that is running, or else one of its own, which
# shares nothing with others and is removed afterwards.

engine= # process ID of the private engine

# find_engine fails if there is no engine and none can be started.
find_engine() {
	docker version >/dev/null 2>&1 && return
	[ "$(id -u)" = 0 ] && has docker dockerd iptables && start_engine
}

# has_docker_init: an engine of our own uses the docker-init that is installed here.
has_docker_init() { [ -z "$engine" ] || has docker-init; }

# start_engine puts the engine in a session of its own, because Ctrl-C is for the test,
# which still needs the engine to clean up.
start_engine() {
	export DOCKER_HOST=unix://$work/docker.sock
	echo "# starting a Docker engine"
	setsid dockerd --host "$DOCKER_HOST" --pidfile "$work/docker.pid" --bridge none \
		--data-root "$work/docker" --exec-root "$work/docker-run" >"$work/docker.log" 2>&1 &
	engine=$!
	await 60 docker version || { tail -n 5 "$work/docker.log"; return 1; }
}

stop_engine() {
	[ -n "$engine" ] || return 0
	kill "$engine"
	wait "$engine" || true
	# In a chroot, Docker leaves a mount behind.
	! mountpoint --quiet "$work/docker" || umount "$work/docker"
}
