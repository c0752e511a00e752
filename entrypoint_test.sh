#!/usr/bin/env bash
# Tests the images in a real Docker engine, as users and clients see them. It takes
# about two minutes and pulls no image.
#
# It needs bin/ (or else runs make build), the packages of .ci/packages, and a Docker
# engine. If none is running, root starts one for the test. What cannot be tested is
# skipped with a line that says so. If CI is set, a skipped test is a failure.
set -eu
cd "$(dirname "$0")"

id=entrypoint-test-$$ # in the name of everything that the test creates
work=$(mktemp -d)
version=4.14.0
reference=$id:reference authority=$id:authority official=$id:official localstack=$id:localstack shells=$id:shells
shell=$id:shell

. image/test/harness.sh
. image/test/engine.sh
. image/test/build.sh
. image/test/reference.sh
. image/test/shell.sh
. image/test/license.sh
. image/test/doctor.sh
. image/test/life.sh
. image/test/init.sh
. image/test/terminal.sh
. image/test/phases.sh
. image/test/localstack.sh
. image/test/compose.sh

main() {
	trap clean EXIT
	if ! find_engine; then
		skip "the images in a Docker engine" "none is running, and only root can start one here: run .ci/packages"
		summary
		return
	fi
	build_images
	make_certificate
	docker network create "$id" >/dev/null
	start_authorities

	token=$(new_token)
	http=(--env API_ENDPOINT=http://authority:8080/v1)
	with_token=(--env "LOCALSTACK_AUTH_TOKEN=$token")
	start_slow_ones

	set +e # from here on, a failure shows in a check
	test_builds
	test_image
	test_good_token
	test_shell
	test_s3
	test_tls
	test_token_forms
	test_no_license
	test_rotated_token
	test_crash_loop
	test_community
	test_offline
	test_doctor
	test_commands
	test_confinement
	test_life
	test_init
	test_localstack
	test_compose
	test_slow_ones
	check "secrets: no container log contains a token" no_token_anywhere
	summary
}

clean() {
	# shellcheck disable=SC2046 # the names have no blanks
	{
		docker rm --force --volumes $(docker ps --all --quiet --filter "name=$id")
		docker volume rm $(docker volume ls --quiet --filter "name=$id")
		docker network rm $(docker network ls --quiet --filter "name=$id")
		docker rmi --force $(docker images --quiet --filter "reference=$id")
	} >/dev/null 2>&1 || true
	stop_engine
	rm -rf "$work"
}

build_images() {
	local program
	for program in entrypoint emulator licenseserver; do
		[ -x "bin/$program" ] || make build
	done
	image/rootfs.sh
	echo "# building the images"
	build "$authority" --target authority
	build "$reference" --target reference
	[ ! -d build/run-make-image-first/busybox-static ] || build "$shell" --target shell
}

# build TAG OPTION…
build() {
	local tag=$1
	shift
	docker build --quiet --network none --build-arg "LOCALSTACK_BUILD_VERSION=$version" --tag "$tag" "$@" . \
		>"$work/build.log" 2>&1 ||
		{ cat "$work/build.log"; return 1; }
}

# make_certificate creates a certificate for the host authority-tls, and its CA.
make_certificate() (
	cd "$work"
	new=(openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
	{
		"${new[@]}" -x509 -days 2 -subj "/CN=Own CA" -keyout ca.key -out ca.pem
		"${new[@]}" -subj "/CN=authority-tls" -keyout server.key -out server.csr
		openssl x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
			-extfile <(echo "subjectAltName=DNS:authority-tls") -out server.pem
	} 2>openssl.log || { cat openssl.log; return 1; }
)

# start_authorities starts an authority with HTTP and one with TLS, on the same data.
start_authorities() {
	local data=(--volume "$id-authority:/var/lib/licenseserver")
	start authority "${data[@]}" --network-alias authority "$authority"
	says authority "listening on http://"
	start authority-tls "${data[@]}" --network-alias authority-tls --volume "$work:/tls:ro" \
		"$authority" serve --listen :8443 --tls-cert /tls/server.pem --tls-key /tls/server.key
	says authority-tls "listening on https://"
}

licenseserver() { docker exec "$id-authority" licenseserver "$@"; }

# new_token OPTION… prints a new token, and records it for no_token_anywhere.
new_token() { licenseserver token create --type developer "$@" | tee -a "$work/tokens"; }

# requests prints the number of license requests.
requests() { logs authority | grep -c /v1/license/; }

no_token_anywhere() {
	local container
	for container in $(docker ps --all --quiet --filter "name=$id"); do
		docker logs "$container" 2>&1 | sed "s/^/$container: /"
	done >"$work/all"
	# If one of the files is empty, the search proves nothing.
	[ -s "$work/tokens" ] && grep -q "Successfully requested" "$work/all" && not grep -F -f "$work/tokens" "$work/all"
}

main "$@"
