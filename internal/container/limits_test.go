package container

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// cgroupsV2 and cgroupsV1 are the versions of control groups as they are seen
// with a namespace of their own. Nothing has a limit.
var (
	bigMachine = tree{
		"proc/meminfo":     "MemTotal:        8052684 kB\nMemFree:          123456 kB\nMemAvailable:    5242880 kB\n",
		"proc/self/status": "Name:\tentrypoint\nUid:\t0\t0\t0\t0\n",
		"proc/self/limits": "Limit                     Soft Limit           Hard Limit           Units     \n" +
			"Max processes             100                  100                  processes \n",
	}
	cgroupsV2 = tree{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cgroup.procs": "1\n"}
	cgroupsV1 = tree{"proc/self/cgroup": "8:pids:/\n4:memory:/\n0::/\n"}
	noCgroups = tree{"proc/self/cgroup": "0::/\n"}
)

func TestMemoryIsThatOfTheTightestLimit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		trees []tree
		want  want
	}{
		{"version 2, no limit", []tree{cgroupsV2, {
			"sys/fs/cgroup/memory.max": "max\n", "sys/fs/cgroup/memory.current": "42991616\n",
		}}, passed("no limit; the machine has 7.7 GiB, 5.0 GiB available")},
		{"version 2, enough", []tree{cgroupsV2, {
			"sys/fs/cgroup/memory.max": "4294967296\n", "sys/fs/cgroup/memory.current": "42991616\n",
			"sys/fs/cgroup/memory.events": "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n",
		}}, passed("limit 4.0 GiB, 41 MiB in use")},
		{"version 2, 1 GiB", []tree{cgroupsV2, {"sys/fs/cgroup/memory.max": "1073741824\n"}},
			passed("limit 1.0 GiB, 0 KiB in use")},
		{"version 2, too little", []tree{cgroupsV2, {
			"sys/fs/cgroup/memory.max": "536870912\n", "sys/fs/cgroup/memory.current": "42991616\n",
			"sys/fs/cgroup/memory.events": "low 0\nhigh 0\nmax 7\noom 3\noom_kill 3\n",
		}}, warned("limit 512 MiB, 41 MiB in use", "processes killed because memory ran out: 3")},
		{"files that can be forgotten are not in use", []tree{cgroupsV2, {
			"sys/fs/cgroup/memory.max": "4294967296\n", "sys/fs/cgroup/memory.current": "1073741824\n",
			"sys/fs/cgroup/memory.stat": "anon 1\ninactive_file 536870912\nactive_file 5\n",
		}}, passed("limit 4.0 GiB, 512 MiB in use")},
		{"more than the machine has", []tree{cgroupsV2, {"sys/fs/cgroup/memory.max": "1099511627776\n"}},
			passed("no limit; the machine has 7.7 GiB, 5.0 GiB available")},
		{"a limit further up", []tree{cgroupsV2, {
			"proc/self/cgroup":                       "0::/pod/container\n",
			"sys/fs/cgroup/pod/memory.max":           "268435456\n",
			"sys/fs/cgroup/pod/memory.current":       "134217728\n",
			"sys/fs/cgroup/pod/container/memory.max": "536870912\n",
		}}, warned("limit 256 MiB, 128 MiB in use")},
		{"the path is one of another namespace", []tree{cgroupsV2, {
			"proc/self/cgroup": "0::/../other\n", "sys/fs/cgroup/memory.max": "4294967296\n",
		}}, passed("limit 4.0 GiB, 0 KiB in use")},
		{"version 1, no limit", []tree{cgroupsV1, {
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}}, passed("no limit; the machine has 7.7 GiB, 5.0 GiB available")},
		{"version 1, too little", []tree{cgroupsV1, {
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "53687091\n",
			"sys/fs/cgroup/memory/memory.stat":           "inactive_file 5\ntotal_inactive_file 10485760\n",
			"sys/fs/cgroup/memory/memory.oom_control":    "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
		}}, warned("limit 512 MiB, 41 MiB in use", "processes killed because memory ran out: 1")},
		{"version 1, the container's group only can be seen", []tree{cgroupsV1, {
			"proc/self/cgroup":                           "4:cpu,memory:/docker/0123\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
		}}, warned("limit 512 MiB, 0 KiB in use")},
		{"no control groups", []tree{noCgroups},
			passed("no limit; the machine has 7.7 GiB, 5.0 GiB available", "no limit can be seen in /sys/fs/cgroup")},
		{"a small machine", []tree{cgroupsV2, {"proc/meminfo": "MemTotal: 524288 kB\nMemAvailable: 262144 kB\n"}},
			warned("no limit; the machine has 512 MiB, 256 MiB available")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.want.compare(t, plant(t, append([]tree{bigMachine}, test.trees...)...).memory(t.Context()))
		})
	}
}

