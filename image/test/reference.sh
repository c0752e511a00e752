# shellcheck shell=bash disable=SC2154 # variables of entrypoint_test.sh
# The configuration and the files of the reference image.

test_image() {
	check "image: its entrypoint is docker-entrypoint.sh, as clients expect" \
		prints '["docker-entrypoint.sh"]' config Entrypoint
	check "image: it has no default command" prints null config Cmd
	check "image: its health check needs no shell" prints '["CMD","entrypoint","healthcheck"]' config Healthcheck.Test
	check "image: it is healthy as soon as it is ready" prints 1000000000 config Healthcheck.Interval
	check "image: it is never unhealthy in its first 2 minutes" prints 120000000000 config Healthcheck.StartPeriod
	check "image: later, it is unhealthy after 50 failures" prints 50 config Healthcheck.Retries
	check "image: the gateway and the service ports are exposed" prints "$(printf '%s/tcp\n' {4510..4559} 4566 5678)" ports
	check "image: the state is in a volume" prints '{"/var/lib/localstack":{}}' config Volumes
	check "image: its working directory is that of LocalStack's image" prints '"/opt/code/localstack"' config WorkingDir
	check "image: it runs as root, like LocalStack's image" prints null config User
	check "image: its stop signal is SIGTERM" prints null config StopSignal
	check "image: lstk finds the version" grep -qF "\"LOCALSTACK_BUILD_VERSION=$version\"" <(config Env)
	check "image: the version is in a label" prints "$version" label org.opencontainers.image.version

	docker create --name "$id-files" --network none "$reference" >/dev/null
	docker export "$id-files" | tar -tv >"$work/files"
	check "image: docker-entrypoint.sh is a link to entrypoint" \
		grep -q 'usr/local/bin/docker-entrypoint.sh -> entrypoint$' "$work/files"
	check "image: everybody may write to /tmp" grep -q '^drwxrwxrwt.* tmp/$' "$work/files"
	check "image: the licenses of what it contains are in it" \
		grep -q 'usr/share/doc/localstack-entrypoint/THIRD-PARTY-NOTICES$' "$work/files"
	check "image: it does not contain the license authority" not grep licenseserver "$work/files"
}

# config FIELD [IMAGE] prints a field as JSON, and null if it is empty, which engines write differently.
config() { docker inspect --format "{{json .Config.$1}}" "${2:-$reference}" | sed 's/^""$/null/'; }
label() { docker inspect --format "{{index .Config.Labels \"$1\"}}" "$reference"; }
ports() { config ExposedPorts | grep -o '[0-9]*/tcp' | sort -n; }
layers() { docker inspect --format '{{json .RootFS.Layers}}' "$1"; }
