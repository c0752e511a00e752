# shellcheck shell=bash disable=SC2154 # variables of entrypoint_test.sh
# What the reference image says about itself, and what is in it.

test_image() {
	check "image: clients find docker-entrypoint.sh as its entrypoint" prints '["docker-entrypoint.sh"]' config Entrypoint
	check "image: it has no command of its own" prints null config Cmd
	check "image: its health check needs no shell" prints '["CMD","entrypoint","healthcheck"]' config Healthcheck.Test
	check "image: the gateway and the service ports are exposed" prints "$(printf '%s/tcp\n' {4510..4559} 4566 5678)" ports
	check "image: the state is in a volume" prints '{"/var/lib/localstack":{}}' config Volumes
	check "image: it works in the folder that LocalStack's works in" prints '"/opt/code/localstack"' config WorkingDir
	check "image: it starts as root, as LocalStack's does" prints null config User
	check "image: it stops with SIGTERM" prints null config StopSignal
	check "image: lstk finds the version" grep -qF "\"LOCALSTACK_BUILD_VERSION=$version\"" <(config Env)
	check "image: the version is in a label" prints "$version" label org.opencontainers.image.version

	docker create --name "$id-files" --network none "$reference" >/dev/null
	docker export "$id-files" | tar -tv >"$work/files"
	check "image: docker-entrypoint.sh is a link to entrypoint" grep -q 'usr/local/bin/docker-entrypoint.sh -> entrypoint$' "$work/files"
	check "image: everybody may write to /tmp" grep -q '^drwxrwxrwt.* tmp/$' "$work/files"
	check "image: the licenses of what it contains are in it" grep -q 'usr/share/doc/localstack-entrypoint/THIRD-PARTY-NOTICES$' "$work/files"
	check "image: there is no license authority in it" not grep licenseserver "$work/files"
}

# config FIELD prints one as JSON; what is empty is null, whatever the engine calls it.
config() { docker inspect --format "{{json .Config.$1}}" "$reference" | sed 's/^""$/null/'; }
label() { docker inspect --format "{{index .Config.Labels \"$1\"}}" "$reference"; }
ports() { config ExposedPorts | grep -o '[0-9]*/tcp' | sort -n; }
layers() { docker inspect --format '{{json .RootFS.Layers}}' "$1"; }
