#!/bin/sh
# Runs everything on this machine: a license authority with its pages on loopback, the
# entrypoint and the reference emulator. Ctrl-C stops everything. With
# LOCALSTACK_AUTH_TOKEN set, it uses the real licensing API. GATEWAY_LISTEN and
# DEMO_AUTHORITY change the ports. The state is in build/demo; remove it to begin anew.
set -eu
cd "$(dirname "$0")/.."
umask 077
# Settings of another license authority are not for this one.
for name in $(env | sed -n 's/^\(LICENSESERVER_[A-Z_]*\)=.*/\1/p'); do
	unset "$name"
done

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

# other is where a second container listens, beside the emulator of the demo.
other=127.0.0.1:4577

# check_gateway ends the demo before it prints what to try, if another program has the
# emulator's address.
check_gateway() {
	case $(GATEWAY_LISTEN=$gateway bin/entrypoint healthcheck 2>&1) in
	*': dial tcp '*) return ;; # nobody answers there
	healthy* | unhealthy*) ;;
	*) return ;; # the emulator says why
	esac
	echo "cannot listen on ${url#http://}: another program listens there; GATEWAY_LISTEN=127.0.0.1:PORT changes that" >&2
	exit 1
}

stop_authority() {
	[ -z "$authority_pid" ] || kill "$authority_pid" 2>/dev/null || true
}

# ours runs a command of the license authority in the workspace of the demo: the first
# one, beside those of who signs up.
ours() {
	bin/licenseserver "$@" --data "$state/authority" --workspace "$workspace"
}

start_authority() {
	rm -f "$state/authority.out" # of the start before, which listens no more
	bin/licenseserver serve --listen "$authority" --data "$state/authority" --sign-up --demo-token-file "$state/token" \
		>"$state/authority.out" 2>"$state/authority.log" &
	authority_pid=$!
	tries=0
	until grep -qs '^listening on ' "$state/authority.out"; do
		tries=$((tries + 1))
		if [ "$tries" -gt 100 ] || ! kill -0 "$authority_pid" 2>/dev/null; then
			echo "the license authority does not start on $authority; DEMO_AUTHORITY=127.0.0.1:PORT changes that:" >&2
			cat "$state/authority.log" >&2
			exit 1
		fi
		sleep 0.1
	done
	echo "$authority_pid" >"$state/authority.pid"
	pages=$(sed -n 's/^listening on //p' "$state/authority.out")
	case $pages in
	*//0.0.0.0:* | *//\[::\]:*) pages=http://127.0.0.1:${pages##*:} ;;
	esac
	export LOCALSTACK_AUTH_TOKEN_FILE="$state/token" API_ENDPOINT="$pages/v1"
}

# fill_workspace adds what is missing: two members, seats for them, and a CI key. It notes
# who has joined.
fill_workspace() {
	workspace=$(bin/licenseserver workspace list --data "$state/authority" | awk 'NR == 2 { print $1 }')
	if ! ours subscription list | grep -q ^subscription_; then
		ours subscription create --plan team --seats 3 >/dev/null
		bin/licenseserver workspace rename "$workspace" Demo --data "$state/authority"
	fi
	if [ ! -s "$state/ci-key" ]; then
		ours ci-key create nightly >"$state/ci-key.new"
		mv "$state/ci-key.new" "$state/ci-key"
	fi
	admin_link=$(link_of admin@example.com --admin)
	member_link=$(link_of member@example.com --permission issue-own-license)
	has_joined=
	for email in admin@example.com member@example.com; do
		! ours member show "$email" --json | grep -q '"joined": *"' || has_joined="${has_joined:+$has_joined, }$email"
	done
}

# link_of prints a one-time link of a member, who is added if need be; otherwise why there
# is none.
link_of() {
	if ours member show "$1" >/dev/null 2>&1; then
		set -- invite create "$1"
	else
		set -- member add "$@"
	fi
	ours "$@" --public-url "$pages" 2>"$state/link.log" || tail -n 1 "$state/link.log"
}

explain_pages() {
	cat <<END

  The pages of the license authority:

    $pages/sign-up    create a workspace of your own
    $pages/login

  Or join the workspace of the demo, by links that work once:

    an Admin             $admin_link
    a Workspace Member   $member_link
END
	[ -z "$has_joined" ] || cat <<END

  Who has joined logs in with their password: $has_joined. Their link sets
  a new one, and ends their sessions.
END
	cat <<END

  It has a CI key (in build/demo/ci-key). Assign a license, create an Auth Token, and
  start with it; Getting Started has the lines for Docker, CI and lstk. Here:

    LOCALSTACK_AUTH_TOKEN=ls-… API_ENDPOINT=$pages/v1 FILESYSTEM_ROOT=\$(mktemp -d) \\
      GATEWAY_LISTEN=$other bin/entrypoint bin/emulator
END
	case $url in
	*:4566) cat <<END ;;

  The lines of the pages use port 4566, which the emulator of the demo has. Begin
  with GATEWAY_LISTEN=127.0.0.1:4567 make run, or add -e GATEWAY_LISTEN=$other to
  docker run.
END
	esac
}

explain() {
	cat <<END

  The emulator runs with $token. Try it in another terminal:

    curl $url/_localstack/info

    export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
    aws --endpoint-url $url s3 mb s3://demo
    aws --endpoint-url $url s3 cp README.md s3://demo/
    aws --endpoint-url $url s3 ls s3://demo

  See the banner of a start that fails:

    env -u LOCALSTACK_AUTH_TOKEN -u LOCALSTACK_AUTH_TOKEN_FILE bin/entrypoint true

  Restart the emulator in place (the bucket is on disk):

    curl -d '{"action":"restart"}' $url/_localstack/health
END
	[ -z "$authority_pid" ] || cat <<END

  Stop the license authority, and start another emulator with the license that this one
  has stored. Its log says "offline, until" when such a start works:

    kill \$(cat build/demo/authority.pid)
    LOCALSTACK_AUTH_TOKEN_FILE=build/demo/token API_ENDPOINT=$pages/v1 \\
      FILESYSTEM_ROOT=build/demo/root GATEWAY_LISTEN=$other bin/entrypoint bin/emulator
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

check_gateway
mkdir -p "$state/root/etc"
trap stop_authority EXIT
if [ -n "${LOCALSTACK_AUTH_TOKEN:-}${LOCALSTACK_AUTH_TOKEN_FILE:-}" ]; then
	cp /etc/resolv.conf /etc/hosts "$state/root/etc/"
	token="your token, which it activates at ${API_ENDPOINT:-https://api.localstack.cloud/v1}"
	cat <<END

  LOCALSTACK_AUTH_TOKEN or LOCALSTACK_AUTH_TOKEN_FILE is set, so no license authority runs here.
  For its pages, unset them, and run this again.
END
else
	token="a demo token"
	start_authority
	fill_workspace
	explain_pages
fi
explain
export FILESYSTEM_ROOT="$state/root" GATEWAY_LISTEN="$gateway" SUPERVISE=1 PERSISTENCE=1
run
exit "$code"