func TestProcessesAreThoseOfTheLimitThatIsMetFirst(t *testing.T) {
	t.Parallel()
	asUser := tree{"proc/self/status": "Name:\tentrypoint\nUid:\t0\t1000\t0\t0\n"}
	pids := func(max, current string) tree {
		return tree{"sys/fs/cgroup/pids.max": max + "\n", "sys/fs/cgroup/pids.current": current + "\n"}
	}
	pidsV1 := func(max, current string) tree {
		return tree{"sys/fs/cgroup/pids/pids.max": max + "\n", "sys/fs/cgroup/pids/pids.current": current + "\n"}
	}
	ulimit := func(soft string) tree {
		return tree{"proc/self/limits": "Max processes         " + soft + "         unlimited         processes \n"}
	}
	tests := []struct {
		name  string
		trees []tree
		want  want
	}{
		{"version 2, no limit", []tree{cgroupsV2, pids("max", "12")},
			passed("no limit")},
		{"version 2, enough", []tree{cgroupsV2, pids("4096", "12")},
			passed("12 of 4096 processes and threads")},
		{"version 2, a low limit", []tree{cgroupsV2, pids("127", "2")},
			warned("2 of 127 processes and threads")},
		{"version 2, few left", []tree{cgroupsV2, {
			"sys/fs/cgroup/pids.max": "200\n", "sys/fs/cgroup/pids.current": "137\n", "sys/fs/cgroup/pids.events": "max 5\n",
		}}, warned("137 of 200 processes and threads", "processes that could not be started because of this limit: 5")},
		{"version 2, more than the limit", []tree{cgroupsV2, pids("200", "300")},
			warned("300 of 200 processes and threads")},
		{"few left further up", []tree{cgroupsV2, {
			"proc/self/cgroup":                         "0::/pod/container\n",
			"sys/fs/cgroup/pod/pids.max":               "1000\n",
			"sys/fs/cgroup/pod/pids.current":           "990\n",
			"sys/fs/cgroup/pod/container/pids.max":     "512\n",
			"sys/fs/cgroup/pod/container/pids.current": "10\n",
		}}, warned("990 of 1000 processes and threads")},
		{"version 1, enough", []tree{cgroupsV1, pidsV1("4096", "12")},
			passed("12 of 4096 processes and threads")},
		{"version 1, few left", []tree{cgroupsV1, pidsV1("128", "65")},
			warned("65 of 128 processes and threads")},
		{"a user's own limit", []tree{cgroupsV2, asUser, pids("4096", "12")},
			warned(`user 1000 may have 100 processes and threads in total \(ulimit -u\)`,
				"the container: 12 of 4096 processes and threads")},
		{"a user's own large limit", []tree{cgroupsV2, asUser, ulimit("30000")},
			passed("no limit", `user 1000 may have 30000 processes and threads in total \(ulimit -u\)`)},
		{"a user without one", []tree{cgroupsV2, asUser, ulimit("unlimited")},
			passed("no limit")},
		{"no control groups", []tree{noCgroups},
			skipped("no limit can be seen in /sys/fs/cgroup")},
		{"no /proc", nil, skipped("no limit can be seen in /sys/fs/cgroup")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.want.compare(t, plant(t, append([]tree{bigMachine}, test.trees...)...).processes(t.Context()))
		})
	}
}

// realGroup makes a control group with a limit, and returns the script that
// enters it.
func realGroup(t *testing.T, controller, oldFile, file, limit string) (enter string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may make a control group")
	}
	folders, old := Container{}.groups(controller)
	if old {
		file = oldFile
	}
	folder := filepath.Join(folders[len(folders)-1], fmt.Sprintf("doctor-test-%d-%s", os.Getpid(), controller))
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Skipf("a control group cannot be made here: %v", err)
	}
	t.Cleanup(func() { noError(t, os.Remove(folder)) })
	if err := os.WriteFile(filepath.Join(folder, file), []byte(limit), 0o600); err != nil {
		t.Skipf("the control group cannot be limited: %v", err)
	}
	return "echo $$ >" + folder + "/cgroup.procs && "
}

func TestRealLimitsAreSeen(t *testing.T) {
	t.Parallel()
	enter := realGroup(t, "memory", "memory.limit_in_bytes", "memory.max", "536870912")
	warned(`limit 512 MiB, \d+ (K|M)iB in use`).compare(t, lookFrom(t, 0, enter+"$LOOK && true", "memory"))

	enter = realGroup(t, "pids", "pids.max", "pids.max", "100")
	warned(`\d+ of 100 processes and threads`).compare(t, lookFrom(t, 0, enter+"$LOOK && true", "processes"))
}

func TestARealUlimitIsSeen(t *testing.T) {
	t.Parallel()
	needs(t, "setpriv", "prlimit")
	warned(`user 1000 may have 120 processes and threads in total \(ulimit -u\)`, ".*").compare(t,
		lookFrom(t, 0, "exec prlimit --nproc=120 setpriv --reuid 1000 $LOOK", "processes"))
}

func TestMemoryIsNotGuessedWithoutProc(t *testing.T) {
	t.Parallel()
	skipped("cannot read /.*/proc/meminfo: no such file or directory").compare(t, plant(t).memory(t.Context()))
}

func FuzzControlGroups(f *testing.F) {
	f.Add(cgroupsV1["proc/self/cgroup"])
	f.Add("0::/../..\n")
	f.Add(":0:/0\n")
	f.Fuzz(func(t *testing.T, memberships string) {
		c := plant(t, tree{"proc/self/cgroup": memberships, "sys/fs/cgroup/memory/x": ""})
		folders, old := c.groups("memory")
		if len(folders) != 1 || (folders[0] == cgroups) == old {
			t.Errorf("%q: %q, version 1 is %t", memberships, folders, old)
		}
	})
}

func FuzzKernelNumbers(f *testing.F) {
	f.Add("max")
	f.Add("9223372036854771712")
	f.Add(bigMachine["proc/self/limits"])
	f.Add(bigMachine["proc/meminfo"])
	f.Fuzz(func(t *testing.T, text string) {
		if parseLimit(text) > unlimited {
			t.Errorf("%q is more than no limit", text)
		}
		for name := range parseFields(text) {
			if strings.ContainsAny(name, ": \t\n") {
				t.Errorf("%q has a field %q", text, name)
			}
		}
	})
}
