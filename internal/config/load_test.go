package config

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/fault"
)

// inEnvironment makes entries the whole environment of the process for the
// rest of the test, which therefore cannot be parallel.
func inEnvironment(t testing.TB, entries ...string) {
	t.Helper()
	t.Setenv("TEST_IS_NOT_PARALLEL", "1") // panics where it is
	before := os.Environ()
	t.Cleanup(func() { replaceEnvironment(t, before) })
	replaceEnvironment(t, entries)
}

func replaceEnvironment(t testing.TB, entries []string) {
	t.Helper()
	os.Clearenv()
	for _, entry := range entries {
		name, value, _ := strings.Cut(entry, "=")
		if err := os.Setenv(name, value); err != nil {
			t.Fatal(err)
		}
	}
}

// loaded is the Config of an environment in which everything is valid.
func loaded(t *testing.T, entries ...string) Config {
	t.Helper()
	inEnvironment(t, entries...)
	cfg, _, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// summary is cfg on one line, with what hides itself revealed.
func summary(cfg Config) string {
	cfg.NoProxy.Variable = "" // which of its names is set
	return fmt.Sprintf("%+v %s %s %s %s %s %s %s %s", cfg,
		cfg.Override.Reveal(), cfg.AuthToken.Reveal(), cfg.APIKey.Reveal(), cfg.OutboundHTTPS.Reveal(),
		cfg.HTTPSProxy.Reveal(), cfg.OutboundHTTP.Reveal(), cfg.HTTPProxy.Reveal(), cfg.AllProxy.Reveal())
}

func TestDefaultsAreThoseOfTheDesign(t *testing.T) {
	cfg := loaded(t)
	for name, ok := range map[string]bool{
		"ACTIVATE_PRO":             bool(cfg.ActivatePro),
		"LOG_LICENSE_ISSUES":       bool(cfg.LogIssues),
		"API_ENDPOINT":             cfg.Endpoint.String() == DefaultEndpoint,
		"ACTIVATION_TIMEOUT":       cfg.ActivationTimeout.Duration() == 15*time.Second,
		"the same, cached":         cfg.ActivationTimeoutCached.Duration() == 3*time.Second,
		"the same, of an attempt":  cfg.AttemptTimeout.Duration() == 5*time.Second,
		"ACTIVATION_ATTEMPTS":      cfg.Attempts == 0,
		"SSL_NO_VERIFY":            !bool(cfg.NoVerify),
		"logging":                  !cfg.Verbose() && !cfg.Format.JSON(),
		"SUPERVISE":                cfg.Supervise.Or(true) && !cfg.Supervise.Or(false),
		"SHUTDOWN_TIMEOUT":         cfg.ShutdownTimeout.Duration() == 8*time.Second,
		"KILL_PROCESS_GROUP":       bool(cfg.KillGroup),
		"what is replaced":         len(cfg.Rewrite) == 0 && len(cfg.ExitCodes) == 0,
		"RESTART_ON_CRASH":         cfg.RestartOnCrash == 0,
		"PARENT_DEATH_SIGNAL":      cfg.ParentDeath == 0,
		"LICENSE_RENEWAL_INTERVAL": cfg.RenewalInterval.Duration() == 15*time.Minute,
		"GATEWAY_LISTEN":           cfg.GatewayListen == "" && cfg.InDocker == "",
		"no credential":            !cfg.AuthToken.IsSet() && !cfg.Override.IsSet() && !cfg.APIKey.IsSet(),
		"no file of one":           cfg.AuthTokenFile == "" && cfg.APIKeyFile == "",
		"no proxy, no command":     !cfg.HTTPSProxy.IsSet() && !cfg.HTTPProxy.IsSet() && len(cfg.Command) == 0,
	} {
		if !ok {
			t.Errorf("%s has another default", name)
		}
	}
}

func TestBlankMeansUnset(t *testing.T) {
	want := summary(loaded(t))
	for _, blank := range []string{"", " ", "\t\r\n", "\u00a0", `""`, "''", `" "`, " '\t' "} {
		t.Run(fmt.Sprintf("%q", blank), func(t *testing.T) {
			var entries []string
			for _, v := range Variables() {
				entries = append(entries, v.Name+"="+blank)
				if v.Alias != "" {
					entries = append(entries, v.Alias+"="+blank)
				}
			}
			if got := summary(loaded(t, entries...)); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// sensible are values other than the default, for the variables that do not
// take any text.
var sensible = valuesIn(`
	ACTIVATE_PRO=0 LOG_LICENSE_ISSUES=off API_ENDPOINT=http://licenses.test/v1 ACTIVATION_TIMEOUT=1.5
	ACTIVATION_TIMEOUT_CACHED=0.5 ACTIVATION_ATTEMPT_TIMEOUT=250ms ACTIVATION_ATTEMPTS=7 SSL_NO_VERIFY=yes
	OUTBOUND_HTTPS_PROXY=proxy.test:1 HTTPS_PROXY=proxy.test:2 OUTBOUND_HTTP_PROXY=proxy.test:3
	HTTP_PROXY=proxy.test:4 ALL_PROXY=proxy.test:5 DEBUG=1 LS_LOG=warn LOG_FORMAT=json
	LOCALSTACK_SUPERVISOR_COMMAND=true SUPERVISE=0
	BOOT_HOOK_TIMEOUT=90 SHUTDOWN_TIMEOUT=2.5 WAIT_FOR_GROUP=1 KILL_PROCESS_GROUP=0 SIGNAL_REWRITE=TERM:QUIT
	EXIT_CODE_REMAP=143 RESTART_ON_CRASH=3
	LICENSE_RENEWAL_INTERVAL=60 PARENT_DEATH_SIGNAL=TERM
`)

func valuesIn(entries string) map[string]string {
	values := map[string]string{}
	for entry := range strings.FieldsSeq(entries) {
		name, value, _ := strings.Cut(entry, "=")
		values[name] = value
	}
	return values
}

func TestEveryVariableIsReadUnderItsNamesAndItsPrefixedOnes(t *testing.T) {
	unset := summary(loaded(t))
	for _, v := range Variables() {
		value := cmp.Or(sensible[v.Name], "some-text")
		names := []string{v.Name, "LOCALSTACK_" + v.Name}
		if v.Alias != "" {
			names = append(names, v.Alias, "LOCALSTACK_"+v.Alias)
		}
		var want string
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				got := summary(loaded(t, name+"="+value))
				if want == "" {
					want = got
				}
				if got == unset || got != want {
					t.Errorf("got   %s\nwant  %s\nunset %s", got, want, unset)
				}
			})
		}
	}
}

func TestTheProperNameWinsOverTheAliasUnlessItIsBlank(t *testing.T) {
	for proper, want := range map[string]Level{"warn": "warn", " ": "error"} {
		if got := loaded(t, "LOG=error", "LS_LOG="+proper).Level; got != want {
			t.Errorf("chose %s, want %s", got, want)
		}
	}
	if cfg := loaded(t, "DEBUG=0", "LOCALSTACK_DEBUG=1"); !cfg.Debug {
		t.Error("the prefixed variable does not win")
	}
	if cfg := loaded(t, "DEBUG=1", "LOCALSTACK_DEBUG="); cfg.Debug {
		t.Error("an empty prefixed variable does not win")
	}
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	inEnvironment(t,
		"SHUTDOWN_TIMEOUT=soon", "LOCALSTACK_ACTIVATE_PRO=maybe", "SSL_NO_VERIFY=2", "LOG=loud", "ACTIVATION_ATTEMPTS=-1",
		"ACTIVATION_TIMEOUT=0",
		"API_ENDPOINT=https://user:hunter2@licenses.test/v1", "https_proxy=ftp://user:hunter2@proxy.test",
		"LOCALSTACK_SUPERVISOR_COMMAND=run --password 'hunter2", "DEBUG="+token, "LOG_FORMAT=json", "GATEWAY_LISTEN=kept:1",
	)
	cfg, _, err := Load()
	failed, ok := fault.Find(err)
	if !ok || failed.ID != fault.ConfigInvalid {
		t.Fatalf("%v", err)
	}
	want := []string{
		`ACTIVATE_PRO="maybe" is not a boolean; use 1, true, yes, on or 0, false, no, off`,
		`ACTIVATION_ATTEMPTS="-1" is not a whole number from 0 to 100`,
		`ACTIVATION_TIMEOUT="0" is out of range; use 0.01 to 86400 seconds`,
		`API_ENDPOINT contains credentials; remove them, the Auth Token is enough`,
		`LOCALSTACK_SUPERVISOR_COMMAND has an unbalanced quote or backslash`,
		`SHUTDOWN_TIMEOUT="soon" is not a duration; use seconds such as 8 or 2.5`,
		`SSL_NO_VERIFY="2" is not a boolean; use 1, true, yes, on or 0, false, no, off`,
		`https_proxy has the scheme "ftp"; use http, https or socks5h`,
	}
	if failed.Detail != strings.Join(want, "; ") {
		t.Errorf("got  %s\nwant %s", strings.ReplaceAll(failed.Detail, "; ", ";\n     "), strings.Join(want, ";\n     "))
	}
	if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "AAAA") {
		t.Errorf("a secret is shown: %v", err)
	}
	got, unset := cfg, loaded(t, "GATEWAY_LISTEN=kept:1", "LOG_FORMAT=json")
	if summary(got) != summary(unset) {
		t.Errorf("what is invalid has no default, or hides what is valid:\ngot  %s\nwant %s", summary(got), summary(unset))
	}
}

func TestEverythingWrongAtOnceLeavesTheDefaults(t *testing.T) {
	want := summary(loaded(t))
	var entries []string
	for name := range sensible {
		entries = append(entries, name+"=://'")
	}
	inEnvironment(t, entries...)
	cfg, environ, err := Load()
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for name := range sensible {
		said := err.Error()
		if rowOf(name).Shared {
			said = strings.Join(environ.Warnings, "\n")
		}
		if !strings.Contains(said, name+" ") && !strings.Contains(said, name+"=") {
			t.Errorf("%s is not reported: %v", name, said)
		}
	}
	if got := summary(cfg); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheSourcesOfTheCredentialAreTheFourVariables(t *testing.T) {
	cfg := loaded(t, "LOCALSTACK_AUTH_TOKEN=t", "LOCALSTACK_AUTH_TOKEN_FILE=tf", "LOCALSTACK_API_KEY=k",
		"LOCALSTACK_API_KEY_FILE=kf")
	got := cfg.Sources()
	if got.AuthToken.Reveal() != "t" || got.AuthTokenFile != "tf" || got.APIKey.Reveal() != "k" || got.APIKeyFile != "kf" {
		t.Errorf("%+v", got)
	}
}

func TestLoadReturnsTheEnvironmentAfterThePrefixRule(t *testing.T) {
	inEnvironment(t, "LOCALSTACK_PERSISTENCE=1", "LOCALSTACK_LD_PRELOAD=evil.so", "ACTIVATE_PRO=nonsense", "DEBUG= ")
	_, environ, err := Load()
	if err == nil {
		t.Error("ACTIVATE_PRO=nonsense is valid")
	}
	slices.Sort(environ.Entries)
	want := []string{"ACTIVATE_PRO=nonsense", "DEBUG= ", "LOCALSTACK_LD_PRELOAD=evil.so", "LOCALSTACK_PERSISTENCE=1",
		"PERSISTENCE=1"}
	if !slices.Equal(environ.Entries, want) {
		t.Errorf("got %q", environ.Entries)
	}
	if len(environ.Warnings) != 1 || !strings.HasPrefix(environ.Warnings[0], "LOCALSTACK_LD_PRELOAD ") {
		t.Errorf("warned %q", environ.Warnings)
	}
}

func TestTheEnvironmentReadIsAValueOfItsOwn(t *testing.T) {
	inEnvironment(t, "LOCALSTACK_X=1", "Y=2")
	_, environ, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("Y", "later")
	environ.Set("Z", "3")
	if got, _ := environ.Lookup("Y"); got != "2" || os.Getenv("Z") != "" || os.Getenv("X") != "" {
		t.Errorf("what was read has Y=%q, the process Z=%q and X=%q", got, os.Getenv("Z"), os.Getenv("X"))
	}
}
