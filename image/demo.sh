#!/bin/sh
# Runs everything on this machine: a license authority on loopback, the entrypoint and
# the reference emulator. Ctrl-C stops everything. With LOCALSTACK_AUTH_TOKEN set, it
# uses the real licensing API. GATEWAY_LISTEN and DEMO_AUTHORITY change the ports.
set -eu
cd "$(dirname "$0")/.."
umask 077

state=$PWD/build/demo
gateway=${GATEWAY_LISTEN:-127.0.0.1:4566}
authority=${DEMO_AUTHORITY:-127.0.0.1:4599}
first=${gateway%%,*}
case $first in
:*) url=http://127.0.0.1$first ;;
0.0.0.0:*) url=http://127.0.0.1:${first#*:} ;;
*:*) url=http://$first ;;
*[!0-9]*) url=http://$first:4566 ;;
*) url=http://127.0.0.1:$first ;;
esac
authority_pid=

stop_authority() {
	[ -z "$authority_pid" ] || kill "$authority_pid" 2>/dev/null || true
}

start_authority() {
	if [ ! -s "$state/token" ]; then
		bin/licenseserver token create --data "$state/authority" --type developer --email demo@example.com >"$state/token.new"
		mv "$state/token.new" "$state/token"
	fi
	bin/licenseserver serve --listen "$authority" --data "$state/authority" \
		>"$state/authority.out" 2>"$state/authority.log" &
	authority_pid=$!
	echo "$authority_pid" >"$state/authority.pid"
	tries=0
	until grep -qs '^listening on ' "$state/authority.out"; do
		tries=$((tries + 1))
		if [ "$tries" -gt 100 ] || ! kill -0 "$authority_pid" 2>/dev/null; then
			echo "the license authority does not start on $authority:" >&2
			cat "$state/authority.log" >&2
			exit 1
		fi
		sleep 0.1
	done
	export LOCALSTACK_AUTH_TOKEN_FILE="$state/token" API_ENDPOINT="http://$authority/v1"
}

explain() {
	cat <<END

  Try it in another terminal:

    curl $url/_localstack/info

    export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
    aws --endpoint-url $url s3 mb s3://demo
    aws --endpoint-url $url s3 cp README.md s3://demo/
    aws --endpoint-url $url s3 ls s3://demo

  See the banner of a start that fails:

    env -u LOCALSTACK_AUTH_TOKEN -u LOCALSTACK_AUTH_TOKEN_FILE bin/entrypoint true
END
	[ -z "$authority_pid" ] || cat <<END

  Stop the license authority, restart in place, and see in the log below that a
  start without network works (the bucket is on disk):

    kill \$(cat build/demo/authority.pid)
    curl -d '{"action":"restart"}' $url/_localstack/health
END
	printf '\n  Ctrl-C stops everything.\n\n'
}

# run starts the entrypoint and waits for it. A signal that ends this script ends the
# entrypoint first, which stops the emulator.
run() {
	PATH=$PWD/bin:$PATH bin/entrypoint emulator &
	entrypoint_pid=$!
	trap 'kill "$entrypoint_pid" 2>/dev/null || true' INT TERM HUP
	code=0
	while kill -0 "$entrypoint_pid" 2>/dev/null; do
		code=0
		wait "$entrypoint_pid" || code=$?
	done
}

mkdir -p "$state/root/etc"
trap stop_authority EXIT
if [ -n "${LOCALSTACK_AUTH_TOKEN:-}${LOCALSTACK_AUTH_TOKEN_FILE:-}" ]; then
	cp /etc/resolv.conf /etc/hosts "$state/root/etc/"
else
	start_authority
fi
explain
export FILESYSTEM_ROOT="$state/root" GATEWAY_LISTEN="$gateway" SUPERVISE=1 PERSISTENCE=1
run
exit "$code"
