package container

import "testing"

func TestMemoryKillsAreThoseOfTheContainersControlGroup(t *testing.T) {
	t.Parallel()
	v1 := func(folder, count, limit string) tree {
		at := "sys/fs/cgroup/memory" + folder
		return tree{
			at + "/memory.oom_control":    "oom_kill_disable 0\nunder_oom 0\noom_kill " + count + "\n",
			at + "/memory.limit_in_bytes": limit + "\n",
		}
	}
	v2 := func(folder, count, limit string) tree {
		at := "sys/fs/cgroup" + folder
		return tree{
			at + "/memory.events": "low 0\nhigh 0\nmax 9\noom 8\noom_kill " + count + "\noom_group_kill 0\n",
			at + "/memory.max":    limit + "\n",
		}
	}
	const half, endless = "536870912", "9223372036854771712"
	const noLimit = "no limit is set: the machine's memory ran out"
	tests := []struct {
		name  string
		trees []tree
		want  MemoryKills
	}{
		{"version 2", []tree{cgroupsV2, v2("", "3", half)}, MemoryKills{3, true, "limit 512 MiB"}},
		{"version 2, none", []tree{cgroupsV2, v2("", "0", half)}, MemoryKills{0, true, "limit 512 MiB"}},
		{"version 2, no limit", []tree{cgroupsV2, v2("", "1", "max")}, MemoryKills{1, true, noLimit}},
		{"version 2, the host's groups",
			[]tree{{"proc/self/cgroup": "0::/a/b\n"}, v2("/a", "9", half), v2("/a/b", "1", "max")},
			MemoryKills{1, false, "limit 512 MiB"}},
		{"version 2, a path of the host's", []tree{{"proc/self/cgroup": "0::/../b\n"}, v2("", "2", half)},
			MemoryKills{2, true, "limit 512 MiB"}},
		{"version 1", []tree{cgroupsV1, v1("", "3", half)}, MemoryKills{3, true, "limit 512 MiB"}},
		{"version 1, no limit", []tree{cgroupsV1, v1("", "3", endless)}, MemoryKills{3, true, noLimit}},
		{"version 1, a path of the host's", []tree{{"proc/self/cgroup": "4:cpu,memory:/docker/0123\n"}, v1("", "1", half)},
			MemoryKills{1, true, "limit 512 MiB"}},
		{"version 1, the host's groups",
			[]tree{{"proc/self/cgroup": "4:memory:/a/b\n"}, v1("/a/b", "1", endless), v1("/a", "7", half)},
			MemoryKills{1, false, "limit 512 MiB"}},
		{"both versions, memory in the first", []tree{cgroupsV1, v1("", "1", half), v2("", "7", half)},
			MemoryKills{1, true, "limit 512 MiB"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got, err := plant(t, test.trees...).MemoryKills(); err != nil || got != test.want {
				t.Errorf("got %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}

func TestWithoutACounterThereAreNoMemoryKills(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]tree{
		"no control groups": {"proc/self/cgroup": "0::/\n"},
		"not even /proc":    {},
		"the topmost group": {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cgroup.procs": "1\n"},
		"an old kernel":     {"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.oom_control": "under_oom 0\n"},
		"nonsense":          {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.events": "oom_kill many\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := plant(t, files).MemoryKills(); err == nil {
				t.Errorf("got %+v", got)
			}
		})
	}
}
