package container

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"localstack-entrypoint/internal/fault"
)

// notMounted is what is said of folders that end with the container.
const notMounted = "no volume is mounted there: .*"

// everything is all paths below the root, to see that a check leaves nothing.
func everything(t *testing.T, c Container) string {
	t.Helper()
	var all strings.Builder
	noError(t, filepath.WalkDir(string(c.Root), func(path string, _ fs.DirEntry, err error) error {
		fmt.Fprintln(&all, path)
		return err
	}))
	return all.String()
}

func TestAFolderOfTheVolumeCanBeWritten(t *testing.T) {
	t.Parallel()
	noMounts := tree{"proc/self/mountinfo": "27 1 254:0 / / rw - ext4 /dev/vda rw\n"}
	tests := []struct {
		name string
		tree tree
		fact string
	}{
		{"it is there", tree{"var/lib/localstack/%s/old": ""}, "/.*/var/lib/localstack/%s can be written, .* free"},
		{"the volume is there", tree{"var/lib/localstack/other": ""}, "/.*/var/lib/localstack/%s can be created, .* free"},
		{"nothing is there", tree{}, "/.*/var/lib/localstack/%s can be created, .* free"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for folder, check := range map[string]func(Container, context.Context) fault.Check{
				"cache": Container.volume, "logs": Container.logs,
			} {
				files := tree{}
				for name := range test.tree {
					files[strings.Replace(name, "%s", folder, 1)] = ""
				}
				c := plant(t, noMounts, files)
				before := everything(t, c)
				passed(fmt.Sprintf(test.fact, folder), notMounted).compare(t, check(c, t.Context()))
				if after := everything(t, c); after != before {
					t.Errorf("before %s, after %s", before, after)
				}
			}
		})
	}
}

func TestObstaclesInTheVolumeAreNamed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want string
		make       func(t *testing.T, volume string)
	}{
		{"a file in place of the folder", "/.*/cache: not a directory", func(t *testing.T, volume string) {
			noError(t, os.WriteFile(filepath.Join(volume, "cache"), nil, 0o600))
		}},
		{"a link out of the volume", `/.*/cache is a link to "/.*", which is not in /.*/var/lib/localstack`,
			func(t *testing.T, volume string) {
				noError(t, os.Symlink(t.TempDir(), filepath.Join(volume, "cache")))
			}},
		{"a directory in place of the license", "/.*/cache/license.json: it is an empty directory; Docker creates one .*",
			func(t *testing.T, volume string) {
				noError(t, os.MkdirAll(filepath.Join(volume, "cache", "license.json"), 0o755))
			}},
		{"a directory in place of the identity", "/.*/cache/machine.json: it is a directory",
			func(t *testing.T, volume string) {
				noError(t, os.MkdirAll(filepath.Join(volume, "cache", "machine.json", "full"), 0o755))
			}},
		{"links in a circle", "/.*/cache: too many levels of symbolic links", func(t *testing.T, volume string) {
			noError(t, os.Symlink("cache", filepath.Join(volume, "cache")))
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := plant(t, tree{"var/lib/localstack/other": ""})
			test.make(t, c.Root.Volume())
			before := everything(t, c)
			warned(test.want, "cannot read /.*/mountinfo: .*").compare(t, c.volume(t.Context()))
			if after := everything(t, c); after != before {
				t.Errorf("before %s, after %s", before, after)
			}
		})
	}
}

func TestAFolderBehindALinkThatStaysInTheVolumeCanBeWritten(t *testing.T) {
	t.Parallel()
	c := plant(t, tree{"var/lib/localstack/other": "", "proc/self/mountinfo": "27 1 254:0 / / rw - ext4 /dev/vda rw\n"})
	noError(t, os.Symlink(filepath.Join(c.Root.Volume(), "kept"), c.Root.Cache()))
	passed("/.*/cache can be created, .* free", notMounted).compare(t, c.volume(t.Context()))
	noError(t, os.Mkdir(filepath.Join(c.Root.Volume(), "kept"), 0o755))
	passed("/.*/cache can be written, .* free", notMounted).compare(t, c.volume(t.Context()))
}

