# shellcheck shell=bash disable=SC2154 # variables of entrypoint_test.sh
# The image with a shell, as clients use it that replace the entrypoint with one.

test_shell() {
	if [ ! -d build/run-make-image-first/busybox-static ]; then
		skip "the image with a shell" "it needs a static busybox: run .ci/packages"
		return
	fi
	check "image with a shell: it is the reference image with one layer more" is_one_layer_more
	check "image with a shell: docker exec runs shell commands" \
		prints "of a shell" visit --entrypoint sh "$shell" -c 'echo of a shell | cat'
	check "image with a shell: probes can use wget" \
		finds "Connection refused" 1 visit --entrypoint wget "$shell" -q -O - http://127.0.0.1:4566/
	test_testcontainers
	test_health_during_hooks
}

is_one_layer_more() {
	local below all above
	below=$(layers "$reference") all=$(layers "$shell")
	above=${all#"${below%]},"}
	[[ $above != "$all" && $above != *,* ]] || { echo "$below"; echo "$all"; return 1; }
}

# test_testcontainers starts containers as testcontainers-java does: a shell waits for a
# script that calls the entrypoint by its path.
test_testcontainers() {
	local wait_for_script='while [ ! -f /testcontainers_start.sh ]; do sleep 0.1; done; /testcontainers_start.sh'
	local name options=("${http[@]}" --entrypoint sh "$shell" -c "$wait_for_script")
	# shellcheck disable=SC2016 # $? is for the shell inside
	printf '#!/bin/bash\n/usr/local/bin/docker-entrypoint.sh\necho "It ended with $?."\n' >"$work/start.sh"
	chmod +x "$work/start.sh"
	start testcontainers "${with_token[@]}" "${options[@]}"
	start unlicensed "${options[@]}"
	for name in testcontainers unlicensed; do
		docker cp "$work/start.sh" "$id-$name:/testcontainers_start.sh" >/dev/null
	done
	check "testcontainers-java: pro is on below a shell" is_pro testcontainers
	check "testcontainers-java: without a license, the shell gets exit code 55" says unlicensed "It ended with 55."
}

test_health_during_hooks() {
	mkdir -p "$work/long.d"
	printf '#!/bin/bash\nexec sleep 1000\n' >"$work/long.d/hook.sh"
	chmod +x "$work/long.d/hook.sh"
	checked=1 start long-hook --health-retries 1 --volume "$work/long.d:/etc/localstack/init/boot.d:ro" "$shell"
	check "health: it is checked each second during a BOOT hook" await 20 has_failed_checks long-hook 2
	check "health: these checks do not make the container unhealthy" prints starting state long-hook Health.Status
	docker rm --force "$id-long-hook" >/dev/null
}

# has_failed_checks NAME NUMBER
has_failed_checks() {
	[ "$(docker inspect --format '{{range .State.Health.Log}}{{.ExitCode}}{{"\n"}}{{end}}' "$id-$1" | grep -cx 1)" -ge "$2" ]
}
