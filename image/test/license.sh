# shellcheck shell=bash disable=SC2154 # variables of entrypoint_test.sh
# Which containers get a license, and what the others print.

test_good_token() {
	start pro "${http[@]}" "${with_token[@]}" --volume "$id-pro:/var/lib/localstack" "$reference"
	check "good token: pro is on" is_pro pro
	check "good token: the log says so" says pro "Successfully requested and activated new license license_"
	check "good token: the version is that of the image" grep -qF "\"version\":\"$version\"" <(get pro /_localstack/health)
	check "good token: the log does not warn of an authority without TLS in the same network" \
		not says_now pro "is not encrypted"
	check "good token: the stored license allows a start without network" \
		grep -q "usable until" <(docker exec "$id-pro" entrypoint license status)
}

test_s3() {
	check "S3: curl reads what it has stored" s3_with_curl
	if has aws; then
		check "S3: the AWS CLI reads what it has stored" s3_with_aws
	else
		skip "S3 with the AWS CLI" "aws is not installed: run .ci/packages"
	fi
}

s3_with_curl() {
	get pro /curl --request PUT && get pro /curl/object --upload-file Dockerfile || return 1
	get pro /curl/object | cmp - Dockerfile
}

s3_with_aws() (
	export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
	s3=(aws s3 --endpoint-url "$(url pro)")
	"${s3[@]}" mb s3://aws && "${s3[@]}" cp --quiet Dockerfile s3://aws/object || exit 1
	"${s3[@]}" cp s3://aws/object - | cmp - Dockerfile
)

