# shellcheck shell=bash disable=SC2154 # variables of entrypoint_test.sh
# The doctor, in healthy and unhealthy containers.

# doctor NAME OPTION… runs it in a running container, visit in a container of its own.
doctor() { docker exec "$id-$1" entrypoint doctor "${@:2}"; }
visit() { docker run --rm --pull never --network "$id" --name "$id-visit" "$@"; }

# finds TEXT CODE COMMAND… succeeds if COMMAND prints TEXT and exits with CODE.
finds() {
	local text=$1 code=$2 got out
	shift 2
	out=$("$@" 2>&1)
	got=$?
	grep -qF -e "$text" <<<"$out" && [ "$got" = "$code" ] || { echo "exit code $got"; echo "$out"; return 1; }
}

test_doctor() {
	check "doctor: a running container is healthy" finds "A start now would work, with license_" 0 doctor pro
	check "doctor: the entrypoint is PID 1 and forwards SIGTERM" finds "✓ signals" 0 doctor pro
	check "doctor: the connection to the authority in the same network is not encrypted" \
		finds "is not encrypted, and its host is in a private network" 0 doctor pro
	check "doctor: the volume is found" finds "✓ volume" 0 doctor pro
	check "doctor: --json prints the outcome, too" finds '"outcome": "online"' 0 doctor pro --json
	check "doctor: it can be the container's command" finds "A start now would work" 0 \
		visit "${http[@]}" "${with_token[@]}" "$reference" doctor
	check "doctor: without a token, exit code 55" finds "(credentials.missing):" 55 visit "${http[@]}" "$reference" doctor
	check "doctor: with an invalid variable, exit code 78" \
		finds "(config.invalid):" 78 visit --env SUPERVISE=maybe "$reference" doctor
	test_doctor_docker
	test_mounts
}

# What people mount, and what a check of it leaves there.
test_mounts() {
	local pro=("${http[@]}" "${with_token[@]}")
	check "doctor: it leaves nothing in a volume, as root" leaves_nothing --user 0
	check "doctor: nor as another user" leaves_nothing --user 1000
	check "doctor: it says where a directory in place of a file comes from" finds "Docker creates one if the path" 0 \
		visit "${pro[@]}" --volume "$work/absent.json:/etc/localstack/conf.d/license.json" "$reference" doctor
	: >"$work/mounted.json"
	visit "${pro[@]}" --volume "$work/mounted.json:/var/lib/localstack/cache/license.json" \
		"$reference" entrypoint version >/dev/null 2>&1
	check "license: it is kept in a file that is mounted by itself" grep -q license_ "$work/mounted.json"
}

# leaves_nothing OPTION… has the doctor look at an empty folder, which is empty afterwards.
leaves_nothing() {
	local folder
	folder=$(mktemp -d "$work/traceless-XXXXXX")
	chmod 755 "$work"
	chmod 777 "$folder"
	finds "✓ volume" 0 visit "$@" "${http[@]}" "${with_token[@]}" --volume "$folder:/var/lib/localstack" "$reference" doctor &&
		[ -z "$(ls -A "$folder")" ]
}

# Docker's own name server, and limits that Docker sets.
test_doctor_docker() {
	local dead=(--dns 127.0.0.1 "${with_token[@]}")
	check "doctor: Docker's name server has no upstream" \
		finds "(network.dns.docker):" 55 visit "${dead[@]}" "$reference" doctor
	check "doctor: it recognizes Docker" \
		finds "Docker (/.dockerenv exists)" 0 visit "${http[@]}" "${with_token[@]}" "$reference" doctor
	check "doctor: it warns of little memory" \
		finds "! memory" 0 visit "${http[@]}" "${with_token[@]}" --memory 256m "$reference" doctor
	check "doctor: it warns of a low process limit" \
		finds "! processes" 0 visit "${http[@]}" "${with_token[@]}" --pids-limit 64 "$reference" doctor
	check "doctor: it warns of a read-only volume" finds "! volume" 0 visit "${http[@]}" "${with_token[@]}" --read-only \
		--volume "$work:/var/lib/localstack:ro" "$reference" doctor
	check "doctor: it finds the Docker socket" finds "✓ docker" 0 visit "${http[@]}" "${with_token[@]}" \
		--volume "$(socket):/var/run/docker.sock" "$reference" doctor
	check "doctor: it finds Docker's own init" \
		finds "docker-init" 0 visit --init "${http[@]}" "${with_token[@]}" "$reference" entrypoint doctor
	check "explain: it says how to fix a failure" finds "What to do" 0 visit "$reference" explain network.dns.docker
	check "dns: dig, which the banner suggests, works" finds "no servers could be reached" 9 \
		docker exec "$id-pro" dig api.localstack.cloud @127.0.0.1
	check "dig: docker run answers it, too, without a license" finds "no servers could be reached" 9 \
		visit "$reference" dig +time=1 +tries=1 api.localstack.cloud @127.0.0.1
	check "doctor: there is no network at all" finds "no interface but lo has an address" 55 \
		docker run --rm --pull never --network none "${with_token[@]}" "$reference" doctor
	check "dns: without a reply, the exit code of dig" \
		finds "no servers could be reached" 9 visit --dns 127.0.0.1 "$reference" dns api.localstack.cloud @127.0.0.1
}

# socket prints the path of the engine's socket.
socket() {
	local host=${DOCKER_HOST:-unix:///var/run/docker.sock}
	echo "${host#unix://}"
}
