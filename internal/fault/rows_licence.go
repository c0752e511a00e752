package fault

const (
	whereToFindToken = "You can find your Auth Token in the LocalStack web app https://app.localstack.cloud/workspace/auth-token."
	adminOfWorkspace = "Ask an administrator of your workspace, or see https://app.localstack.cloud/workspace/members."
)

var credentialRows = []Row{
	{
		ID: CredentialsMissing, Exit: ExitLicense,
		Reason: "No credentials were found in the environment: {detail}.",
		Remedy: "Please set the LOCALSTACK_AUTH_TOKEN variable to your Auth Token, or LOCALSTACK_AUTH_TOKEN_FILE to the path of a file that holds it. " + whereToFindToken,
	},
	{
		ID: CredentialsMalformed, Exit: ExitLicense,
		Reason: "The credentials defined in your environment are malformed: {detail}.",
		Remedy: "Please copy the whole token again. " + whereToFindToken,
	},
	{
		ID: CredentialsPlaceholder, Exit: ExitLicense,
		Reason: "The credentials defined in your environment are a placeholder: {detail}.",
		Remedy: "Please put your own token in its place. " + whereToFindToken,
	},
	{
		ID: CredentialsForeign, Exit: ExitLicense,
		Reason: "The credentials defined in your environment belong to something else: {detail}.",
		Remedy: "Please use the Auth Token of LocalStack. " + whereToFindToken,
	},
	{
		ID: CredentialsConflict, Exit: ExitLicense,
		Reason: "The credentials defined in your environment contradict each other: {detail}.",
		Remedy: "Please keep one of them and remove the other.",
	},
	{
		ID: CredentialsUnreadable, Exit: ExitLicense,
		Reason: "The file with the credentials cannot be used: {detail}.",
		Remedy: "Please check that the secret is mounted and readable inside the container.",
	},
	{
		ID: CredentialsInvalid, Exit: ExitLicense,
		Reason: "The credentials defined in your environment are invalid. Please make sure to either set the LOCALSTACK_AUTH_TOKEN variable to a valid auth token, or the LOCALSTACK_API_KEY variable to a valid LocalStack API key. You can find your Auth Token or API key in the LocalStack web app https://app.localstack.cloud.",
		Remedy: "The licensing server does not know {detail}: it may have been rotated or revoked.",
	},
	{
		ID: CredentialsDeveloper, Exit: ExitNone,
		Reason: "The Auth Token is a developer's, but this is CI: {detail}.",
		Remedy: "Please use a CI Auth Token (lsci-…), see https://app.localstack.cloud/workspace/auth-tokens.",
	},
}

var licenseRows = []Row{
	{
		ID: LicenseNotAssigned, Exit: ExitLicense,
		Reason: "The licensing server accepted your credentials ({detail}), but no license is assigned to this user or workspace.",
		Remedy: adminOfWorkspace,
	},
	{
		ID: LicenseExpired, Exit: ExitLicense,
		Reason: "Your license has expired: {detail}.",
		Remedy: "Please renew the subscription in the LocalStack web app https://app.localstack.cloud.",
	},
	{
		ID: LicenseStatus, Exit: ExitLicense,
		Reason: "Your license is not active: {detail}.",
		Remedy: adminOfWorkspace,
	},
	{
		ID: LicenseProduct, Exit: ExitLicense,
		Reason: "Your license does not cover this image: {detail}.",
		Remedy: "Please use an image tag that your license agreement covers.",
	},
	{
		ID: LicenseVersion, Exit: ExitLicense,
		Reason: "The licensing server at {server} cannot judge this version of LocalStack: {detail}.",
		Remedy: "Please use a released image tag, or correct LOCALSTACK_BUILD_VERSION.",
	},
	{
		ID: LicenseRefused, Exit: ExitLicense,
		Reason: "The licensing server at {server} refused the activation: {detail}.",
		Remedy: "Please contact LocalStack support with this message.",
	},
}

var storedRows = []Row{
	{
		ID: StoredStale, Exit: ExitLicense,
		Reason: "The stored license cannot be used offline any longer: {detail}.",
	},
	{
		ID: StoredCredential, Exit: ExitLicense,
		Reason: "The stored license belongs to another credential: {detail}.",
	},
	{
		ID: StoredTampered, Exit: ExitLicense,
		Reason: "The stored license was altered: {detail}.",
	},
	{
		ID: StoredVersion, Exit: ExitLicense,
		Reason: "The stored license was activated for another version: {detail}.",
	},
	{
		ID: StoredInvalid, Exit: ExitLicense,
		Reason: "The stored license cannot be used: {detail}.",
	},
	{
		ID: ClockSkew, Exit: ExitLicense,
		Reason: "The clock of this machine is wrong: {detail}.",
		Remedy: "Please set the clock; containers take their host's.",
	},
}