func TestWhatIsStoredEndsWithTheContainerUnlessItIsMounted(t *testing.T) {
	t.Parallel()
	const (
		root = "27 1 0:40 / / rw,relatime - overlay overlay rw,lowerdir=/a\n"
		ext4 = " rw - ext4 /dev/vda rw\n"
		tmp  = root + "28 27 0:50 / /var/lib/localstack rw - tmpfs tmpfs rw\n"
		kept = `/var/lib/localstack is a mount \(ext4\)`
	)
	named := func(volume string) string {
		return root + "28 27 254:0 /var/lib/docker/volumes/" + volume + "/_data /var/lib/localstack" + ext4
	}
	tests := []struct{ name, mounts, want string }{
		{"no mount", root, notMounted},
		{"a mount above", root + "28 27 0:41 / /var" + ext4, notMounted},
		{"a mount with a similar name", root + "28 27 0:41 / /var/lib/localstack2" + ext4, notMounted},
		{"a bind mount", root + "28 27 254:0 /home/me/x /var/lib/localstack rw master:1 - ext4 /dev/vda rw\n", kept},
		{"a mount of the folder alone", root + "28 27 254:0 /x /var/lib/localstack/cache rw - xfs /dev/vda rw\n",
			`/var/lib/localstack/cache is a mount \(xfs\)`},
		{"a named volume", named("ls"), kept},
		{"an anonymous volume", named(strings.Repeat("0123456789abcdef", 4)), ".* is an anonymous volume, .*"},
		{"a tmpfs", tmp, "/var/lib/localstack is a tmpfs: .*"},
		{"one mount over the other", tmp + "29 28 254:0 /x /var/lib/localstack" + ext4, kept},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := plant(t, tree{"proc/self/mountinfo": test.mounts})
			passed(".*", test.want).compare(t, c.volume(t.Context()))
		})
	}
}

// mountVolume mounts a tmpfs as the volume of a new container.
func mountVolume(t *testing.T, options string) (c Container, volume string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	c = plant(t, tree{"proc/self/mountinfo": "27 1 254:0 / / rw - ext4 /dev/vda rw\n"})
	volume = c.Root.Volume()
	noError(t, os.MkdirAll(volume, 0o755))
	if err := syscall.Mount("tmpfs", volume, "tmpfs", 0, options); err != nil {
		t.Skipf("mounting is not allowed here: %v", err)
	}
	t.Cleanup(func() { noError(t, syscall.Unmount(volume, syscall.MNT_DETACH)) })
	return c, volume
}

func TestAReadOnlyVolumeIsNamedAsSuch(t *testing.T) {
	t.Parallel()
	c, volume := mountVolume(t, "size=128m")
	noError(t, os.Mkdir(filepath.Join(volume, "logs"), 0o755))
	noError(t, syscall.Mount("", volume, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	warned("/.*/var/lib/localstack/cache is on a read-only mount", notMounted).compare(t, c.volume(t.Context()))
	warned("/.*/var/lib/localstack/logs is on a read-only mount", notMounted).compare(t, c.logs(t.Context()))
}

func TestAVolumeWithLittleSpaceIsNamedAsSuch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, options, want string
		files               int
	}{
		{"little", "size=1m", "cache has only 1 MiB of 1 MiB left", 0},
		{"few files", "size=128m,nr_inodes=100", `cache has only \d\d of 100 files left`, 0},
		{"no files", "size=128m,nr_inodes=3", "cache is full: 0 of 3 files left", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, volume := mountVolume(t, test.options)
			for i := range test.files {
				noError(t, os.WriteFile(filepath.Join(volume, fmt.Sprint(i)), nil, 0o600))
			}
			warned("/.*/var/lib/localstack/"+test.want, notMounted).compare(t, c.volume(t.Context()))
		})
	}
}

