#!/bin/sh
# Creates the files of the images in build/run-make-image-first, from the programs in bin/: Git keeps neither modes nor
# empty folders, and an image from scratch has no mkdir. Builders print the folder's name if it is missing.
#
#   authority       the license authority
#   reference       the reference image
#   busybox-static  what the image with a shell has in addition, if this machine has a static busybox
set -eu
umask 022
cd "$(dirname "$0")/.."

made=build/run-make-image-first
files=$made.new # an interrupted run leaves nothing that a builder finds
authority=$files/authority
reference=$files/reference
shell=$files/busybox-static

# programs ROOT NAME…
programs() {
	root=$1
	shift
	install -d "$root/usr/local/bin" "$root/usr/share/doc/localstack-entrypoint"
	for name; do
		[ -x "bin/$name" ] || { echo "$0: bin/$name is missing: run make build, or make image for all of it" >&2; exit 1; }
		install -m 755 "bin/$name" "$root/usr/local/bin/"
	done
	install -m 644 LICENSE THIRD-PARTY-NOTICES "$root/usr/share/doc/localstack-entrypoint/"
}

# Writable for everybody, because a container may be started as any user.
folders() {
	install -d -m 1777 "$reference/tmp"
	install -d -m 0777 "$reference/tmp/localstack" "$reference/var/lib/localstack" "$reference/opt/code/localstack"
	install -m 644 /dev/null "$reference/tmp/localstack/.marker" # LocalStack's sign that this is a container
	install -d -m 0700 "$reference/root"
	for stage in boot start ready shutdown; do
		install -d "$reference/etc/localstack/init/$stage.d"
	done
	install -d "$reference/etc/localstack/conf.d"
}

users() {
	cat >"$reference/etc/passwd" <<-END
		root:x:0:0:root:/root:/sbin/nologin
		localstack:x:1000:1000:LocalStack:/var/lib/localstack:/sbin/nologin
		nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
	END
	cat >"$reference/etc/group" <<-END
		root:x:0:
		localstack:x:1000:
		nogroup:x:65534:
	END
}

# Clients call the entrypoint by the first name. Our own advice names dig.
links() {
	ln -s entrypoint "$reference/usr/local/bin/docker-entrypoint.sh"
	ln -s entrypoint "$reference/usr/local/bin/dig"
}

# has_static_busybox: a program that names no loader is static.
has_static_busybox() {
	busybox=$(command -v busybox) && ! grep -q -a '/ld-' "$busybox"
}

# The scripts of some clients begin with #!/bin/bash, and need no more than sh.
shell() {
	install -d "$shell/bin" "$shell/usr/bin" "$shell/usr/share/doc/busybox-static"
	install -m 755 "$busybox" "$shell/bin/busybox"
	for applet in $("$busybox" --list); do
		[ "$applet" = busybox ] || ln -s busybox "$shell/bin/$applet"
	done
	ln -s ../../bin/env "$shell/usr/bin/env"
	printf '#!/bin/sh\nexec sh "$@"\n' >"$shell/bin/bash"
	cat >"$shell/bin/curl" <<-'END'
		#!/bin/sh
		# Podman turns an httpGet probe into: curl -f URL
		[ $# = 2 ] && [ "$1" = -f ] || { echo "this curl accepts only -f URL; use wget" >&2; exit 2; }
		exec entrypoint healthcheck "$2"
	END
	chmod 755 "$shell/bin/bash" "$shell/bin/curl"
	cp /usr/share/doc/busybox-static/copyright "$shell/usr/share/doc/busybox-static/" ||
		echo "$0: the image with a shell lacks the license of busybox: do not pass it on" >&2
}

rm -rf "$files"
programs "$authority" licenseserver entrypoint
programs "$reference" entrypoint emulator
folders
users
links
if has_static_busybox; then
	shell
else
	echo "$0: this machine has no static busybox, so there is no image with a shell: install busybox-static" >&2
fi
rm -rf "$made"
mv "$files" "$made"
