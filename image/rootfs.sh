#!/bin/sh
# Creates the image's files except the programs, in a folder. Git keeps neither modes
# nor empty folders, and an image from scratch has no mkdir.
#
# Usage: image/rootfs.sh [FOLDER]
set -eu
umask 022

root=${1:-build/rootfs}

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

rm -rf "$root"
folders
users
links