func TestAFullVolumeIsNamedAsSuch(t *testing.T) {
	t.Parallel()
	c, volume := mountVolume(t, "size=64k")
	if err := os.WriteFile(filepath.Join(volume, "much"), make([]byte, 128<<10), 0o600); err == nil {
		t.Fatal("the volume is larger than asked for")
	}
	warned("/.*/cache is full: 0 KiB of 64 KiB left", notMounted).compare(t, c.volume(t.Context()))
}

func TestAFileSystemThatDoesNotTellItsSizeIsNotFull(t *testing.T) {
	t.Parallel()
	c, volume := mountVolume(t, "size=1m")
	noError(t, syscall.Mount("ramfs", volume, "ramfs", 0, ""))
	t.Cleanup(func() { noError(t, syscall.Unmount(volume, syscall.MNT_DETACH)) })
	passed("/.*/cache can be created, an unknown amount free", notMounted).compare(t, c.volume(t.Context()))
}

func TestAVolumeOfSomebodyElseIsNamedAsSuch(t *testing.T) {
	t.Parallel()
	needs(t, "setpriv")
	const fresh = "mount -t tmpfs -o mode=755 tmpfs /var/lib && "
	const asUser = " && exec setpriv --reuid 1000 $LOOK"
	tests := []struct{ name, script, want string }{
		{"the volume", fresh + "mkdir -m 755 /var/lib/localstack" + asUser,
			"/var/lib/localstack belongs to user 0 and group 0, mode 0755, but this process runs as user 1000 in the groups .*"},
		{"the folder", fresh + "mkdir -p -m 700 /var/lib/localstack/cache" + asUser,
			"/var/lib/localstack/cache belongs to user 0 and group 0, mode 0700, .* runs as user 1000 .*"},
		{"a closed volume with the folder",
			fresh + "mkdir -p /var/lib/localstack/cache && chmod 700 /var/lib/localstack" + asUser,
			"/var/lib/localstack belongs to user 0 and group 0, mode 0700, but this process runs as user 1000 in the groups .*"},
		{"the folder that it is to be made in", fresh + "true" + asUser,
			"/var/lib belongs to user 0 and group 0, mode 0755, but this process runs as user 1000 in the groups .*"},
		{"root without the capability",
			fresh + "mkdir /var/lib/localstack && chown 1000 /var/lib/localstack && " +
				"exec setpriv --bounding-set -dac_override $LOOK",
			"/var/lib/localstack belongs to user 1000 and group 0, mode 0755, .* runs as user 0 .*; " +
				"SELinux or a missing capability may deny access"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			warned(test.want, notMounted).compare(t, lookFrom(t, 0, test.script, "volume"))
		})
	}
}

func TestARealMountIsSeen(t *testing.T) {
	t.Parallel()
	const mounted = "mount -t tmpfs tmpfs /var/lib && mkdir -p /var/lib/localstack && " +
		"mount -t tmpfs tmpfs /var/lib/localstack && exec $LOOK"
	passed("/var/lib/localstack/cache can be created, .* free", "/var/lib/localstack is a tmpfs: .*").compare(t,
		lookFrom(t, 0, mounted, "volume"))
}

func FuzzMounts(f *testing.F) {
	f.Add("28 27 254:0 /x /var/lib/local\\040stack rw master:1 shared:3 - ext4 /dev/vda rw,discard\n")
	f.Add("1 2 3 4 - 5")
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range parseMounts(text) {
			if m.root == "" || !filepath.IsAbs(m.point) || m.kind == "" {
				t.Errorf("%q has a mount %+v", text, m)
			}
		}
	})
}

func TestMountsWithBlanksInTheirNamesAreRead(t *testing.T) {
	t.Parallel()
	mounts := parseMounts("28 27 254:0 /a\\134b /with\\040blank rw - ext4 /dev/vda rw\nnot a mount\n")
	if len(mounts) != 1 || mounts[0].root != `/a\b` || mounts[0].point != "/with blank" {
		t.Errorf("%+v", mounts)
	}
}
