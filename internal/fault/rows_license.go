package fault

const adminOfWorkspace = "Ask an administrator of your workspace, or see https://app.localstack.cloud/workspace/members."

var licenseRows = []Row{
	{
		ID: LicenseNotAssigned, Stage: StageLicense, Exit: ExitLicense,
		Reason: "The licensing server accepted your credentials ({detail}), but no license is assigned to this user or workspace.",
		Remedy: adminOfWorkspace,
		Help: Help{
			Title:   "no license is assigned",
			Meaning: "The token is good, but there is no license for its user or workspace: none was assigned, a trial ended, or it was taken away.",
			Known:   "The server answered `licensing.license.not_found` when it was asked for a new license.",
			Fixes: []Fix{
				{anywhere, "Have an administrator assign you a license at https://app.localstack.cloud/workspace/members."},
				{anywhere, "If you are in several workspaces, use the token of the one that has the license."},
				{ci, "A CI Auth Token belongs to a workspace; see whether that one still has a subscription."},
				{anywhere, "To start without pro features, set `ACTIVATE_PRO=0`."},
			},
		},
	},
	{
		ID: LicenseExpired, Stage: StageLicense, Exit: ExitLicense,
		Reason: "Your license has expired: {detail}.",
		Remedy: "Please renew the subscription in the LocalStack web app https://app.localstack.cloud.",
		Help: Help{
			Title:   "the license has expired",
			Meaning: "The subscription or trial behind the license is over.",
			Known:   "The server answered `licensing.license.expired`, or the license that it sent ended before now. Were it still good by the server's `Date` header, this would be `clock.skew`.",
			Fixes: []Fix{
				{anywhere, "Renew the subscription at https://app.localstack.cloud, then start with network once."},
				{anywhere, "See whether the workspace of this token is the one that was renewed."},
				{anywhere, "To start without pro features, set `ACTIVATE_PRO=0`."},
			},
		},
	},
	{
		ID: LicenseStatus, Stage: StageLicense, Exit: ExitLicense,
		Reason: "Your license is not active: {detail}.",
		Remedy: adminOfWorkspace,
		Help: Help{
			Title:   "the license is not active",
			Meaning: "The license exists, but was switched off or suspended, for example because a payment failed.",
			Known:   "The server answered `licensing.license.invalid_status`, or the license that it sent has a status other than ACTIVE.",
			Fixes: []Fix{
				{anywhere, "Have an administrator look at the subscription and its payments at https://app.localstack.cloud."},
				{anywhere, "Contact LocalStack support if the web app shows it as active."},
			},
		},
	},
	{
		ID: LicenseProduct, Stage: StageLicense, Exit: ExitLicense,
		Reason: "Your license does not cover this image: {detail}.",
		Remedy: "Please use an image tag that your license agreement covers.",
		Help: Help{
			Title:   "the license is not for this image",
			Meaning: "The license is active, but for another product or for other versions.",
			Known:   "None of the license's `products` has this product's name together with this version's major and minor number, or `*`. The version is that of LOCALSTACK_BUILD_VERSION.",
			Fixes: []Fix{
				{anywhere, "Use an image tag that the license covers; the web app https://app.localstack.cloud shows what it is for."},
				{anywhere, "If you set `LOCALSTACK_BUILD_VERSION` yourself, remove it: the image has the right one."},
				{anywhere, "Ask your administrator or LocalStack support to extend the license to this version."},
			},
		},
	},
	{
		ID: LicenseVersion, Stage: StageLicense, Exit: ExitLicense,
		Reason: "The licensing server at {server} cannot judge this version of LocalStack: {detail}.",
		Remedy: "Please use a released image tag, or correct LOCALSTACK_BUILD_VERSION.",
		Help: Help{
			Title:   "the server cannot judge this version",
			Meaning: "The licensing server makes nothing of this image's version. That says nothing about the license.",
			Known:   "The server answered `licensing.license.format`.",
			Fixes: []Fix{
				{anywhere, "Use a released image tag, such as `localstack/localstack-pro:latest`."},
				{anywhere, "If you set `LOCALSTACK_BUILD_VERSION` yourself, make it a version such as `4.14.0`."},
			},
		},
	},
	{
		ID: LicenseRefused, Stage: StageLicense, Exit: ExitLicense,
		Reason: "The licensing server at {server} refused the activation: {detail}.",
		Remedy: "Please contact LocalStack support with this message.",
		Help: Help{
			Title:   "the server refuses for another reason",
			Meaning: "The licensing server said no, with a reason that this program has no words for. The stored license is deleted.",
			Known:   "The answer was JSON with a `licensing.…` message that no other row is about.",
			Fixes: []Fix{
				{anywhere, "Contact LocalStack support with the message."},
				{anywhere, "Update the image; a newer one may know the code."},
			},
		},
	},
}

