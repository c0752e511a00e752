package fault

var internalRows = []Row{
	{
		ID: InternalPanic, Exit: ExitInternal, Retry: true,
		Reason: "The entrypoint itself has failed: {detail}. This is an error of this program, not of your configuration.",
		Remedy: "Please start again, and report it with the output of a start with LS_LOG=debug.",
		Help: Help{
			Title:   "an error of the entrypoint itself",
			Meaning: "The program met a situation that its authors thought impossible, and ended instead of guessing. It says nothing about the license.",
			Known:   "The Go runtime has stopped the code at that place, which the log names with `LS_LOG=debug`.",
			Fixes: []Fix{
				{anywhere, "Start again: what depends on the moment may not come again."},
				{anywhere, "Report it with what a start with `LS_LOG=debug` prints. Tokens are masked in it; do look it over."},
			},
		},
	},
}
