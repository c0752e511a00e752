// Package config turns the environment into one immutable Config. It is the
// only reader of the environment: every variable is a struct field with its name
// and default, and a row with its meaning; all invalid values are reported at
// once, and docs/CONFIG.md is generated from the rows.
package config

import (
	"reflect"
	"slices"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/proxy"
)

// Config is everything the environment says to the entrypoint.
type Config struct {
	Licensing
	Network
	Logging
	Process
	System
}

// Secrets are the values that must not be printed, whatever a message is made
// of. Those in files are not among them.
func (c Config) Secrets() []credential.Secret {
	return slices.Concat([]credential.Secret{c.Override, c.AuthToken, c.APIKey},
		c.OutboundHTTPS.Secrets(), c.HTTPSProxy.Secrets(),
		c.OutboundHTTP.Secrets(), c.HTTPProxy.Secrets(), c.AllProxy.Secrets())
}

// DefaultEndpoint is LocalStack's own licensing API.
const DefaultEndpoint = "https://api.localstack.cloud/v1"

// Licensing decides whether a license is needed and how it is obtained.
type Licensing struct {
	ActivatePro   Bool              `envconfig:"ACTIVATE_PRO" default:"1"`
	Override      credential.Secret `envconfig:"LOCALSTACK_AUTH_TOKEN_OVERRIDE"`
	AuthToken     credential.Secret `envconfig:"LOCALSTACK_AUTH_TOKEN"`
	AuthTokenFile string            `envconfig:"LOCALSTACK_AUTH_TOKEN_FILE"`
	APIKey        credential.Secret `envconfig:"LOCALSTACK_API_KEY"`
	APIKeyFile    string            `envconfig:"LOCALSTACK_API_KEY_FILE"`
	LogIssues     Bool              `envconfig:"LOG_LICENSE_ISSUES" default:"1"`
	Endpoint      Endpoint          `envconfig:"API_ENDPOINT" default:"https://api.localstack.cloud/v1"`

	ActivationTimeout       Seconds `envconfig:"ACTIVATION_TIMEOUT" default:"15"`
	ActivationTimeoutCached Seconds `envconfig:"ACTIVATION_TIMEOUT_CACHED" default:"3"`
	AttemptTimeout          Seconds `envconfig:"ACTIVATION_ATTEMPT_TIMEOUT" default:"5"`
	Attempts                Times   `envconfig:"ACTIVATION_ATTEMPTS" default:"0"`
}

// Sources are the places of the credential.
func (l Licensing) Sources() credential.Sources {
	return credential.Sources{
		Override:  l.Override,
		AuthToken: l.AuthToken, AuthTokenFile: l.AuthTokenFile,
		APIKey: l.APIKey, APIKeyFile: l.APIKeyFile,
	}
}

// Network says how the licensing API is reached.
type Network struct {
	NoVerify       Bool             `envconfig:"SSL_NO_VERIFY" default:"0"`
	RequestsBundle string           `envconfig:"REQUESTS_CA_BUNDLE"`
	CurlBundle     string           `envconfig:"CURL_CA_BUNDLE"`
	CertFile       string           `envconfig:"SSL_CERT_FILE"`
	CertDir        string           `envconfig:"SSL_CERT_DIR"`
	NodeExtra      string           `envconfig:"NODE_EXTRA_CA_CERTS"`
	OutboundHTTPS  proxy.Setting    `envconfig:"OUTBOUND_HTTPS_PROXY"`
	HTTPSProxy     proxy.Setting    `envconfig:"HTTPS_PROXY"`
	OutboundHTTP   proxy.Setting    `envconfig:"OUTBOUND_HTTP_PROXY"`
	HTTPProxy      proxy.Setting    `envconfig:"HTTP_PROXY"`
	AllProxy       proxy.Setting    `envconfig:"ALL_PROXY"`
	NoProxy        proxy.Exceptions `envconfig:"NO_PROXY"`
}

// Logging says how much is logged, and in which format.
type Logging struct {
	Debug  Bool   `envconfig:"DEBUG" default:"0"`
	Level  Level  `envconfig:"LS_LOG"`
	Format Format `envconfig:"LOG_FORMAT" default:"text"`
}

