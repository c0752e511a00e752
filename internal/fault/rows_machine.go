package fault

var configRows = []Row{
	{
		ID: ConfigInvalid, Exit: ExitConfig,
		Reason: "The configuration cannot be used: {detail}.",
		Remedy: "Please correct the environment; `entrypoint help` explains every variable.",
	},
	{
		ID: CommandNotFound, Exit: ExitNotFound,
		Reason: "The command to run was not found: {detail}.",
	},
	{
		ID: CommandNotExecutable, Exit: ExitNotExecutable,
		Reason: "The command to run cannot be executed: {detail}.",
	},
}

var systemRows = []Row{
	{
		ID: SystemVolume, Exit: ExitNone,
		Reason: "The folder for licences and state cannot be written: {detail}.",
		Remedy: "Please mount a volume at /var/lib/localstack that the container's user can write; without it no start works without network.",
	},
	{
		ID: SystemLogs, Exit: ExitNone,
		Reason: "The folder for logs cannot be written: {detail}.",
		Remedy: "Please mount /var/lib/localstack/logs so that the container's user can write it.",
	},
	{
		ID: SystemDocker, Exit: ExitNone,
		Reason: "The Docker socket cannot be used: {detail}.",
		Remedy: "Please mount it (docker run -v /var/run/docker.sock:/var/run/docker.sock) and give the container's user access; Lambda, ECS and others start containers of their own.",
	},
	{
		ID: SystemMemory, Exit: ExitNone,
		Reason: "The container has little memory: {detail}.",
		Remedy: "Please raise its limit; the emulator needs 1 GiB at least, 4 GiB for work.",
	},
	{
		ID: SystemProcesses, Exit: ExitNone,
		Reason: "The container may start few processes: {detail}.",
		Remedy: "Please raise the limit: docker run --pids-limit 1024, pids_limit in Compose, podPidsLimit in Kubernetes.",
	},
	{
		ID: SystemConfinement, Exit: ExitNone,
		Reason: "The container's confinement takes away what the emulator may need: {detail}.",
		Remedy: "Please allow it, if the service that you use needs it.",
	},
	{
		ID: SystemSignals, Exit: ExitNone,
		Reason: "A stop of this container does not reach the emulator: {detail}.",
		Remedy: "Please make the entrypoint PID 1: no shell around it, or exec in the shell; with another init, SUPERVISE=1.",
	},
}
