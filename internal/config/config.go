// Package config turns the environment into one immutable Config. It is the
// only reader of the environment: every variable is a struct field with its name
// and default, and a row with its meaning; every value that makes no sense is
// reported, all of them at once, and docs/CONFIG.md is generated from the rows.
package config

import (
	"slices"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/layout"
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
	secrets := []credential.Secret{c.AuthToken, c.APIKey}
	for _, proxy := range []ProxyURL{c.OutboundHTTPS, c.HTTPSProxy, c.OutboundHTTP, c.HTTPProxy} {
		secrets = append(secrets, proxy.secrets()...)
	}
	return secrets
}

// Licensing decides whether a license is needed and how it is obtained.
type Licensing struct {
	ActivatePro   Bool              `envconfig:"ACTIVATE_PRO" default:"1"`
	AuthToken     credential.Secret `envconfig:"LOCALSTACK_AUTH_TOKEN"`
	AuthTokenFile string            `envconfig:"LOCALSTACK_AUTH_TOKEN_FILE"`
	APIKey        credential.Secret `envconfig:"LOCALSTACK_API_KEY"`
	APIKeyFile    string            `envconfig:"LOCALSTACK_API_KEY_FILE"`
	LogIssues     Bool              `envconfig:"LOG_LICENSE_ISSUES" default:"1"`
	Endpoint      Endpoint          `envconfig:"API_ENDPOINT" default:"https://api.localstack.cloud/v1"`

	ActivationTimeout       Seconds `envconfig:"ACTIVATION_TIMEOUT" default:"15"`
	ActivationTimeoutCached Seconds `envconfig:"ACTIVATION_TIMEOUT_CACHED" default:"3"`
	AttemptTimeout          Seconds `envconfig:"ACTIVATION_ATTEMPT_TIMEOUT" default:"5"`
	Attempts                Count   `envconfig:"ACTIVATION_ATTEMPTS" default:"3"`
}

// Sources are the places of the credential.
func (l Licensing) Sources() credential.Sources {
	return credential.Sources{
		AuthToken: l.AuthToken, AuthTokenFile: l.AuthTokenFile,
		APIKey: l.APIKey, APIKeyFile: l.APIKeyFile,
	}
}

// Network says how the licensing API is reached.
type Network struct {
	NoVerify       Bool     `envconfig:"SSL_NO_VERIFY" default:"0"`
	RequestsBundle string   `envconfig:"REQUESTS_CA_BUNDLE"`
	CurlBundle     string   `envconfig:"CURL_CA_BUNDLE"`
	CertFile       string   `envconfig:"SSL_CERT_FILE"`
	CertDir        string   `envconfig:"SSL_CERT_DIR"`
	OutboundHTTPS  ProxyURL `envconfig:"OUTBOUND_HTTPS_PROXY"`
	HTTPSProxy     ProxyURL `envconfig:"HTTPS_PROXY"`
	OutboundHTTP   ProxyURL `envconfig:"OUTBOUND_HTTP_PROXY"`
	HTTPProxy      ProxyURL `envconfig:"HTTP_PROXY"`
	NoProxy        string   `envconfig:"NO_PROXY"`
}

// Logging says how much is told, and in which form.
type Logging struct {
	Debug  Bool   `envconfig:"DEBUG" default:"0"`
	Level  Level  `envconfig:"LS_LOG"`
	Format Format `envconfig:"LOG_FORMAT" default:"text"`
}

// Process says what is started and how it is looked after.
type Process struct {
	Command         Words     `envconfig:"LOCALSTACK_SUPERVISOR_COMMAND"`
	Supervise       Auto      `envconfig:"SUPERVISE" default:"auto"`
	ShutdownTimeout Seconds   `envconfig:"SHUTDOWN_TIMEOUT" default:"8"`
	KillGroup       Bool      `envconfig:"KILL_PROCESS_GROUP" default:"1"`
	Rewrite         Rewrites  `envconfig:"SIGNAL_REWRITE"`
	ExitCodes       ExitCodes `envconfig:"EXIT_CODE_REMAP"`
	RestartOnCrash  Times     `envconfig:"RESTART_ON_CRASH" default:"0"`
	RenewalInterval Seconds   `envconfig:"LICENSE_RENEWAL_INTERVAL" default:"900"`
	ParentDeath     Signal    `envconfig:"PARENT_DEATH_SIGNAL"`
}