// Process says what is started and how it is supervised.
type Process struct {
	Command         Words     `envconfig:"LOCALSTACK_SUPERVISOR_COMMAND"`
	Supervise       Auto      `envconfig:"SUPERVISE" default:"auto"`
	BootHookTimeout Seconds   `envconfig:"BOOT_HOOK_TIMEOUT" default:"0"`
	ShutdownTimeout Seconds   `envconfig:"SHUTDOWN_TIMEOUT" default:"8"`
	WaitForGroup    Bool      `envconfig:"WAIT_FOR_GROUP" default:"0"`
	KillGroup       Bool      `envconfig:"KILL_PROCESS_GROUP" default:"1"`
	Rewrite         Rewrites  `envconfig:"SIGNAL_REWRITE"`
	ExitCodes       ExitCodes `envconfig:"EXIT_CODE_REMAP"`
	RestartOnCrash  Times     `envconfig:"RESTART_ON_CRASH" default:"0"`
	RenewalInterval Seconds   `envconfig:"LICENSE_RENEWAL_INTERVAL" default:"900"`
	ParentDeath     Signal    `envconfig:"PARENT_DEATH_SIGNAL"`
}

// System is what the image and the machine say.
type System struct {
	BuildVersion   string      `envconfig:"LOCALSTACK_BUILD_VERSION"`
	CI             string      `envconfig:"CI"`
	GatewayListen  string      `envconfig:"GATEWAY_LISTEN"`
	InDocker       string      `envconfig:"OVERRIDE_IN_DOCKER"`
	LocalstackHost string      `envconfig:"LOCALSTACK_HOST"`
	DockerHost     string      `envconfig:"DOCKER_HOST"`
	NoColor        string      `envconfig:"NO_COLOR"`
	Term           string      `envconfig:"TERM"`
	Kubernetes     string      `envconfig:"KUBERNETES_SERVICE_HOST"`
	GitHub         string      `envconfig:"GITHUB_ACTIONS"`
	GitLab         string      `envconfig:"GITLAB_CI"`
	TempDir        string      `envconfig:"TMPDIR"`
	Root           layout.Root `envconfig:"FILESYSTEM_ROOT"`
}

// DeniesCI reports whether CI is set to a word for no. It counts as CI all the same, as it does for
// LocalStack, which asks only whether the variable is set.
func (s System) DeniesCI() bool {
	on, err := parseBool(s.CI)
	return err == nil && !on
}

// Variable is one row of the configuration.
type Variable struct {
	// Section is the group that the variable belongs to.
	Section string
	// Name is how it is set; Alias another name that it is known by.
	Name, Alias string
	// Default is the text that stands for an unset variable.
	Default string
	// Meaning is a line for the user.
	Meaning string
	// Private values are never shown: they are secrets, or may contain one.
	Private bool
	// Shared names are read by other programs as well, which take other values: a senseless one is a
	// warning, and Unset says what is used then. Proxies are not among them: without its proxy, a
	// start would send the credential another way.
	Shared bool
	Unset  string
	// bounds are those of a duration; nil for none of their own.
	bounds *bounds
}

