// Package config turns the environment into one immutable Config. It is the
// only reader of the environment: every variable is a row (a struct field with
// its name, default and meaning), every value that makes no sense is reported,
// all of them at once, and docs/CONFIG.md is generated from the rows.
package config

import (
	"time"

	"localstack-entrypoint/internal/credential"
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

// Licensing decides whether a licence is needed and how it is obtained.
type Licensing struct {
	ActivatePro   Bool              `envconfig:"ACTIVATE_PRO" default:"1" desc:"Activate the licence before the start. 0 starts without pro features: no network access, and no credential reaches the emulator."`
	AuthToken     credential.Secret `envconfig:"LOCALSTACK_AUTH_TOKEN" desc:"Developer or CI Auth Token. Surrounding blanks, line ends and quotes are removed."`
	AuthTokenFile string            `envconfig:"LOCALSTACK_AUTH_TOKEN_FILE" desc:"Path of a file with the Auth Token, such as a Docker or Kubernetes secret. Not together with LOCALSTACK_AUTH_TOKEN."`
	APIKey        credential.Secret `envconfig:"LOCALSTACK_API_KEY" desc:"Legacy API key; an Auth Token is accepted here too."`
	APIKeyFile    string            `envconfig:"LOCALSTACK_API_KEY_FILE" desc:"Path of a file with the legacy API key. Not together with LOCALSTACK_API_KEY."`
	LogIssues     Bool              `envconfig:"LOG_LICENSE_ISSUES" default:"1" desc:"0 prints nothing when there is no licence; the exit code stays 55."`
	Endpoint      Endpoint          `envconfig:"API_ENDPOINT" default:"https://api.localstack.cloud/v1" private:"true" desc:"Base URL of the licensing API, with its version path."`

	ActivationTimeout       Seconds `envconfig:"ACTIVATION_TIMEOUT" default:"15" desc:"Time for the whole activation, in seconds. Of five or more, the last 1.2 are for finding out why the others were not enough."`
	ActivationTimeoutCached Seconds `envconfig:"ACTIVATION_TIMEOUT_CACHED" default:"3" desc:"The same when a stored licence can stand in for the server."`
	AttemptTimeout          Seconds `envconfig:"ACTIVATION_ATTEMPT_TIMEOUT" default:"5" desc:"Time for one request to the licensing API, in seconds."`
	Attempts                Count   `envconfig:"ACTIVATION_ATTEMPTS" default:"3" desc:"Requests at most, when the failure is a passing one."`
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
	NoVerify       Bool     `envconfig:"SSL_NO_VERIFY" default:"0" desc:"1 accepts any certificate of the licensing API. Insecure: anyone in between can read the token."`
	RequestsBundle string   `envconfig:"REQUESTS_CA_BUNDLE" desc:"PEM file (or folder) of certificate authorities, trusted in addition to the system's."`
	CurlBundle     string   `envconfig:"CURL_CA_BUNDLE" desc:"The same, under curl's name."`
	CertFile       string   `envconfig:"SSL_CERT_FILE" desc:"The same, under OpenSSL's name."`
	CertDir        string   `envconfig:"SSL_CERT_DIR" desc:"Folders of PEM files, separated by colons, trusted in addition to the system's."`
	OutboundHTTPS  ProxyURL `envconfig:"OUTBOUND_HTTPS_PROXY" private:"true" desc:"Proxy for https:// addresses, for LocalStack only; wins over HTTPS_PROXY. http, https and socks5 proxies."`
	HTTPSProxy     ProxyURL `envconfig:"HTTPS_PROXY" alias:"https_proxy" private:"true" desc:"Proxy for https:// addresses."`
	OutboundHTTP   ProxyURL `envconfig:"OUTBOUND_HTTP_PROXY" private:"true" desc:"Proxy for http:// addresses, for LocalStack only; wins over HTTP_PROXY."`
	HTTPProxy      ProxyURL `envconfig:"HTTP_PROXY" alias:"http_proxy" private:"true" desc:"Proxy for http:// addresses."`
	NoProxy        string   `envconfig:"NO_PROXY" alias:"no_proxy" desc:"Hosts, domains and networks that are reached without a proxy, separated by commas."`
}

// Logging says how much is told, and in which form.
type Logging struct {
	Debug  Bool   `envconfig:"DEBUG" default:"0" desc:"1 logs every step; LS_LOG wins."`
	Level  Level  `envconfig:"LS_LOG" alias:"LOG" desc:"Log level: trace-internal, trace, debug, info, warn, warning or error."`
	Format Format `envconfig:"LOG_FORMAT" default:"text" desc:"Form of log lines and failures: text or json. With json a failing start is one JSON line instead of the banner."`
}

// Process says what is started and how it is looked after.
type Process struct {
	Command         Words     `envconfig:"LOCALSTACK_SUPERVISOR_COMMAND" private:"true" desc:"Command to run when the container is given none, in shell words. Default: LocalStack's runtime where installed, else emulator."`
	Supervise       Auto      `envconfig:"SUPERVISE" default:"auto" desc:"1 supervises the emulator, 0 becomes it, auto supervises as PID 1 only."`
	ShutdownTimeout Seconds   `envconfig:"SHUTDOWN_TIMEOUT" default:"8" desc:"Seconds (fractions allowed) between SIGTERM and SIGKILL at a stop. Below docker stop's 10."`
	KillGroup       Bool      `envconfig:"KILL_PROCESS_GROUP" default:"1" desc:"0 sends signals to the command's first process only, instead of its whole process group. What is left at the end is killed in any case."`
	Rewrite         Rewrites  `envconfig:"SIGNAL_REWRITE" desc:"Signals to take for others, such as 15:3 or TERM:QUIT,USR1:0; 0 drops the signal. SIGTERM stays a request to stop, with its deadline, unless it becomes USR1 (restart) or 0."`
	ExitCodes       ExitCodes `envconfig:"EXIT_CODE_REMAP" desc:"Exit codes to leave with instead of others, such as 143:0,137:1; a code alone (143) becomes 0."`
	RestartOnCrash  Times     `envconfig:"RESTART_ON_CRASH" default:"0" desc:"How many times in a row to start the emulator again after it ended by itself with an exit code other than 0, 55, 78, 126 and 127. A minute without a crash counts anew. Starts soon after each other wait 1, 2, 4, … 30 seconds."`
	RenewalInterval Seconds   `envconfig:"LICENSE_RENEWAL_INTERVAL" default:"900" desc:"Seconds at most between looks at the stored licence while the emulator runs. It is renewed when half of the time is over that it holds without the licensing API; 0 never looks."`
	ParentDeath     Signal    `envconfig:"PARENT_DEATH_SIGNAL" desc:"Signal to act on when the parent process ends, such as TERM, for a supervised start that is not PID 1."`
}

// System is what the image and the machine tell.
type System struct {
	BuildVersion   string `envconfig:"LOCALSTACK_BUILD_VERSION" desc:"Version of the image, set by the image; the licence must cover it."`
	CI             string `envconfig:"CI" desc:"Set by CI systems; any value means that this is CI."`
	GatewayListen  string `envconfig:"GATEWAY_LISTEN" default:"0.0.0.0:4566" desc:"Where the emulator listens; the health check asks there."`
	LocalstackHost string `envconfig:"LOCALSTACK_HOST" desc:"Name by which the emulator calls itself. Only looked at when the licensing API is not reached: the emulator's DNS server answers for every name that contains it."`
	DockerHost     string `envconfig:"DOCKER_HOST" desc:"Where the Docker engine is, for the doctor."`
	NoColor        string `envconfig:"NO_COLOR" desc:"Any value: the doctor uses no colors on terminals."`
	Term           string `envconfig:"TERM" desc:"Kind of terminal. With dumb the doctor uses no colors."`
	Root           string `envconfig:"FILESYSTEM_ROOT" desc:"Folder put in front of every fixed path (/etc, /var/lib/localstack, …), for tests and demonstrations."`
}

// Level is a log level by name; empty when not given.
type Level string

// Decode reads the names of the contract.
func (l *Level) Decode(value string) error {
	return oneOf((*string)(l), value, "trace-internal", "trace", "debug", "info", "warn", "warning", "error")
}

// Verbose tells whether debug lines are wanted.
func (l Logging) Verbose() bool {
	switch l.Level {
	case "":
		return bool(l.Debug)
	case "trace-internal", "trace", "debug":
		return true
	}
	return false
}

// Format is the form of log lines and failures.
type Format string

// Decode reads text or json.
func (f *Format) Decode(value string) error { return oneOf((*string)(f), value, "text", "json") }

// JSON tells whether lines are for machines.
func (f Format) JSON() bool { return f == "json" }

// Seconds is a span of time.
type Seconds time.Duration

// Duration is the span for the standard library.
func (s Seconds) Duration() time.Duration { return time.Duration(s) }
