package fault

// The IDs of the table below.
const (
	CredentialsMissing    ID = "credentials.missing"
	CredentialsMalformed  ID = "credentials.malformed"
	CredentialsConflict   ID = "credentials.conflict"
	CredentialsUnreadable ID = "credentials.unreadable"
	CredentialsInvalid    ID = "credentials.invalid"

	LicenseNotAssigned ID = "license.not_assigned"
	LicenseExpired     ID = "license.expired"
	LicenseStatus      ID = "license.status"
	LicenseProduct     ID = "license.product"
	LicenseVersion     ID = "license.version"
	LicenseRefused     ID = "license.refused"

	NetworkDNS             ID = "network.dns"
	NetworkRefused         ID = "network.refused"
	NetworkTimeout         ID = "network.timeout"
	NetworkUnreachable     ID = "network.unreachable"
	NetworkUntrusted       ID = "network.certificate.untrusted"
	NetworkCertificateName ID = "network.certificate.name"
	NetworkCertificateDate ID = "network.certificate.expired"
	NetworkTLS             ID = "network.tls"
	NetworkProxy           ID = "network.proxy"
	NetworkServerError     ID = "network.server_error"
	NetworkRateLimited     ID = "network.rate_limited"
	NetworkWrongServer     ID = "network.not_a_license_server"

	StoredStale      ID = "stored.stale"
	StoredCredential ID = "stored.credential"
	StoredTampered   ID = "stored.tampered"
	StoredVersion    ID = "stored.version"
	StoredInvalid    ID = "stored.invalid"
	ClockSkew        ID = "clock.skew"

	ConfigInvalid        ID = "config.invalid"
	CommandNotFound      ID = "command.not_found"
	CommandNotExecutable ID = "command.not_executable"
)

const (
	whereToFindToken = "You can find your Auth Token in the LocalStack web app https://app.localstack.cloud/workspace/auth-token."
	unreachable      = "Could not reach the LocalStack licensing server at {server}: {detail}."
	mountCA          = "If your network inspects TLS, mount its CA certificate into the container and name the file in REQUESTS_CA_BUNDLE."
	adminOfWorkspace = "Ask an administrator of your workspace, or see https://app.localstack.cloud/workspace/members."
)

// Table is every failure there is. Adding one is a constant above and a row here.
var Table = []Row{
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
	{
		ID: NetworkDNS, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Some corporate DNS servers filter domains; ask your network administrator to safelist localstack.cloud. Check with: dig {host}",
	},
	{
		ID: NetworkRefused, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Nothing listens there, or a firewall rejects it; a corporate network may need HTTPS_PROXY to be set.",
	},
	{
		ID: NetworkTimeout, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "A firewall may drop the traffic silently; a corporate network may need HTTPS_PROXY to be set.",
	},
	{
		ID: NetworkUnreachable, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Please check the container's network.",
	},
	{
		ID: NetworkUntrusted, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: mountCA,
	},
	{
		ID: NetworkCertificateName, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Another server answers under that name. " + mountCA,
	},
	{
		ID: NetworkCertificateDate, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please check the clock of this machine first.",
	},
	{
		ID: NetworkTLS, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "What answers there does not speak TLS as a licensing server does; a proxy or firewall may stand in between.",
	},
	{
		ID: NetworkProxy, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Please check the proxy variables (OUTBOUND_HTTPS_PROXY, HTTPS_PROXY, HTTP_PROXY, NO_PROXY), and that the proxy lets {host} through.",
	},
	{
		ID: NetworkServerError, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "The server has a problem of its own; please try again in a few minutes.",
	},
	{
		ID: NetworkRateLimited, Exit: ExitLicense, Retry: true,
		Reason: unreachable,
		Remedy: "Too many containers start with this token at once; please start again later.",
	},
	{
		ID: NetworkWrongServer, Exit: ExitLicense,
		Reason: unreachable,
		Remedy: "Something else answers in its place: a captive portal, a block page, or a wrong API_ENDPOINT.",
	},
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
