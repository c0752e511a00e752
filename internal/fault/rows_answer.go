package fault

var answerRows = []Row{
	{
		ID: NetworkServerError, More: true, Stage: StageServer, Coarse: true, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "The server has a problem of its own; please try again in a few minutes.",
		Help: Help{
			Title:   "the server has a problem",
			Meaning: "The licensing server, or a gateway before it, could not do its work. This says nothing about the license.",
			Known:   "The answer has a status of 500 or more, or 408. If the server has a name for the request, the reason repeats it for LocalStack support.",
			Fixes: []Fix{
				{anywhere, "See whether the problem is known: https://status.localstack.cloud."},
				{docker, keepDocker + " A license that is stored there carries a start over such times."},
				{compose, keepCompose},
				{kubernetes, keepKubernetes},
				{corporate, "A 502, 503 or 504 may be your proxy's own: ask its administrator."},
			},
		},
	},
	{
		ID: NetworkRateLimited, More: true, Stage: StageLicense, Coarse: true, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Too many containers start with this token at once; please start again later.",
		Help: Help{
			Title:   "too many starts at once",
			Meaning: "The licensing server asks to slow down: this token, or this network, sends too many requests.",
			Known:   "The answer has status 429. Its `Retry-After` header, if any, says how long to wait.",
			Fixes: []Fix{
				{anywhere, "Look for a container that restarts in a loop. If the reason says how long to wait, nothing helps before."},
				{ci, "Start one LocalStack for many tests instead of one for each, and do not begin all jobs in the same second."},
				{docker, keepDocker + " A license that is stored there stands in."},
				{kubernetes, keepKubernetes},
			},
		},
	},
	{
		ID: NetworkWrongServer, More: true, Stage: StageServer, Coarse: true, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Something else answers in its place: a captive portal, a block page, or a wrong API_ENDPOINT.",
		Help: Help{
			Title:   "something else answers",
			Meaning: "An answer came, but not from a licensing server. It counts as no answer, never as a verdict on the license.",
			Known:   "It is no license and no refusal in JSON, or is larger than 1 MiB. The reason says what it looks like, with the title of an HTML page.",
			Fixes: []Fix{
				{anywhere, ownEndpoint},
				{anywhere, "See what answers: `curl -i https://api.localstack.cloud/v1`."},
				{corporate, "Ask for `api.localstack.cloud` to be let through the web filter or proxy."},
			},
		},
	},
	{
		ID: NetworkBlockPage, More: true, Stage: StageServer, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "A filter of your network answers in its place; ask your network administrator to safelist {host}.",
		Help: Help{
			Title:   "a block page answers",
			Meaning: "A web filter of the network shows its own page instead of passing the request on.",
			Known:   "The answer is an HTML page with status 403 or 451, or with a title about blocking, such as \"Access denied\".",
			Fixes: []Fix{
				{corporate, "The reason has what the administrator needs to find the rule of the web filter."},
				{corporate, "Ask whether another proxy is meant for programs, and set `HTTPS_PROXY` to it."},
				{anywhere, "See the page: `curl -i https://api.localstack.cloud/v1`, or open it in a browser on the host."},
			},
		},
	},
	{
		ID: NetworkCaptivePortal, More: true, Stage: StageServer, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please sign in to this network with a browser on the host, then start again.",
		Help: Help{
			Title:   "the network wants a sign-in first",
			Meaning: "The network, such as that of a hotel or for guests, lets nothing out before somebody signs in.",
			Known:   "The answer has status 511, redirects elsewhere, or is an HTML page whose title is about signing in.",
			Fixes: []Fix{
				{anywhere, "Any page with `http://` leads the browser to the portal."},
				{corporate, "A web filter may ask programs for a sign-in, too. Ask for `api.localstack.cloud` to be let through without one."},
				{ci, "Use a network without a portal; a machine without a browser cannot sign in."},
			},
		},
	},
}
