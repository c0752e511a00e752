# shellcheck shell=bash disable=SC2154 # variables of entrypoint_test.sh
# The doctor, in containers that are well and in some that are not.

# doctor NAME OPTION… asks in a running container; visit runs it as the command.
doctor() { docker exec "$id-$1" entrypoint doctor "${@:2}"; }
visit() { docker run --rm --pull never --network "$id" --name "$id-visit" "$@"; }

# finds TEXT CODE COMMAND…: the doctor prints a line with TEXT, and ends with CODE.
finds() {
	local text=$1 code=$2 got out
	shift 2
	out=$("$@" 2>&1)
	got=$?
	grep -qF -e "$text" <<<"$out" && [ "$got" = "$code" ] || { echo "exit code $got"; echo "$out"; return 1; }
}

test_doctor() {
	check "doctor: all is well in a running container" finds "A start now would work, with license_" 0 doctor pro
	check "doctor: the entrypoint is PID 1 there, and passes SIGTERM on" finds "✓ signals" 0 doctor pro
	check "doctor: the volume is found" finds "✓ volume" 0 doctor pro
	check "doctor: in JSON, too" finds '"outcome": "online"' 0 doctor pro --json
	check "doctor: it can be the container's command" finds "A start now would work" 0 \
		visit "${http[@]}" "${with_token[@]}" "$reference" doctor
	check "doctor: without a token the start would fail" finds "(credentials.missing):" 55 visit "${http[@]}" "$reference" doctor
	check "doctor: a variable with an invalid value is 78" finds "(config.invalid):" 78 visit --env DEBUG=maybe "$reference" doctor
	test_doctor_docker
}

# What Docker's own name server does, and the limits that Docker sets.
test_doctor_docker() {
	local dead=(--dns 127.0.0.1 "${with_token[@]}")
	check "doctor: Docker's name server has nobody to ask" finds "(network.dns.docker):" 55 visit "${dead[@]}" "$reference" doctor
	check "doctor: little memory" finds "! memory" 0 visit "${http[@]}" "${with_token[@]}" --memory 256m "$reference" doctor
	check "doctor: few processes" finds "! processes" 0 visit "${http[@]}" "${with_token[@]}" --pids-limit 64 "$reference" doctor
	check "doctor: a volume that cannot be written" finds "! volume" 0 visit "${http[@]}" "${with_token[@]}" --read-only \
		--volume "$work:/var/lib/localstack:ro" "$reference" doctor
	check "doctor: a Docker socket" finds "✓ docker" 0 visit "${http[@]}" "${with_token[@]}" \
		--volume "$(socket):/var/run/docker.sock" "$reference" doctor
	check "doctor: an init of Docker's own" finds "docker-init" 0 visit --init "${http[@]}" "${with_token[@]}" "$reference" entrypoint doctor
	check "explain: what a failure means" finds "What to do" 0 visit "$reference" explain network.dns.docker
	check "dns: the command that a banner advises is there" finds "no servers could be reached" 9 \
		docker exec "$id-pro" dig api.localstack.cloud @127.0.0.1
	check "dns: no reply is dig's exit code" finds "no servers could be reached" 9 visit --dns 127.0.0.1 "$reference" dns api.localstack.cloud @127.0.0.1
}

# socket is where the engine listens.
socket() {
	local host=${DOCKER_HOST:-unix:///var/run/docker.sock}
	echo "${host#unix://}"
}
