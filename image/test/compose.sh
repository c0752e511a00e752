# shellcheck shell=bash disable=SC2154 # variables of entrypoint_test.sh
# The Compose files, as users start them.

test_compose() {
	if ! find_compose; then
		skip "the Compose files" "Docker Compose is not installed: run .ci/packages"
		return
	fi
	export IMAGE=$reference AUTHORITY_IMAGE=$authority PORT=0 TOKEN_FILE=$work/token LOCALSTACK_AUTH_TOKEN=$token
	check "image/examples/swarm.yaml: it is valid" compose --file image/examples/swarm.yaml config --quiet

	PAGES_PORT=$(free_port)
	export PAGES_PORT
	up demo --file image/compose.yaml
	check "image/compose.yaml: pro is on, with a demo license" is_pro demo
	check "image/compose.yaml: the log has no warning" not says_like_now demo " WARN |^WARN"
	check "image/compose.yaml: an Admin logs in on the pages, which are published on loopback" logs_in "127.0.0.1:$PAGES_PORT"
	check "image/compose.yaml: the pages are also at localhost" page "localhost:$PAGES_PORT" /login
	check "image/compose.yaml: nobody can sign up" not page "127.0.0.1:$PAGES_PORT" /sign-up
	docker cp "$id-demo:/run/demo/token" - 2>/dev/null | tar -xO >>"$work/tokens" 2>/dev/null
	compose --file image/compose.yaml down >/dev/null 2>&1

	# The examples use the real API. Here they use the test's authority.
	cat >"$work/here.yaml" <<-END
		services: {localstack: {environment: {API_ENDPOINT: "http://authority:8080/v1"}}}
		networks: {default: {external: true, name: $id}}
	END
	local example
	for example in compose compose-secret; do
		up "$example" --file "image/examples/$example.yaml" --file "$work/here.yaml"
		check "image/examples/$example.yaml: pro is on" is_pro "$example"
	done
}

# free_port prints a port that nobody listens on.
free_port() { python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# page ADDRESS PATH OPTION… prints a page, and fails if the status says so.
page() { curl --silent --show-error --fail --location --max-time 10 --cookie "$work/cookies" --cookie-jar "$work/cookies" "${@:3}" "http://$1$2"; }

# logs_in ADDRESS joins as a new Admin with the link that a command prints.
logs_in() {
	local link password="password=correct horse battery staple"
	link=$(compose --file image/compose.yaml exec -T authority licenseserver member add --admin you@example.com) || return
	[ "${link#"http://$1/invite/"}" != "$link" ] || { echo "the link is not at http://$1"; return 1; }
	page "$1" "${link#"http://$1"}" >/dev/null || return
	page "$1" "${link#"http://$1"}" --data-urlencode "$password" --data-urlencode "again=${password#password=}" >/dev/null || return
	page "$1" /sessions | grep -q you@example.com
}

# compose runs the plugin or the older program.
compose() { "${compose[@]}" --project-name "$id" "$@"; }

find_compose() {
	if docker compose version >/dev/null 2>&1; then
		compose=(docker compose)
	else
		has docker-compose || return 1
		compose=(docker-compose)
	fi
}

# up NAME FILE-OPTION… starts the services, and gives LocalStack's container the NAME.
up() {
	local name=$1 container
	shift
	compose "$@" up --detach --no-build >"$work/compose.log" 2>&1 ||
		{ tail -n 3 "$work/compose.log"; compose "$@" logs --no-color --tail 5; } | sed 's/^/# /'
	container=$(compose "$@" ps --quiet localstack)
	[ -z "$container" ] || docker rename "$container" "$id-$name"
}