// table has a row for each field above, in the same order. What only people
// read is here and not in the tags: envconfig looks for several keys in each
// tag, and every look reads the whole of it.
var table = []Variable{
	{Name: "ACTIVATE_PRO",
		Meaning: "1 activates the license before the start. 0 starts without pro features: " +
			"no network access, no credential for the emulator."},
	{Name: "LOCALSTACK_AUTH_TOKEN_OVERRIDE", Private: true,
		Meaning: "Auth Token that wins over every other credential; the others are then not read. " +
			"Images for offline use set it."},
	{Name: "LOCALSTACK_AUTH_TOKEN", Private: true,
		Meaning: "Developer or CI Auth Token. Spaces, line breaks and quotes around it are removed."},
	{Name: "LOCALSTACK_AUTH_TOKEN_FILE",
		Meaning: "Path of a file with the Auth Token, such as a Docker or Kubernetes secret."},
	{Name: "LOCALSTACK_API_KEY", Private: true, Meaning: "Legacy API key. An Auth Token is accepted here, too."},
	{Name: "LOCALSTACK_API_KEY_FILE", Meaning: "Path of a file with the legacy API key."},
	{Name: "LOG_LICENSE_ISSUES",
		Meaning: "0 hides license failures, and warnings about the license or the way to the licensing server. " +
			"The exit code stays 55."},
	{Name: "API_ENDPOINT", Private: true, Meaning: "Base URL of the licensing API, with its version path."},
	{Name: "ACTIVATION_TIMEOUT", bounds: waits,
		Meaning: "Seconds for the whole activation. " +
			"If it is 5 or more, the last 1.2 are reserved for finding the cause of a failure."},
	{Name: "ACTIVATION_TIMEOUT_CACHED", bounds: waits,
		Meaning: "The same when a stored license can replace the server's answer."},
	{Name: "ACTIVATION_ATTEMPT_TIMEOUT", bounds: waits, Meaning: "Seconds for one request to the licensing API."},
	{Name: "ACTIVATION_ATTEMPTS",
		Meaning: "Maximum number of attempts. 0: as many as fit into ACTIVATION_TIMEOUT, with pauses of at most 2 s. " +
			"Only failures that may be temporary are retried."},

	{Name: "SSL_NO_VERIFY",
		Meaning: "1 accepts any certificate of the licensing API. Insecure: anyone in between can read the token."},
	{Name: "REQUESTS_CA_BUNDLE", Shared: true,
		Meaning: "PEM file or directory of certificate authorities to trust besides the system's."},
	{Name: "CURL_CA_BUNDLE", Shared: true, Meaning: "The same, under curl's name."},
	{Name: "SSL_CERT_FILE", Shared: true, Meaning: "The same, under OpenSSL's name."},
	{Name: "SSL_CERT_DIR", Shared: true,
		Meaning: "Directories of PEM files, separated by colons, to trust besides the system's."},
	{Name: "NODE_EXTRA_CA_CERTS", Shared: true,
		Meaning: "File of certificate authorities for Node.js; the activation does not read it. " +
			"If it is not set, the emulator gets one with the authorities in /usr/local/share/ca-certificates."},
	{Name: "OUTBOUND_HTTPS_PROXY", Private: true,
		Meaning: "Proxy (http, https or socks5) for https:// addresses, for LocalStack only. " +
			"Wins over HTTPS_PROXY and NO_PROXY."},
	{Name: "HTTPS_PROXY", Alias: "https_proxy", Private: true,
		Meaning: "Proxy for https:// addresses. As in Python, the name in lower case wins, even when it is empty."},
	{Name: "OUTBOUND_HTTP_PROXY", Private: true, Meaning: "Like OUTBOUND_HTTPS_PROXY, for http:// addresses."},
	{Name: "HTTP_PROXY", Alias: "http_proxy", Private: true,
		Meaning: "Like HTTPS_PROXY, for http:// addresses. In upper case it is ignored if REQUEST_METHOD is set."},
	{Name: "ALL_PROXY", Alias: "all_proxy", Private: true,
		Meaning: "Proxy for all addresses for which no other variable sets one."},
	{Name: "NO_PROXY", Alias: "no_proxy", Shared: true,
		Meaning: "Hosts to reach without a proxy, separated by commas: names (with all subdomains), IP addresses, " +
			"IPv4 networks (for hosts that are an IPv4 address), or a single *. " +
			"The name in lower case wins unless it is empty."},

	{Name: "DEBUG", Shared: true, Unset: "0", Meaning: "1 logs every step. LS_LOG wins over it."},
	{Name: "LS_LOG", Alias: "LOG", Shared: true, Unset: "info, or debug if DEBUG=1",
		Meaning: "Log level: trace-internal, trace, debug, info, warn, warning or error."},
	{Name: "LOG_FORMAT", Shared: true, Unset: "text",
		Meaning: "Log format: text or json. In json a failure is one line instead of the banner."},

	{Name: "LOCALSTACK_SUPERVISOR_COMMAND", Private: true,
		Meaning: "Command to run when the container is given none, in shell words. Default: " +
			"LocalStack's runtime where it is installed, else emulator."},
	{Name: "SUPERVISE",
		Meaning: "1 supervises the emulator, 0 replaces this process with the emulator, auto supervises only as PID 1."},
	{Name: "BOOT_HOOK_TIMEOUT", bounds: limits,
		Meaning: "Seconds that each BOOT hook may take. One that takes longer is stopped, with what it has started and " +
			"waits for: SIGTERM, and SIGKILL after 3 s. The next hook then runs. 0 sets no limit."},
	{Name: "SHUTDOWN_TIMEOUT",
		Meaning: "Seconds from SIGTERM to SIGKILL when the container stops. Keep it below docker stop's 10."},
	{Name: "WAIT_FOR_GROUP",
		Meaning: "1 lets the other processes of the command's group, and what BOOT hooks left running, finish within " +
			"SHUTDOWN_TIMEOUT, too, when they were asked to stop. 0 kills them when the command has ended."},
	{Name: "KILL_PROCESS_GROUP",
		Meaning: "0 sends signals to the command's first process only, not to its group. All are killed at the end."},
	{Name: "SIGNAL_REWRITE",
		Meaning: "Signals to replace, such as 15:3 or TERM:QUIT,USR1:0, where 0 drops the signal. " +
			"SIGTERM still stops the container, unless it becomes USR1 (restart) or 0."},
	{Name: "EXIT_CODE_REMAP", Meaning: "Exit codes to replace, such as 143:0,137:1. A code alone (143) becomes 0."},
	{Name: "RESTART_ON_CRASH",
		Meaning: "Restarts in a row of an emulator that ended by itself, but not with exit code 0, 55, 78, 126 or 127. " +
			"A minute without a crash resets the count. Restarts in quick succession wait 1, 2, 4, … 30 seconds."},
	{Name: "LICENSE_RENEWAL_INTERVAL", bounds: intervals,
		Meaning: "Maximum number of seconds between checks of the stored license while the emulator runs. " +
			"It is renewed after half of the time for which it is valid offline; with a CI token, there is one attempt in " +
			"that time. 0 never checks."},
	{Name: "PARENT_DEATH_SIGNAL",
		Meaning: "Signal to act on when the parent process ends, such as TERM. For a supervised start that is not PID 1."},

	{Name: "LOCALSTACK_BUILD_VERSION", Meaning: "Version of the image, set by the image. The license must cover it. " +
		"If it is not set, or is no version, that of the installed LocalStack counts."},
	{Name: "CI", Shared: true,
		Meaning: "Set by CI systems. Any value means CI, even 0, false or no, as for LocalStack."},
	{Name: "GATEWAY_LISTEN", Shared: true,
		Meaning: "Addresses on which the emulator listens, as a comma list of [host]:port. The health check asks the first " +
			"one. In a container the emulator listens on all addresses, whatever the host, and the default is " +
			"0.0.0.0:4566,0.0.0.0:443; if the default port 443 cannot be opened, there is only a warning. Elsewhere it " +
			"listens on the host, and the default is 127.0.0.1:4566."},
	{Name: "OVERRIDE_IN_DOCKER", Shared: true,
		Meaning: "1 or 0 says whether this is a container. By default, this is found out from files of LocalStack's image, " +
			"Docker, Podman and Kubernetes, from control groups and from mounts."},
	{Name: "LOCALSTACK_HOST", Shared: true,
		Meaning: "Host name of the emulator. Its DNS server answers for all names that contain it; some failures say so."},
	{Name: "DOCKER_HOST", Shared: true, Meaning: "Address of the Docker engine, for the doctor."},
	{Name: "NO_COLOR", Shared: true, Meaning: "Any value turns the doctor's colors off."},
	{Name: "TERM", Shared: true, Meaning: "Terminal type. dumb turns the doctor's colors off."},
	{Name: "KUBERNETES_SERVICE_HOST", Shared: true,
		Meaning: "Set by Kubernetes. Remedies for Kubernetes then come first."},
	{Name: "GITHUB_ACTIONS", Shared: true, Meaning: "Set by GitHub Actions. Remedies for it then come first."},
	{Name: "GITLAB_CI", Shared: true, Meaning: "Set by GitLab CI. Remedies for it then come first."},
	{Name: "TMPDIR", Shared: true,
		Meaning: "Directory for the emulator's CA bundle, if the volume is not writable, and for a home directory, " +
			"if HOME is not writable. After it, /tmp and /run are tried."},
	{Name: "FILESYSTEM_ROOT",
		Meaning: "Directory that replaces / for fixed paths such as /var/lib/localstack, for tests and demonstrations."},
}

// Variables are all rows, in the order of Config.
func Variables() []Variable {
	var all []Variable
	for section := range reflect.TypeFor[Config]().Fields() {
		for field := range section.Type.Fields() {
			v := *rowOf(field.Tag.Get("envconfig"))
			v.Section, v.Default = section.Name, field.Tag.Get("default")
			all = append(all, v)
		}
	}
	return all
}

func rowOf(name string) *Variable {
	return &table[slices.IndexFunc(table, func(row Variable) bool { return row.Name == name })]
}

// Verbose reports whether debug lines are wanted.
func (l Logging) Verbose() bool {
	if l.Level == "" {
		return bool(l.Debug)
	}
	return slices.Contains([]Level{"trace-internal", "trace", "debug"}, l.Level)
}
