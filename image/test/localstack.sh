# shellcheck shell=bash disable=SC2154 # variables of entrypoint_test.sh
# The entrypoint in LocalStack's own image. The test uses a small image in its place.

test_localstack() {
	if ! has busybox; then
		skip "the localstack image" "its stand-in needs a static busybox: run .ci/packages"
		return
	fi
	import_official
	check "localstack image: it builds" build "$localstack" --file image/localstack.Dockerfile \
		--build-arg "LOCALSTACK_IMAGE=$official"
	check "localstack image: its health check is that of the reference image" \
		prints "$(config Healthcheck)" config Healthcheck "$localstack"
	test_runtime
	test_boot_hooks
	check "localstack image: the exit code is that of the runtime" stops runtime 7
}

# put_busybox ROOT APPLET…
put_busybox() {
	local root=$1 applet
	shift
	mkdir -p "$root/bin"
	cp "$(command -v busybox)" "$root/bin/busybox"
	for applet; do
		ln -s busybox "$root/bin/$applet"
	done
}

# import_official creates an image with the layout of LocalStack's.
import_official() {
	local root=$work/official
	mkdir -p "$root"/{tmp,usr/local/bin,opt/code/localstack/.venv/bin}
	put_busybox "$root" sh cat env ln readlink sleep
	echo "the script that is to be replaced" >"$root/usr/local/bin/docker-entrypoint.sh"
	cp image/test/runtime.sh "$root/opt/code/localstack/.venv/bin/python"
	tar -C "$root" -c . | docker import --change 'ENV PATH=/usr/local/bin:/bin' \
		--change 'ENTRYPOINT ["docker-entrypoint.sh"]' --change 'VOLUME /var/lib/localstack' - "$official" >/dev/null
}

test_runtime() {
	make_boot_hooks "$work/boot.d"
	start runtime "${http[@]}" --volume "$work/boot.d:/etc/localstack/init/boot.d:ro" \
		--volume "$work/token:/run/secrets/token:ro" --env LOCALSTACK_AUTH_TOKEN_FILE=/run/secrets/token "$localstack"
	check "localstack image: LocalStack's runtime starts" ready runtime
	check "localstack image: the entrypoint replaces the script" \
		prints entrypoint inside runtime readlink /usr/local/bin/docker-entrypoint.sh
	check "localstack image: the runtime gets LocalStack's arguments" \
		prints "-m localstack.runtime.main" inside runtime cat /tmp/arguments
	inside runtime cat /tmp/environment >"$work/environment"
	check "localstack image: the runtime gets PRO_ACTIVATED" grep -qx PRO_ACTIVATED=1 "$work/environment"
	check "localstack image: the runtime gets no ACTIVATE_PRO, of which it would warn" \
		not grep ^ACTIVATE_PRO= "$work/environment"
	check "localstack image: the runtime gets the token from the file" \
		grep -qx "LOCALSTACK_AUTH_TOKEN=$token" "$work/environment"
	check "localstack image: the runtime does not get the name of the file" not grep _FILE= "$work/environment"
	check "localstack image: the runtime gets SUPERVISOR_PID" grep -qx SUPERVISOR_PID=1 "$work/environment"
}

make_boot_hooks() {
	mkdir -p "$1"
	printf '#!/bin/sh\necho The first hook ran.\n' >"$1/1-first.sh"
	printf '#!/bin/sh\nexit 3\n' >"$1/2-broken.sh"
	printf '#!/bin/sh\necho The last hook ran.\n' >"$1/3-last.sh"
	chmod +x "$1"/*.sh
}

test_boot_hooks() {
	check "BOOT hooks: they run in order, before the activation" \
		prints "The first hook ran. The last hook ran. Successfully requested " order_of_start
	check "BOOT hooks: a failing one is reported" says_like runtime "2-broken.sh.*exit status 3"
	docker kill --signal USR1 "$id-runtime" >/dev/null
	check "BOOT hooks: the runtime is ready again after a restart in place" ready runtime 2
	check "BOOT hooks: they do not run again" has_lines runtime "The last hook ran." 1
}

order_of_start() { logs runtime | grep -oE '^The .* hook ran\.|Successfully requested' | tr '\n' ' '; }
