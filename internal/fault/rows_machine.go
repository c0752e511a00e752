package fault

var configRows = []Row{
	{
		ID: ConfigInvalid, Exit: ExitConfig,
		Reason: "The configuration cannot be used: {detail}.",
		Remedy: "Please correct the environment; `entrypoint help` explains every variable.",
		Help: Help{
			Title:   "a variable makes no sense",
			Meaning: "One or more variables have values that cannot be used. All of them are listed at once.",
			Known:   "Every variable of this program has a form, such as a boolean, a time or a URL, and the value does not have it. Values that may hold a secret are not repeated.",
			Fixes: []Fix{
				{anywhere, "Correct or remove the variables that the reason names; a blank one counts as unset. `entrypoint help` and docs/CONFIG.md have all forms."},
				{anywhere, "Remember that `LOCALSTACK_X` stands for `X` and wins."},
				{kubernetes, "A Service named `localstack` sets variables such as `LOCALSTACK_PORT`; `enableServiceLinks: false` in the pod's spec keeps them away."},
			},
		},
	},
	{
		ID: CommandNotFound, Exit: ExitNotFound,
		Reason: "The command to run was not found: {detail}.",
		Help: Help{
			Title:   "the command was not found",
			Meaning: "What should run after the activation is not in this image. The licensing server was not asked.",
			Known:   "The path does not exist, or no folder of PATH has a program of that name.",
			Fixes: []Fix{
				{docker, "Look at what stands after the image in `docker run IMAGE COMMAND`, and at `LOCALSTACK_SUPERVISOR_COMMAND`. Without either, LocalStack itself is started."},
				{compose, "Look at `command` of the service."},
				{kubernetes, "Look at `args`; `command` replaces the entrypoint itself."},
				{anywhere, "If the file exists, its interpreter may not: the first line (`#!`) of a script, or the loader of a program for another C library."},
			},
		},
	},
	{
		ID: CommandNotExecutable, Exit: ExitNotExecutable,
		Reason: "The command to run cannot be executed: {detail}.",
		Help: Help{
			Title:   "the command cannot be executed",
			Meaning: "The file exists, but the system does not run it. The reason has its words.",
			Known:   "It is a folder, or the user may not execute it, or `execve` refused it.",
			Fixes: []Fix{
				{anywhere, "Make it executable: `chmod +x FILE`, or in a Dockerfile `COPY --chmod=755 FILE /FILE`."},
				{anywhere, "With \"exec format error\", the image is for another processor, `docker run --platform linux/amd64 …`, or a script has no `#!` line."},
				{kubernetes, "Files of a ConfigMap are not executable: `configMap: {name: scripts, defaultMode: 0755}`."},
			},
		},
	},
}

