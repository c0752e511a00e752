package config

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
)

func TestASenselessValueOfANameThatOthersShareIsAWarning(t *testing.T) {
	const boolean = "is not a boolean; use 1, true, yes, on or 0, false, no, off; the default is used: 0"
	const level = "is unknown; use trace-internal, trace, debug, info, warn, warning, error; " +
		"the default is used: info, or debug if DEBUG=1"
	for entry, want := range map[string]string{
		"DEBUG=*":                              `DEBUG="*" ` + boolean,
		"DEBUG=express:*,-x":                   `DEBUG="express:*,-x" ` + boolean,
		"LOCALSTACK_DEBUG=release":             `DEBUG="release" ` + boolean,
		"DEBUG=" + token:                       `DEBUG="ls-demo0000-****-****-****-************" ` + boolean,
		"LOG=verbose":                          `LOG="verbose" ` + level,
		"LOG=/var/log/some-service/output.log": `LOG="/var/log/some-service/output.log" ` + level,
		"LS_LOG=2":                             `LS_LOG="2" ` + level,
		"LOG_FORMAT=gelf":                      `LOG_FORMAT="gelf" is unknown; use text, json; the default is used: text`,
		"LOG_FORMAT=%h %l %u":                  `LOG_FORMAT="%h %l %u" is unknown; use text, json; the default is used: text`,
		"CI=perhaps":                           "",
		"TERM=\x1b[2J":                         "",
		"NO_COLOR=?":                           "",
		"GITHUB_ACTIONS=:":                     "",
	} {
		t.Run(credential.MaskAll(entry), func(t *testing.T) {
			inEnvironment(t, entry)
			cfg, environ, err := Load()
			if got := strings.Join(environ.Warnings, "\n"); err != nil || got != want {
				t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
			}
			if name, _, _ := strings.Cut(entry, "="); want != "" && summary(cfg) != summary(loaded(t)) {
				t.Errorf("%s does not have its default", name)
			}
		})
	}
}

func TestDurationsHaveBounds(t *testing.T) {
	const wait = "is out of range; use 0.01 to 86400 seconds"
	const interval = "is out of range; use 0, or 0.1 to 31536000 seconds"
	for entry, want := range map[string]string{
		"ACTIVATION_TIMEOUT=0": wait, "ACTIVATION_TIMEOUT_CACHED=0": wait, "ACTIVATION_ATTEMPT_TIMEOUT=0": wait,
		"ACTIVATION_TIMEOUT=1e-12": wait, "ACTIVATION_TIMEOUT=0s": wait, "ACTIVATION_TIMEOUT=25h": wait,
		"ACTIVATION_TIMEOUT=-0": wait, "ACTIVATION_TIMEOUT=0.01": "", "ACTIVATION_TIMEOUT=24h": "",
		"LICENSE_RENEWAL_INTERVAL=0.01": interval, "LICENSE_RENEWAL_INTERVAL=0": "", "LICENSE_RENEWAL_INTERVAL=0.1": "",
		"SHUTDOWN_TIMEOUT=0": "", "SHUTDOWN_TIMEOUT=366d": "is not a duration; use seconds such as 8 or 2.5",
	} {
		t.Run(entry, func(t *testing.T) {
			inEnvironment(t, entry)
			_, _, err := Load()
			name, value, _ := strings.Cut(entry, "=")
			got := ""
			if err != nil {
				got = strings.TrimPrefix(err.Error(), fmt.Sprintf("config.invalid: %s=%q ", name, value))
			}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestAnAttemptThatMayTakeLongerThanTheWholeIsWarnedOf(t *testing.T) {
	for entries, want := range map[string]int{
		"ACTIVATION_ATTEMPT_TIMEOUT=30":                         1,
		"ACTIVATION_ATTEMPT_TIMEOUT=30 ACTIVATION_TIMEOUT=45":   0,
		"ACTIVATION_TIMEOUT=2":                                  0, // the default of an attempt is nobody's wish
		"ACTIVATION_ATTEMPT_TIMEOUT=15s ACTIVATION_TIMEOUT=15 ": 0,
	} {
		inEnvironment(t, strings.Fields(entries)...)
		if _, environ, err := Load(); err != nil || len(environ.NetworkWarnings) != want {
			t.Errorf("%s: %v, warned %q", entries, err, environ.NetworkWarnings)
		}
	}
}

func TestOnePairOfQuotesAroundAnyValueIsRemoved(t *testing.T) {
	for _, v := range Variables() {
		value := cmp.Or(sensible[v.Name], "some-text")
		want := summary(loaded(t, v.Name+"="+value))
		for _, quoted := range []string{`"` + value + `"`, "'" + value + "'", " \"" + value + "\"\n"} {
			t.Run(v.Name+"="+quoted, func(t *testing.T) {
				inEnvironment(t, v.Name+"="+quoted)
				cfg, environ, err := Load()
				if got := summary(cfg); err != nil || got != want {
					t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
				}
				isSaid := strings.Contains(strings.Join(environ.Warnings, "\n"), "docker run --env-file keeps them): "+v.Name)
				if isSaid == isCredential(v.Name) {
					t.Errorf("warned %q", environ.Warnings)
				}
				if kept, _ := environ.Lookup(v.Name); kept != quoted {
					t.Errorf("the emulator would be given %q instead of %q", kept, quoted)
				}
			})
		}
	}
}

func TestQuotesThatBelongToAValueStay(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`"a b"`: "a b", `'a "b"'`: `a "b"`, `""`: "", `"`: `"`, `"a`: `"a`, `a"`: `a"`, `"a' `: `"a' `, " a ": " a ",
		`"a" "b"`: `"a" "b"`, `"a\"b"`: `"a\"b"`, `""a""`: `""a""`, `"'a'"`: "'a'", `" a "`: " a ",
	} {
		if got := unquote(value); got != want {
			t.Errorf("%s becomes %s, want %s", value, got, want)
		}
	}
}

func TestFillRemovesQuotesThatAFieldCannotTake(t *testing.T) {
	var options struct {
		Wait Seconds `envconfig:"WAIT"`
		Name string  `envconfig:"NAME"`
		Bad  Bool    `envconfig:"BAD" default:"1"`
	}
	inEnvironment(t, `WAIT="2"`, `NAME="kept"`, `BAD="maybe"`)
	refused := Fill(&options)
	if len(refused) != 1 || refused[0].KeyName != "BAD" || options.Wait.Duration() != 2*time.Second ||
		options.Name != `"kept"` || !bool(options.Bad) {
		t.Errorf("refused %v, filled %+v", refused, options)
	}
}
