package fault

// ID names a failure for machines. IDs never change once released.
type ID string

// The failures, each of which has a section in failures.md.
const (
	CredentialsMissing     ID = "credentials.missing"
	CredentialsMalformed   ID = "credentials.malformed"
	CredentialsPlaceholder ID = "credentials.placeholder"
	CredentialsForeign     ID = "credentials.foreign"
	CredentialsConflict    ID = "credentials.conflict"
	CredentialsUnreadable  ID = "credentials.unreadable"
	CredentialsInvalid     ID = "credentials.invalid"
	CredentialsDeveloper   ID = "credentials.developer_in_ci"

	LicenseNotAssigned ID = "license.not_assigned"
	LicenseExpired     ID = "license.expired"
	LicenseStatus      ID = "license.status"
	LicenseProduct     ID = "license.product"
	LicenseVersion     ID = "license.version"
	LicenseRefused     ID = "license.refused"

	NetworkNone           ID = "network.none"
	NetworkDNS            ID = "network.dns"
	NetworkDNSUnknownHost ID = "network.dns.unknown_host"
	NetworkDNSFailed      ID = "network.dns.server_failed"
	NetworkDNSUnreachable ID = "network.dns.unreachable"
	NetworkDNSNoServer    ID = "network.dns.no_server"
	NetworkDNSFiltered    ID = "network.dns.filtered"
	NetworkDNSCaptured    ID = "network.dns.captured"
	NetworkDNSDocker      ID = "network.dns.docker"
	NetworkDNSSearch      ID = "network.dns.search_domain"
	NetworkDNSDisagree    ID = "network.dns.servers_disagree"
	NetworkDNSHosts       ID = "network.dns.hosts_file"

	NetworkRefused             ID = "network.refused"
	NetworkTimeout             ID = "network.timeout"
	NetworkUnreachable         ID = "network.unreachable"
	NetworkReset               ID = "network.reset"
	NetworkAddressFamily       ID = "network.address_family"
	NetworkProxy               ID = "network.proxy"
	NetworkProxyAuthentication ID = "network.proxy.authentication"
	NetworkProxyMethod         ID = "network.proxy.method"
	NetworkProxyUnreachable    ID = "network.proxy.unreachable"
	NetworkProxyBypassed       ID = "network.proxy.bypassed"

	NetworkUntrusted       ID = "network.certificate.untrusted"
	NetworkIntercepted     ID = "network.certificate.intercepted"
	NetworkSelfSigned      ID = "network.certificate.self_signed"
	NetworkIncomplete      ID = "network.certificate.incomplete"
	NetworkOldAuthorities  ID = "network.certificate.old_authorities"
	NetworkCertificateName ID = "network.certificate.name"
	NetworkCertificateDate ID = "network.certificate.expired"
	NetworkStrict          ID = "network.certificate.strict"
	NetworkTLS             ID = "network.tls"
	NetworkTLSVersion      ID = "network.tls.version"
	NetworkLargeHello      ID = "network.tls.large_hello"
	NetworkUnencrypted     ID = "network.unencrypted"

	NetworkHTTPVersion   ID = "network.http_version"
	NetworkServerError   ID = "network.server_error"
	NetworkRateLimited   ID = "network.rate_limited"
	NetworkWrongServer   ID = "network.not_a_license_server"
	NetworkBlockPage     ID = "network.block_page"
	NetworkCaptivePortal ID = "network.captive_portal"

	StoredStale      ID = "stored.stale"
	StoredCredential ID = "stored.credential"
	StoredTampered   ID = "stored.tampered"
	StoredVersion    ID = "stored.version"
	StoredInvalid    ID = "stored.invalid"
	ClockSkew        ID = "clock.skew"

	ConfigInvalid        ID = "config.invalid"
	ConfigIgnored        ID = "config.ignored"
	CommandNotFound      ID = "command.not_found"
	CommandNotExecutable ID = "command.not_executable"

	InternalPanic ID = "internal.panic"

	SystemVolume      ID = "system.volume"
	SystemLogs        ID = "system.logs"
	SystemDocker      ID = "system.docker"
	SystemMemory      ID = "system.memory"
	SystemProcesses   ID = "system.processes"
	SystemConfinement ID = "system.confinement"
	SystemSignals     ID = "system.signals"
)
