# shellcheck shell=bash disable=SC2154 # variables of entrypoint_test.sh
# How the images are built, with each builder that this machine has.

test_builds() {
	mkdir -p "$work/clone/image"
	cp Dockerfile .dockerignore "$work/clone"
	cp image/rootfs.sh "$work/clone/image"
	check "image/rootfs.sh: in a new clone, it says what to run first" \
		finds "run make build" 1 "$work/clone/image/rootfs.sh"
	check "docker build: no stage needs an image that would be pulled" not grep '^FROM .*[$/:]' Dockerfile
	test_builder "classic builder" 0
	if has_buildkit; then
		test_builder BuildKit 1
	else
		skip "BuildKit" "this docker program has it only with the plugin buildx"
	fi
}

# The docker program has BuildKit of its own up to version 20.
has_buildkit() { docker buildx version >/dev/null 2>&1 || [[ $(docker version --format '{{.Client.Version}}') == 20.* ]]; }

# test_builder NAME DOCKER_BUILDKIT
test_builder() {
	check "$1: a plain docker build makes the reference image" plain_build_is_reference "$2"
	check "$1: in a new clone, it says what to run first" \
		finds "/run-make-image-first/" 1 env "DOCKER_BUILDKIT=$2" docker build "$work/clone"
}

plain_build_is_reference() (
	export DOCKER_BUILDKIT=$1
	build "$id:plain$1" && prints "$(contents "$reference")" contents "$id:plain$1"
)

# contents IMAGE prints its configuration, and its files with their modes.
contents() {
	docker inspect --format '{{json .Config.Entrypoint}} {{json .Config.Env}} {{json .Config.Healthcheck}}' "$1"
	docker create --name "$id-contents" --network none "$1" >/dev/null
	docker export "$id-contents" | tar -tv | awk '{ print $1, $2, $3, $6, $7, $8 }' | sort
	docker rm "$id-contents" >/dev/null
}
