#!/bin/sh
# Creates the images' files except the programs of bin/, because Git keeps neither modes nor
# empty folders, and an image from scratch has no mkdir:
#
#   build/rootfs          for all images with the reference emulator
#   build/busybox-static  for the one with a shell, if this machine has a static busybox
set -eu
umask 022
cd "$(dirname "$0")/.."

root=build/rootfs
shell=build/busybox-static

# Writable for everybody, because a container may be started as any user.
folders() {
	install -d -m 1777 "$root/tmp"
	install -d -m 0777 "$root/tmp/localstack" "$root/var/lib/localstack" "$root/opt/code/localstack"
	install -d -m 0700 "$root/root"
	for stage in boot start ready shutdown; do
		install -d "$root/etc/localstack/init/$stage.d"
	done
	install -d "$root/etc/localstack/conf.d" "$root/usr/local/bin"
}

users() {
	cat >"$root/etc/passwd" <<-END
		root:x:0:0:root:/root:/sbin/nologin
		localstack:x:1000:1000:LocalStack:/var/lib/localstack:/sbin/nologin
		nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
	END
	cat >"$root/etc/group" <<-END
		root:x:0:
		localstack:x:1000:
		nogroup:x:65534:
	END
}

# Clients call the entrypoint by the first name. Our own advice names dig.
links() {
	ln -s entrypoint "$root/usr/local/bin/docker-entrypoint.sh"
	ln -s entrypoint "$root/usr/local/bin/dig"
}

# has_static_busybox: a program without an interpreter is static.
has_static_busybox() {
	command -v busybox >/dev/null && ! grep -q -a /ld- "$(command -v busybox)"
}

# The scripts of some clients begin with #!/bin/bash, and need no more than sh.
shell() {
	local applet
	install -d "$shell/bin" "$shell/usr/bin" "$shell/usr/share/doc/busybox-static"
	install "$(command -v busybox)" "$shell/bin/busybox"
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || ln -s busybox "$shell/bin/$applet"
	done
	ln -s ../../bin/env "$shell/usr/bin/env"
	printf '#!/bin/sh\nexec sh "$@"\n' >"$shell/bin/bash"
	chmod 755 "$shell/bin/bash"
	cp /usr/share/doc/busybox-static/copyright "$shell/usr/share/doc/busybox-static/" 2>/dev/null || true
}

rm -rf "$root" "$shell"
folders
users
links
if has_static_busybox; then
	shell
else
	echo "$0: no static busybox here, so the image with a shell cannot be built: install busybox-static" >&2
fi
