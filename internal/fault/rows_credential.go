package fault

const whereToFindToken = "You can find your Auth Token in the LocalStack web app https://app.localstack.cloud/workspace/auth-token."

var credentialRows = []Row{
	{
		ID: CredentialsMissing, Exit: ExitLicense,
		Reason: "No credentials were found in the environment: {detail}.",
		Remedy: "Please set the LOCALSTACK_AUTH_TOKEN variable to your Auth Token, or LOCALSTACK_AUTH_TOKEN_FILE to the path of a file that holds it. " + whereToFindToken,
		Help: Help{
			Title:   "no credential is set",
			Meaning: "Pro features are on, and the container was given no Auth Token. The licensing server was not asked.",
			Known:   "Neither LOCALSTACK_AUTH_TOKEN nor LOCALSTACK_API_KEY nor a file of theirs is in the container's environment, or they are blank. Compose makes a variable blank that the shell does not have.",
			Fixes: []Fix{
				{docker, "Pass the variable on: `docker run -e LOCALSTACK_AUTH_TOKEN …`. It must be exported in the shell; `sudo` drops it."},
				{compose, "Use `environment: [LOCALSTACK_AUTH_TOKEN]`, with the variable in the shell or in `.env` beside the Compose file."},
				{kubernetes, "Run `kubectl create secret generic localstack --from-file=auth-token=./token`, then give the variable `valueFrom: {secretKeyRef: {name: localstack, key: auth-token}}`."},
				{ci, "In GitHub Actions, `env: {LOCALSTACK_AUTH_TOKEN: \"${{ secrets.LOCALSTACK_AUTH_TOKEN }}\"}`; pull requests from forks get no secrets. In GitLab, protected variables are absent on unprotected branches."},
				{anywhere, "To start without pro features, set `ACTIVATE_PRO=0`."},
			},
		},
	},
	{
		ID: CredentialsMalformed, Exit: ExitLicense,
		Reason: "The credentials defined in your environment are malformed: {detail}.",
		Remedy: "Please copy the whole token again. " + whereToFindToken,
		Help: Help{
			Title:   "the token has the wrong form",
			Meaning: "What was given cannot be a token: it was cut, mistyped, or mixed with other text.",
			Known:   "An Auth Token has a prefix, `ls-` or `lsci-`, then groups of 8, 4, 4, 4 and 12 letters and digits; the last four are a checksum. The reason names what does not fit and never repeats the token.",
			Fixes: []Fix{
				{anywhere, "Copy the whole token again, from https://app.localstack.cloud/workspace/auth-token."},
				{anywhere, "Count: `printf %s \"$LOCALSTACK_AUTH_TOKEN\" | wc -c` says 39 for `ls-…`, 41 for `lsci-…`."},
				{compose, "In `.env`, write `LOCALSTACK_AUTH_TOKEN=ls-…` on a line of its own with nothing after it."},
				{kubernetes, "In a Secret's `data` the token is in base64, in `stringData` as it is. kubectl encodes it: `kubectl create secret generic localstack --from-file=auth-token=./token`."},
			},
		},
	},
	{
		ID: CredentialsPlaceholder, Exit: ExitLicense,
		Reason: "The credentials defined in your environment are a placeholder: {detail}.",
		Remedy: "Please put your own token in its place. " + whereToFindToken,
		Help: Help{
			Title:   "the token is only a placeholder",
			Meaning: "The variable holds a text that stands for a token: one from an example, or a template that nothing filled in.",
			Known:   "The text is one that documentation uses in place of a token, or looks like a variable that was not replaced, such as `${NAME}`.",
			Fixes: []Fix{
				{anywhere, "Put your own token in its place, from https://app.localstack.cloud/workspace/auth-token."},
				{compose, "Let Compose stop when the shell has no token: `LOCALSTACK_AUTH_TOKEN: ${LOCALSTACK_AUTH_TOKEN:?not set}`."},
				{kubernetes, "Manifests do not replace `${NAME}`. Take the token from a Secret: `valueFrom: {secretKeyRef: {name: localstack, key: auth-token}}`."},
				{ci, "Compare the name of the secret with the one in the project's settings; a mistyped one is not replaced."},
			},
		},
	},
	{
		ID: CredentialsForeign, Exit: ExitLicense,
		Reason: "The credentials defined in your environment belong to something else: {detail}.",
		Remedy: "Please use the Auth Token of LocalStack. " + whereToFindToken,
		Help: Help{
			Title:   "the token is another service's",
			Meaning: "The variable holds a credential of another service. It was not sent to the licensing server.",
			Known:   "It begins as only the credentials of that service do, such as `ghp_` or `AKIA`.",
			Fixes: []Fix{
				{anywhere, "Use LocalStack's Auth Token, from https://app.localstack.cloud/workspace/auth-token."},
				{ci, "See whether two secrets of the project were taken for each other."},
				{anywhere, "Replace the other credential if people can see this container's environment who should not have it."},
			},
		},
	},
	{
		ID: CredentialsConflict, Exit: ExitLicense,
		Reason: "The credentials defined in your environment contradict each other: {detail}.",
		Remedy: "Please keep one of them and remove the other.",
		Help: Help{
			Title:   "two credentials contradict each other",
			Meaning: "More than one credential is set, and which one was meant cannot be told.",
			Known:   "LOCALSTACK_AUTH_TOKEN and LOCALSTACK_API_KEY have different values, or one of them is set and a file is named for it as well.",
			Fixes: []Fix{
				{anywhere, "Keep `LOCALSTACK_AUTH_TOKEN`, or its file. `LOCALSTACK_API_KEY` is the old name."},
				{docker, "Look at `-e` and `--env-file`. A blank variable counts as unset: `docker run -e LOCALSTACK_API_KEY= …`."},
				{compose, "Look at `environment`, `env_file` and `.env`. Blank counts as unset: `environment: [LOCALSTACK_API_KEY=]`."},
				{kubernetes, "Look at `env` and at everything that `envFrom` brings. Blank counts as unset: `env: [{name: LOCALSTACK_API_KEY, value: \"\"}]`."},
			},
		},
	},
	{
		ID: CredentialsUnreadable, Exit: ExitLicense,
		Reason: "The file with the credentials cannot be used: {detail}.",
		Remedy: "Please check that the secret is mounted and readable inside the container.",
		Help: Help{
			Title:   "the file with the token cannot be used",
			Meaning: "LOCALSTACK_AUTH_TOKEN_FILE or LOCALSTACK_API_KEY_FILE names a file, and it is absent, unreadable or empty.",
			Known:   "The file was opened and read. The reason has the system's own words, and the path if it is an absolute one.",
			Fixes: []Fix{
				{docker, "Mount it: `-v \"$PWD/token:/run/secrets/token:ro\"` and `-e LOCALSTACK_AUTH_TOKEN_FILE=/run/secrets/token`. If the host has no such file, Docker puts an empty folder there."},
				{compose, "Use `secrets: [token]` and `environment: [LOCALSTACK_AUTH_TOKEN_FILE=/run/secrets/token]` in the service, and `secrets: {token: {file: ./token}}` at the top."},
				{kubernetes, "Use `volumes: [{name: token, secret: {secretName: localstack}}]` and `volumeMounts: [{name: token, mountPath: /run/secrets/localstack}]`. The file has the name of the Secret's key."},
				{anywhere, "Let the container's user read it: start the container as the file's owner, or `chmod 644 token`."},
			},
		},
	},
	{
		ID: CredentialsInvalid, Stage: StageLicense, Exit: ExitLicense,
		Reason: "The credentials defined in your environment are invalid. Please make sure to either set the LOCALSTACK_AUTH_TOKEN variable to a valid auth token, or the LOCALSTACK_API_KEY variable to a valid LocalStack API key. You can find your Auth Token or API key in the LocalStack web app https://app.localstack.cloud.",
		Remedy: "The licensing server does not know {detail}: it may have been rotated or revoked.",
		Help: Help{
			Title:   "the server does not know the token",
			Meaning: "The licensing server was reached and does not accept this token. It was rotated or revoked, or its account is gone. The stored license is deleted.",
			Known:   "The server answered `licensing.credentials.invalid`. Only such an answer in JSON is a verdict, never a page that a proxy or filter puts in its place.",
			Fixes: []Fix{
				{anywhere, "Compare the beginning that the reason shows with https://app.localstack.cloud/workspace/auth-token. After a rotation only the new token works."},
				{compose, "The shell's variable wins over `.env`: `unset LOCALSTACK_AUTH_TOKEN`, then `docker compose up -d`."},
				{kubernetes, "After a change of the Secret, `kubectl rollout restart deployment localstack`; a running pod keeps its variables."},
				{ci, "Replace the secret by a CI Auth Token (`lsci-…`), from https://app.localstack.cloud/workspace/auth-tokens."},
			},
		},
	},
	{
		ID: CredentialsDeveloper, Exit: ExitNone,
		Reason: "The Auth Token is a developer's, but this is CI: {detail}.",
		Remedy: "Please use a CI Auth Token (lsci-…), see https://app.localstack.cloud/workspace/auth-tokens.",
		Help: Help{
			Title:   "a developer's token is used in CI",
			Meaning: "The start works, but a developer's token is for one person, not for automation.",
			Known:   "The variable CI is set, to whatever value, and the token begins with `ls-`. Tokens for CI begin with `lsci-`.",
			Fixes: []Fix{
				{ci, "Create a CI Auth Token at https://app.localstack.cloud/workspace/auth-tokens and keep it as a masked secret of the project."},
				{docker, "If this is no CI, take the variable away: `docker run -e CI= …`."},
			},
		},
	},
}