test_tls() {
	local tls=("${with_token[@]}" --env API_ENDPOINT=https://authority-tls:8443/v1)
	start tls "${tls[@]}" --volume "$work/ca.pem:/ca.pem:ro" --env REQUESTS_CA_BUNDLE=/ca.pem "$reference"
	start untrusted "${tls[@]}" "$reference"
	check "TLS: pro is on with the authority's CA in REQUESTS_CA_BUNDLE" is_pro tls
	test_mounted_authority
	check "TLS: without it, exit code 55" exits untrusted 55
	check "TLS: without it, the reason names the issuer" says untrusted "untrusted authority (issuer: CN=Own CA)"
}

# Mounting an authority is enough, also where only little can be written, and by another user.
test_mounted_authority() {
	local mounted=("${tls[@]}" --volume "$work/ca.pem:/usr/local/share/ca-certificates/own.crt:ro")
	start mounted "${mounted[@]}" "$reference"
	start mounted-read-only "${mounted[@]}" --read-only --user 54321:54321 --tmpfs /tmp \
		--volume "$id-pro:/var/lib/localstack:ro" "$reference"
	start mounted-tmpdir "${mounted[@]}" --read-only --user 54321:54321 --tmpfs /scratch:mode=1777 --env TMPDIR=/scratch \
		--volume "$id-pro:/var/lib/localstack:ro" "$reference"
	start mounted-nowhere "${mounted[@]}" --read-only --volume "$id-pro:/var/lib/localstack:ro" "$reference"
	start mounted-community "${mounted[@]}" --env ACTIVATE_PRO=0 "$reference"
	check "mounted CA: pro is on" is_pro mounted
	check "mounted CA: the emulator is handed it" says mounted \
		"REQUESTS_CA_BUNDLE=/var/lib/localstack/cache/ca-bundle-"
	check "mounted CA, read-only, any user: pro is on" is_pro mounted-read-only
	check "mounted CA, read-only, any user: the emulator is handed it" says mounted-read-only \
		"REQUESTS_CA_BUNDLE=/tmp/ca-bundle-"
	check "mounted CA, TMPDIR: the emulator is handed it" says mounted-tmpdir "SSL_CERT_FILE=/scratch/ca-bundle-"
	check "mounted CA, nothing can be written: pro is on" is_pro mounted-nowhere
	check "mounted CA, nothing can be written: a warning names the mount" says mounted-nowhere "such as --tmpfs /tmp"
	check "mounted CA, ACTIVATE_PRO=0: the emulator is handed it" says mounted-community "NODE_EXTRA_CA_CERTS=/var/lib"
}

test_token_forms() {
	(umask 077 && echo "$token" >"$work/token")
	echo '{"license_type":"pro"}' >"$work/license.json"
	start file "${http[@]}" --volume "$work/token:/run/secrets/token:ro" \
		--env LOCALSTACK_AUTH_TOKEN_FILE=/run/secrets/token "$reference"
	start quoted "${http[@]}" --env "LOCALSTACK_AUTH_TOKEN=\"$token\" " "$reference"
	start debug "${http[@]}" "${with_token[@]}" --env DEBUG=1 "$reference"
	start lstk "${http[@]}" "${with_token[@]}" \
		--volume "$work/license.json:/etc/localstack/conf.d/license.json:ro" "$reference"
	start kubernetes "${http[@]}" "${with_token[@]}" --env LOCALSTACK_PORT=tcp://10.0.0.1:4566 \
		--env LOCALSTACK_SERVICE_HOST=10.0.0.1 "$reference"
	check "token: it is read from a secret file" is_pro file
	check "token: quotes and blanks around it are removed" is_pro quoted
	check "token: the debug log shows it masked" says debug "${token:0:11}-****-****-****-************"
	check "lstk: an invalid mounted license is ignored" is_pro lstk
	check "Kubernetes: the variables of a Service named localstack are ignored" is_pro kubernetes
}

test_no_license() {
	start missing "${http[@]}" "$reference"
	start blank "${http[@]}" --env "LOCALSTACK_AUTH_TOKEN= " "$reference"
	start unknown "${http[@]}" --env "LOCALSTACK_AUTH_TOKEN=$(invented_token)" "$reference"
	start malformed "${http[@]}" --env "LOCALSTACK_AUTH_TOKEN=${token%?}" "$reference"
	start unassigned "${http[@]}" --env "LOCALSTACK_AUTH_TOKEN=$(new_token --unassigned)" "$reference"
	start quiet "${http[@]}" --env LOG_LICENSE_ISSUES=0 "$reference"

	check "no token: exit code 55" exits missing 55
	docker logs "$id-missing" >"$work/stdout" 2>"$work/stderr"
	check "no token: the banner on stderr, byte for byte; on a network of its own, with the fix for Compose" diff image/test/missing-token.stderr "$work/stderr"
	check "no token: nothing on stdout" not grep . "$work/stdout"
	check "blank token, as Compose sets it: exit code 55" exits blank 55
	check "blank token: the reason says that it is blank" says blank "LOCALSTACK_AUTH_TOKEN is set, but blank"
	check "unknown token: exit code 55" exits unknown 55
	check "unknown token: the reason says that it is invalid" says unknown "$invalid"
	check "mistyped token: exit code 55" exits malformed 55
	check "mistyped token: the reason says what is wrong" says malformed "has 11 instead of 12 characters"
	check "token without a license: exit code 55" exits unassigned 55
	check "token without a license: the reason says that none is assigned" says unassigned "no license is assigned"
	check "LOG_LICENSE_ISSUES=0: exit code 55" exits quiet 55
	check "LOG_LICENSE_ISSUES=0: no output" prints "" logs quiet
}

invalid="Reason: The credentials defined in your environment are invalid."

# invented_token prints a well-formed token that does not exist.
invented_token() {
	local payload=demo0000-AAAA-BBBB-CCCC-DDDDEEEE
	echo "ls-$payload$(printf %s "$payload" | openssl md5 -r | cut -c1-4)" | tee -a "$work/tokens"
}

test_rotated_token() {
	local owner=rotated@example.com old
	old=$(new_token --email "$owner")
	local with_old=("${http[@]}" --env "LOCALSTACK_AUTH_TOKEN=$old" --volume "$id-rotated:/var/lib/localstack")
	start before-rotation "${with_old[@]}" "$reference"
	check "rotated token: valid before the rotation" is_pro before-rotation
	licenseserver token rotate "$(licenseserver token list | awk "/$owner/ { print \$1 }")" >>"$work/tokens"
	start after-rotation "${with_old[@]}" "$reference"
	check "rotated token: exit code 55, despite the license in the volume" exits after-rotation 55
	check "rotated token: the reason says that it is invalid" says after-rotation "$invalid"
	start after-verdict "${with_old[@]}" "$reference" license status
	check "rotated token: the license in the volume is deleted" says after-verdict "no stored license"
}

test_crash_loop() {
	local before
	before=$(requests)
	start loop "${http[@]}" --restart always --env "LOCALSTACK_AUTH_TOKEN=$(new_token --simulate invalid)" "$reference"
	check "crash loop: a start waits before its request" says_like loop "retrying in [3-9]"
	check "crash loop: docker stop ends the wait at once" stops loop 143
	check "crash loop: at most seven requests before that" [ $(($(requests) - before)) -le 7 ]
	check "crash loop: the banner is printed twice" prints 2 count_banners loop
}

count_banners() { logs "$1" | grep -cF "License activation failed! "; }

test_community() {
	local before
	before=$(requests)
	start community "${http[@]}" "${with_token[@]}" --env ACTIVATE_PRO=0 "$reference"
	check "ACTIVATE_PRO=0: the community edition starts" is_community community
	check "ACTIVATE_PRO=0: the authority gets no request" prints "$before" requests
}

test_offline() {
	docker stop "$id-authority" >/dev/null
	start offline "${http[@]}" "${with_token[@]}" --volume "$id-pro:/var/lib/localstack" "$reference"
	start stranded "${http[@]}" "${with_token[@]}" --env ACTIVATION_ATTEMPTS=1 "$reference"
	check "offline: the license in the volume turns pro on" is_pro offline
	check "offline: the log says so, and how long" says offline " offline, until "
	check "offline: without a license in the volume, exit code 55" exits stranded 55
	check "offline: the reason names the authority" \
		says stranded "Could not reach the LocalStack licensing server at http://authority:8080/v1: "
	docker start "$id-authority" >/dev/null
	await 10 licenseserver token list
}