// System is what the image and the machine tell.
type System struct {
	BuildVersion   string      `envconfig:"LOCALSTACK_BUILD_VERSION"`
	CI             string      `envconfig:"CI"`
	GatewayListen  string      `envconfig:"GATEWAY_LISTEN" default:"0.0.0.0:4566"`
	LocalstackHost string      `envconfig:"LOCALSTACK_HOST"`
	DockerHost     string      `envconfig:"DOCKER_HOST"`
	NoColor        string      `envconfig:"NO_COLOR"`
	Term           string      `envconfig:"TERM"`
	Root           layout.Root `envconfig:"FILESYSTEM_ROOT"`
}

// table has a row for each field above, in the same order. What only people
// read is here and not in the tags: envconfig looks for several keys in each
// tag, and every look reads the whole of it.
var table = []Variable{
	{Name: "ACTIVATE_PRO", Meaning: "Activate the license before the start. 0 starts without pro " +
		"features: no network access, and no credential reaches the emulator."},
	{Name: "LOCALSTACK_AUTH_TOKEN", Private: true, Meaning: "Developer or CI Auth Token. Surrounding blanks, line ends " +
		"and quotes are removed."},
	{Name: "LOCALSTACK_AUTH_TOKEN_FILE", Meaning: "Path of a file with the Auth Token, such as a Docker " +
		"or Kubernetes secret. Not together with LOCALSTACK_AUTH_TOKEN."},
	{Name: "LOCALSTACK_API_KEY", Private: true, Meaning: "Legacy API key; an Auth Token is accepted here too."},
	{Name: "LOCALSTACK_API_KEY_FILE", Meaning: "Path of a file with the legacy API key. Not together " +
		"with LOCALSTACK_API_KEY."},
	{Name: "LOG_LICENSE_ISSUES", Meaning: "0 prints nothing when there is no license; the exit code stays 55."},
	{Name: "API_ENDPOINT", Private: true, Meaning: "Base URL of the licensing API, with its version path."},
	{Name: "ACTIVATION_TIMEOUT", Meaning: "Time for the whole activation, in seconds. Of five or more, " +
		"the last 1.2 are for finding out why the others were not enough."},
	{Name: "ACTIVATION_TIMEOUT_CACHED", Meaning: "The same when a stored license can stand in for the server."},
	{Name: "ACTIVATION_ATTEMPT_TIMEOUT", Meaning: "Time for one request to the licensing API, in seconds."},
	{Name: "ACTIVATION_ATTEMPTS", Meaning: "Requests at most, when the failure is a passing one."},

	{Name: "SSL_NO_VERIFY", Meaning: "1 accepts any certificate of the licensing API. Insecure: anyone " +
		"in between can read the token."},
	{Name: "REQUESTS_CA_BUNDLE", Meaning: "PEM file (or folder) of certificate authorities, trusted in " +
		"addition to the system's."},
	{Name: "CURL_CA_BUNDLE", Meaning: "The same, under curl's name."},
	{Name: "SSL_CERT_FILE", Meaning: "The same, under OpenSSL's name."},
	{Name: "SSL_CERT_DIR", Meaning: "Folders of PEM files, separated by colons, trusted in addition to " +
		"the system's."},
	{Name: "OUTBOUND_HTTPS_PROXY", Private: true, Meaning: "Proxy for https:// addresses, for LocalStack " +
		"only; wins over HTTPS_PROXY. http, https and socks5 proxies."},
	{Name: "HTTPS_PROXY", Alias: "https_proxy", Private: true, Meaning: "Proxy for https:// addresses."},
	{Name: "OUTBOUND_HTTP_PROXY", Private: true, Meaning: "Proxy for http:// addresses, for LocalStack " +
		"only; wins over HTTP_PROXY."},
	{Name: "HTTP_PROXY", Alias: "http_proxy", Private: true, Meaning: "Proxy for http:// addresses."},
	{Name: "NO_PROXY", Alias: "no_proxy", Meaning: "Hosts, domains and networks that are reached without " +
		"a proxy, separated by commas."},

	{Name: "DEBUG", Meaning: "1 logs every step; LS_LOG wins."},
	{Name: "LS_LOG", Alias: "LOG", Meaning: "Log level: trace-internal, trace, debug, info, warn, " +
		"warning or error."},
	{Name: "LOG_FORMAT", Meaning: "Form of log lines and failures: text or json. With json a failing " +
		"start is one JSON line instead of the banner."},

	{Name: "LOCALSTACK_SUPERVISOR_COMMAND", Private: true, Meaning: "Command to run when the container " +
		"is given none, in shell words. Default: LocalStack's runtime where installed, else emulator."},
	{Name: "SUPERVISE", Meaning: "1 supervises the emulator, 0 becomes it, auto supervises as PID 1 only."},
	{Name: "SHUTDOWN_TIMEOUT", Meaning: "Seconds (fractions allowed) between SIGTERM and SIGKILL at a " +
		"stop. Below docker stop's 10."},
	{Name: "KILL_PROCESS_GROUP", Meaning: "0 sends signals to the command's first process only, instead " +
		"of its whole process group. What is left at the end is killed in any case."},
	{Name: "SIGNAL_REWRITE", Meaning: "Signals to take for others, such as 15:3 or TERM:QUIT,USR1:0; 0 " +
		"drops the signal. SIGTERM stays a request to stop, with its deadline, unless it becomes USR1 " +
		"(restart) or 0."},
	{Name: "EXIT_CODE_REMAP", Meaning: "Exit codes to leave with instead of others, such as 143:0,137:1; " +
		"a code alone (143) becomes 0."},
	{Name: "RESTART_ON_CRASH", Meaning: "How many times in a row to start the emulator again after it " +
		"ended by itself with an exit code other than 0, 55, 78, 126 and 127. A minute without a crash " +
		"counts anew. Starts soon after each other wait 1, 2, 4, … 30 seconds."},
	{Name: "LICENSE_RENEWAL_INTERVAL", Meaning: "Seconds at most between looks at the stored license " +
		"while the emulator runs. It is renewed when half of the time is over that it holds without the " +
		"licensing API; 0 never looks."},
	{Name: "PARENT_DEATH_SIGNAL", Meaning: "Signal to act on when the parent process ends, such as TERM, " +
		"for a supervised start that is not PID 1."},

	{Name: "LOCALSTACK_BUILD_VERSION", Meaning: "Version of the image, set by the image; the license " +
		"must cover it."},
	{Name: "CI", Meaning: "Set by CI systems; any value means that this is CI."},
	{Name: "GATEWAY_LISTEN", Meaning: "Where the emulator listens; the health check asks there."},
	{Name: "LOCALSTACK_HOST", Meaning: "Name by which the emulator calls itself. Only looked at when the " +
		"licensing API is not reached: the emulator's DNS server answers for every name that contains it."},
	{Name: "DOCKER_HOST", Meaning: "Where the Docker engine is, for the doctor."},
	{Name: "NO_COLOR", Meaning: "Any value: the doctor uses no colors on terminals."},
	{Name: "TERM", Meaning: "Kind of terminal. With dumb the doctor uses no colors."},
	{Name: "FILESYSTEM_ROOT", Meaning: "Folder put in front of every fixed path (/etc, " +
		"/var/lib/localstack, …), for tests and demonstrations."},
}

// Level is a log level by name; empty when not given.
type Level string

// Decode reads the names of the contract.
func (l *Level) Decode(value string) error {
	return oneOf((*string)(l), value, "trace-internal", "trace", "debug", "info", "warn", "warning", "error")
}

// Verbose reports whether debug lines are wanted.
func (l Logging) Verbose() bool {
	if l.Level == "" {
		return bool(l.Debug)
	}
	return slices.Contains([]Level{"trace-internal", "trace", "debug"}, l.Level)
}

// Format is the form of log lines and failures.
type Format string

// Decode reads text or json.
func (f *Format) Decode(value string) error { return oneOf((*string)(f), value, "text", "json") }

// JSON reports whether lines are for machines.
func (f Format) JSON() bool { return f == "json" }

// Seconds is a span of time.
type Seconds time.Duration

// Duration is the span for the standard library.
func (s Seconds) Duration() time.Duration { return time.Duration(s) }