var systemRows = []Row{
	{
		ID: SystemVolume, Exit: ExitNone,
		Reason: "The folder for licenses and state cannot be written: {detail}.",
		Remedy: "Please mount a volume at /var/lib/localstack that the container's user can write; without it no start works without network.",
		Help: Help{
			Title:   "the volume cannot be written",
			Meaning: "The license cannot be stored for a start without network, and the emulator's state will be lost.",
			Known:   "A file could not be made in `/var/lib/localstack`, or there is no room for one.",
			Fixes: []Fix{
				{docker, keepDocker + " A folder of the host must be the container's user's: `sudo chown 1000:1000 ./volume`."},
				{compose, keepCompose},
				{kubernetes, keepKubernetes + " Without root, add `securityContext: {fsGroup: 1000}`."},
				{anywhere, "Look for `:ro`, a full disk (`df -h`), and a read-only root file system."},
			},
		},
	},
	{
		ID: SystemLogs, Exit: ExitNone,
		Reason: "The folder for logs cannot be written: {detail}.",
		Remedy: "Please mount /var/lib/localstack/logs so that the container's user can write it.",
		Help: Help{
			Title:   "the logs folder cannot be written",
			Meaning: "The emulator cannot keep its log files. What it prints is not affected.",
			Known:   "`/var/lib/localstack/logs` could not be made, or no file in it.",
			Fixes: []Fix{
				{docker, keepDocker + " A folder that another user made: `sudo chown -R 1000:1000 ./volume`."},
				{kubernetes, "Without root, add `securityContext: {fsGroup: 1000}` to the pod's spec."},
			},
		},
	},
	{
		ID: SystemDocker, Exit: ExitNone,
		Reason: "The Docker socket cannot be used: {detail}.",
		Remedy: "Please mount it (docker run -v /var/run/docker.sock:/var/run/docker.sock) and give the container's user access; Lambda, ECS and others start containers of their own.",
		Help: Help{
			Title:   "Docker is not available inside",
			Meaning: "Services that start containers of their own, such as Lambda and ECS, will fail. The others work.",
			Known:   "The socket of DOCKER_HOST, or `/var/run/docker.sock`, is absent, or does not answer this user.",
			Fixes: []Fix{
				{docker, "Mount it: `-v /var/run/docker.sock:/var/run/docker.sock`. Without root, add `--group-add $(stat -c %g /var/run/docker.sock)`."},
				{compose, "Mount it: `volumes: [\"/var/run/docker.sock:/var/run/docker.sock\"]`."},
				{kubernetes, "There is no Docker. Let LocalStack start pods: `env: [{name: CONTAINER_RUNTIME, value: kubernetes}]`, or with its Helm chart `--set lambda.executor=kubernetes`."},
				{anywhere, "Whoever has the socket is root on the host. If you need none of these services, leave it."},
			},
		},
	},
	{
		ID: SystemMemory, Exit: ExitNone,
		Reason: "The container has little memory: {detail}.",
		Remedy: "Please raise its limit; the emulator needs 1 GiB at least, 4 GiB for work.",
		Help: Help{
			Title:   "there is little memory",
			Meaning: "The emulator may be killed when it needs more; a container that ends with exit code 137 was.",
			Known:   "The limit of the container's cgroup and the machine's memory were compared with what the emulator needs.",
			Fixes: []Fix{
				{docker, "Raise the limit: `docker run --memory 4g …`. In Docker Desktop, see Settings, Resources."},
				{compose, "Raise the limit: `mem_limit: 4g`."},
				{kubernetes, "Raise the limit: `resources: {limits: {memory: 4Gi}}`."},
				{anywhere, "Start fewer services: `SERVICES=s3,sqs`."},
			},
		},
	},
	{
		ID: SystemProcesses, Exit: ExitNone,
		Reason: "The container may start few processes: {detail}.",
		Remedy: "Please raise the limit: docker run --pids-limit 1024, pids_limit in Compose, podPidsLimit in Kubernetes.",
		Help: Help{
			Title:   "few processes are allowed",
			Meaning: "The emulator has many threads, and each counts as a process. At the limit it fails in ways that are hard to read.",
			Known:   "The limit is `pids.max` of the container's cgroup, or the user's limit of processes.",
			Fixes: []Fix{
				{docker, "Raise the limits: `docker run --pids-limit 1024 --ulimit nproc=4096 …`."},
				{compose, "Raise the limits: `pids_limit: 1024` and `ulimits: {nproc: 4096}`."},
				{kubernetes, "Raise `podPidsLimit` in the kubelet's configuration of the node."},
			},
		},
	},
	{
		ID: SystemConfinement, Exit: ExitNone,
		Reason: "The container's confinement takes away what the emulator may need: {detail}.",
		Remedy: "Please allow it, if the service that you use needs it.",
		Help: Help{
			Title:   "the container is confined",
			Meaning: "Capabilities, system calls or parts of the file system were taken away. The start works; some services may not.",
			Known:   "The kernel tells it of this process, as in `/proc/self/status`: capabilities, NoNewPrivs, Seccomp.",
			Fixes: []Fix{
				{anywhere, "If everything that you use works, leave it: less is safer."},
				{docker, "Give back what the reason names, such as `--cap-add NET_BIND_SERVICE` for port 53 and 443, or a place to write: `--tmpfs /tmp`."},
				{compose, "Give back what the reason names: `cap_add: [NET_BIND_SERVICE]`, `tmpfs: [/tmp]`."},
				{kubernetes, "Give back what the reason names: `securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}`, and an `emptyDir` at `/tmp`."},
			},
		},
	},
	{
		ID: SystemSignals, Exit: ExitNone,
		Reason: "A stop of this container does not reach the emulator: {detail}.",
		Remedy: "Please make the entrypoint PID 1: no shell around it, or exec in the shell; with another init, SUPERVISE=1.",
		Help: Help{
			Title:   "a stop does not reach the emulator",
			Meaning: "`docker stop` signals PID 1 only. That is another program, which does not pass the signal on, so the emulator is killed after 10 seconds and loses its state.",
			Known:   "This program is not PID 1, and `/proc` shows what is, such as a shell.",
			Fixes: []Fix{
				{docker, "In a Dockerfile, write `ENTRYPOINT [\"docker-entrypoint.sh\"]` with brackets; without them a shell is PID 1. In a script, `exec docker-entrypoint.sh \"$@\"`."},
				{docker, "With `docker run --init`, add `-e SUPERVISE=1`."},
				{compose, "Write `entrypoint: [docker-entrypoint.sh]` with brackets. With `init: true`, add `environment: [SUPERVISE=1]`."},
				{kubernetes, "Use `args` instead of `command: [sh, -c, …]`. With `shareProcessNamespace: true`, add `SUPERVISE=1`."},
			},
		},
	},
}
