package container

import "testing"

func TestAContainerIsToldByWhatItsEngineLeaves(t *testing.T) {
	t.Parallel()
	const (
		cgroup, first, mounts = "proc/self/cgroup=", "proc/1/environ=", "proc/self/mountinfo="
		hostRoot              = "27 1 254:0 / / rw,relatime - ext4 /dev/vda1 rw\n"
		id                    = "6a1f0b7c6a1f0b7c6a1f0b7c6a1f0b7c6a1f0b7c6a1f0b7c6a1f0b7c6a1f0b7c"
		dockersLayers         = "1 0 0:9 / / rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A,upperdir=/u\n"
		containerdsLayers     = "1 0 0:9 / / rw - overlay overlay rw,lowerdir=" +
			"/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs\n"
	)
	tests := []struct {
		name  string
		seen  Container
		files []string
		want  bool
		says  string
	}{
		{"nothing", Container{}, nil, false, ""},
		{"a machine", Container{}, []string{"proc/1/cgroup=0::/init.scope", cgroup + "0::/user.slice/docker.slice/a.scope",
			first + "HOME=/\x00mycontainer=1\x00", mounts + hostRoot}, false, ""},
		{"a service of a machine", Container{}, []string{cgroup + "0::/system.slice/docker.service"}, false, ""},
		{"a folder is not its name", Container{}, []string{cgroup + "0::/user.slice/run-docker.scope"}, false, ""},
		{"a machine whose names are a file elsewhere", Container{}, []string{
			mounts + hostRoot + "9 1 254:0 /etc/netns/vpn/resolv.conf /etc/resolv.conf rw - ext4 /dev/vda1 rw\n"}, false, ""},
		{"a machine with LXC", Container{}, []string{
			mounts + hostRoot + "9 1 0:9 / /var/lib/lxcfs rw - fuse.lxcfs lxcfs rw\n"}, false, ""},
		{"a live system", Container{}, []string{
			mounts + "1 0 0:9 / / rw - overlay overlay rw,lowerdir=/run/live/rootfs,upperdir=/run/live/overlay\n"}, false, ""},

		{"forced", Container{Override: "1"}, nil, true, "OVERRIDE_IN_DOCKER is 1"},
		{"forced as words", Container{Override: ` "True" `}, nil, true, `OVERRIDE_IN_DOCKER is "True"`},
		{"denied", Container{Override: "0", OnKubernetes: true}, []string{".dockerenv"}, false, "OVERRIDE_IN_DOCKER is 0"},
		{"neither", Container{Override: "maybe"}, []string{".dockerenv"}, true, "/.dockerenv exists"},
		{"blank", Container{Override: " "}, nil, false, ""},

		{"LocalStack's community image", Container{}, []string{"usr/lib/localstack/.community-version", ".dockerenv"}, true,
			"/usr/lib/localstack/.community-version exists"},
		{"LocalStack's pro image", Container{}, []string{"usr/lib/localstack/.pro-version"}, true,
			"/usr/lib/localstack/.pro-version exists"},
		{"LocalStack's marker", Container{}, []string{"tmp/localstack/.marker"}, true, "/tmp/localstack/.marker exists"},
		{"Docker", Container{}, []string{".dockerenv"}, true, "/.dockerenv exists"},
		{"Podman", Container{}, []string{"run/.containerenv"}, true, "/run/.containerenv exists"},
		{"Kubernetes", Container{OnKubernetes: true}, nil, true, "KUBERNETES_SERVICE_HOST is set"},
		{"Kubernetes without its variables", Container{}, []string{"run/secrets/kubernetes.io/serviceaccount/token"}, true,
			"/run/secrets/kubernetes.io exists"},
		{"systemd in a container", Container{}, []string{"run/systemd/container=lxc"}, true, "/run/systemd/container exists"},

		{"Docker's group", Container{}, []string{cgroup + "5:cpu:/docker/" + id}, true,
			"the control group in /proc/self/cgroup"},
		{"Docker's scope", Container{}, []string{"proc/1/cgroup=0::/system.slice/docker-" + id + ".scope"}, true,
			"the control group in /proc/1/cgroup"},
		{"Kubernetes' group", Container{}, []string{cgroup + "0::/kubepods.slice/kubepods-pod1.slice/x"}, true,
			"the control group in /proc/self/cgroup"},
		{"rootless Podman's group", Container{}, []string{cgroup + "0::/user.slice/libpod-" + id + ".scope/container"}, true,
			"the control group in /proc/self/cgroup"},
		{"LXC's group", Container{}, []string{"proc/1/cgroup=0::/lxc.payload.name/init.scope"}, true,
			"the control group in /proc/1/cgroup"},
		{"LXC's variable", Container{}, []string{first + "HOME=/\x00container=lxc\x00"}, true,
			"the variable container in /proc/1/environ"},
		{"LXC's mounts", Container{}, []string{mounts + hostRoot + "9 1 0:9 / /proc/meminfo rw - fuse.lxcfs lxcfs rw\n"},
			true,
			"the mount of /proc/meminfo"},
		{"Docker's layers", Container{}, []string{mounts + dockersLayers}, true, "the mount of /"},
		{"containerd's layers", Container{}, []string{"proc/1/cgroup=0::/", mounts + containerdsLayers}, true,
			"the mount of /"},
		{"Docker's files", Container{}, []string{
			mounts + hostRoot + "9 1 0:9 /var/lib/docker/containers/" + id + "/hosts /etc/hosts rw - ext4 /dev/vda1 rw\n"}, true,
			"the mount of /etc/hosts"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.seen.Root = rootWith(t, test.files...)
			if inside, says := test.seen.Inside(); inside != test.want || says != test.says {
				t.Errorf("got %v, %q; want %v, %q", inside, says, test.want, test.says)
			}
		})
	}
}