var storedRows = []Row{
	{
		ID: StoredStale, More: true, Exit: ExitLicense,
		Reason: "The stored license cannot be used offline any longer: {detail}.",
		Help: Help{
			Title:   "the stored license is too old",
			Meaning: "A license that was stored by an earlier start stands in when the server cannot be reached, but only for 24 hours after its last activation.",
			Known:   "The document's `reactivate_after` is over, or 24 hours are where it has none.",
			Fixes: []Fix{
				{anywhere, "Mend the network failure that the reason names first. " + onceOnline},
				{anywhere, "Let the container run with network: the license is renewed while the emulator runs, unless `LICENSE_RENEWAL_INTERVAL=0`."},
				{anywhere, seeStored},
			},
		},
	},
	{
		ID: StoredCredential, More: true, Exit: ExitLicense,
		Reason: "The stored license belongs to another credential: {detail}.",
		Help: Help{
			Title:   "the stored license is another token's",
			Meaning: "The volume holds a license that was activated with another token, and without network it is of no use to this one.",
			Known:   "The document's signature does not fit this token, and the document notes the beginning of another.",
			Fixes: []Fix{
				{anywhere, "Use the token that the license was activated with, or start once with network to store one for this token."},
				{anywhere, "After a rotation of the token, start once with network."},
				{docker, "Give each token a volume of its own: `docker run -v localstack-ci:/var/lib/localstack …`."},
				{anywhere, seeStored},
			},
		},
	},
	{
		ID: StoredTampered, More: true, Exit: ExitLicense,
		Reason: "The stored license was altered: {detail}.",
		Help: Help{
			Title:   "the stored license was altered",
			Meaning: "The license in the volume is not what the server sent: a field was changed, or the file is damaged.",
			Known:   "Its signature, an HMAC-SHA256 with the token as its key, does not match its content.",
			Fixes: []Fix{
				{anywhere, "Mend the network failure that the reason names first. " + onceOnline},
				{anywhere, "Delete `/var/lib/localstack/cache/license.json` from the volume if you edited it."},
				{anywhere, seeStored},
			},
		},
	},
	{
		ID: StoredVersion, More: true, Exit: ExitLicense,
		Reason: "The stored license was activated for another version: {detail}.",
		Help: Help{
			Title:   "the stored license is another version's",
			Meaning: "A stored license stands in for the server only for the major and minor version that it was activated for.",
			Known:   "The document notes the version; this one is LOCALSTACK_BUILD_VERSION.",
			Fixes: []Fix{
				{anywhere, "Start the new version once with network, or use the image tag of the old version meanwhile."},
				{docker, "Give each version a volume of its own: `docker run -v localstack-4.14:/var/lib/localstack …`."},
				{anywhere, seeStored},
			},
		},
	},
	{
		ID: StoredInvalid, More: true, Exit: ExitLicense,
		Reason: "The stored license cannot be used: {detail}.",
		Help: Help{
			Title:   "the stored license is not usable",
			Meaning: "The license in the volume is expired, not active, or not for this product, so it cannot stand in for the server.",
			Known:   "The document was judged as an answer of the server would be: status, dates, products.",
			Fixes: []Fix{
				{anywhere, "Mend the network failure that the reason names first; the server may have a newer license."},
				{anywhere, seeStored},
			},
		},
	},
	{
		ID: ClockSkew, More: true, Stage: StageClock, Exit: ExitLicense,
		Reason: "The clock of this machine is wrong: {detail}.",
		Remedy: "Please set the clock; containers take their host's.",
		Help: Help{
			Title:   "the clock of this machine is wrong",
			Meaning: "By this clock a license comes from the future or is over, though it is not. Dates and certificates cannot be judged like that.",
			Known:   "The stored license was issued more than 5 minutes after now, or the `Date` header of the server differs by more than 5 minutes, and by that time the license or the certificate is good.",
			Fixes: []Fix{
				{anywhere, "Compare `date -u` with a clock that you trust, and let the host set its own: `sudo timedatectl set-ntp true`."},
				{docker, "Docker Desktop's machine may lag after sleep: restart Docker Desktop. In WSL, `sudo hwclock -s`, or `wsl --shutdown` on Windows."},
				{kubernetes, "The node's clock counts: see that its time service runs, such as chrony or systemd-timesyncd."},
			},
		},
	},
}
