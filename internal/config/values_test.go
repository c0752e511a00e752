package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/proxy"
)

// decoder is a value that envconfig fills.
type decoder interface{ Decode(string) error }

// refuses checks that target takes none of values and stays as it is.
func refuses(t *testing.T, target decoder, want string, values ...string) {
	t.Helper()
	before := fmt.Sprintf("%v", target)
	for _, value := range values {
		if err := target.Decode(value); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", value, err, want)
		}
		if after := fmt.Sprintf("%v", target); after != before {
			t.Errorf("%q changes the value from %s to %s", value, before, after)
		}
	}
}

// TestBooleans covers every spelling, with each decoder that takes booleans.
func TestBooleans(t *testing.T) {
	t.Parallel()
	spellings := map[bool][]string{
		true:  {"1", "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", " 1", "true\n", "\tyes "},
		false: {"0", "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", " 0", "false\n", "\toff "},
	}
	for want, values := range spellings {
		for _, value := range values {
			got, auto := Bool(!want), Auto{}
			if err := got.Decode(value); err != nil || bool(got) != want {
				t.Errorf("%q is %t, %v", value, got, err)
			}
			if err := auto.Decode(value); err != nil || auto.Or(!want) != want {
				t.Errorf("%q is %+v, %v", value, auto, err)
			}
		}
	}
	nonsense := []string{"", " ", "2", "-1", "01", "t", "f", "y", "n", "truee", "enabled", "tru e", "ja", "\"1\"", "ｏｎ"}
	on := Bool(true)
	refuses(t, &on, "is not a boolean; use 1, true, yes, on or 0, false, no, off", nonsense...)
	refuses(t, &Auto{Set: true, On: true}, "is not a boolean or auto; use auto, 1 or 0", nonsense...)
}

func TestAutoLeavesTheChoiceToTheProgram(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"auto", "AUTO", " Auto\n"} {
		choice := Auto{Set: true, On: true}
		if err := choice.Decode(value); err != nil || choice.Or(false) || !choice.Or(true) {
			t.Errorf("%q is %+v, %v", value, choice, err)
		}
	}
}

func TestSecondsTakeFractionsAndUnits(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"8": 8 * time.Second, "0": 0, "-0": 0, "2.5": 2500 * time.Millisecond, "4.1": 4100 * time.Millisecond,
		" 8\n": 8 * time.Second, "8s": 8 * time.Second, "500ms": 500 * time.Millisecond, "1m30s": 90 * time.Second,
		".5": 500 * time.Millisecond, "1e1": 10 * time.Second, "31536000": 365 * 24 * time.Hour,
	} {
		var span Seconds
		if err := span.Decode(value); err != nil || span.Duration() != want {
			t.Errorf("%q is %s, %v", value, span.Duration(), err)
		}
	}
	eight := Seconds(8 * time.Second)
	refuses(t, &eight, "is not a duration; use seconds such as 8 or 2.5",
		"", "-1", "-0.001", "-1s", "NaN", "Inf", "+Inf", "-Inf", "1e999", "8 s", "8,5", "eight", "1d", "31536001", "9000h",
		"0x")
}

func TestCountsAreSmallWholeNumbers(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]Count{"1": 1, "100": 100, " 3\n": 3, "+7": 7, "007": 7} {
		var count Count
		if err := count.Decode(value); err != nil || count != want {
			t.Errorf("%q is %d, %v", value, count, err)
		}
	}
	three := Count(3)
	refuses(t, &three, "is not a whole number from 1 to 100", "", "0", "-1", "101", "2.5", "three", "1e1",
		"99999999999999999999")
}

func TestWordsAreSplitAsByAShellWithoutRunningOne(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{
		"python -m localstack":         {"python", "-m", "localstack"},
		"  a\tb\n c ":                  {"a", "b", "c"},
		`sh -c 'echo "$HOME"; exit 3'`: {"sh", "-c", `echo "$HOME"; exit 3`},
		`a\ b "c d"'e f'`:              {"a b", "c de f"},
		`x "" ''`:                      {"x", "", ""},
		"$(reboot) `reboot` * ~":       {"$(reboot)", "`reboot`", "*", "~"},
		"":                             {},
		"[ -n text ]":                  {"[", "-n", "text", "]"},
		"[[ a == [a] ]]":               {"[[", "a", "==", "[a]", "]]"},
		"{ sh; }":                      {"{", "sh;", "}"},
	} {
		var words Words
		if err := words.Decode(value); err != nil || !slices.Equal(words, want) {
			t.Errorf("%q is %q, %v", value, words, err)
		}
	}
	refuses(t, &Words{"kept"}, "is JSON; use shell words, such as: python -m localstack.runtime.main",
		`["python", "-m"]`, ` [ "python" ] `, `['python', '-m']`, `[python, -m]`, `[]`, `{"command": "python"}`)
	refuses(t, &Words{"kept"}, "has an unbalanced quote or backslash", `a "b`, `'`, `a\`, `"\"`)
}

func TestNamesOfALevelOrFormatAreTakenInAnyCase(t *testing.T) {
	t.Parallel()
	level, format := Level(""), Format("")
	for value, verbose := range map[string]bool{
		"trace-internal": true, "trace": true, "debug": true, " DEBUG\n": true,
		"info": false, "Warn": false, "warning": false, "error": false,
	} {
		if err := level.Decode(value); err != nil || (Logging{Level: level, Debug: true}).Verbose() != verbose {
			t.Errorf("%q: level %q, %v", value, level, err)
		}
	}
	if (Logging{}).Verbose() || !(Logging{Debug: true}).Verbose() {
		t.Error("without a level DEBUG does not decide")
	}
	for value, isJSON := range map[string]bool{"json": true, "JSON ": true, "text": false} {
		if err := format.Decode(value); err != nil || format.JSON() != isJSON {
			t.Errorf("%q: format %q, %v", value, format, err)
		}
	}
	refuses(t, &level, "is unknown; use trace-internal, trace, debug, info, warn, warning, error", "", "loud",
		"debug,info", "1")
	refuses(t, &format, "is unknown; use text, json", "", "xml")
}

func TestNoVerbShowsAProxysPassword(t *testing.T) {
	t.Parallel()
	var setting proxy.Setting
	if err := setting.Decode("http://user:hunter2@proxy.test:3128"); err != nil {
		t.Fatal(err)
	}
	config := Config{Network: Network{HTTPSProxy: setting}}
	type hiding struct{ inside Network }
	values := []any{setting, &setting, config, &config, config.Network, hiding{config.Network}, []proxy.Setting{setting},
		map[string]proxy.Setting{"": setting}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%40.3s"} {
		for _, value := range values {
			shown := strings.ToLower(fmt.Sprintf(verb, value))
			if strings.Contains(shown, "hunter2") || strings.Contains(shown, fmt.Sprintf("%x", "hunter2")) {
				t.Errorf("%s of %T shows %s", verb, value, shown)
			}
		}
	}
	if encoded, err := json.Marshal(config); err != nil || strings.Contains(string(encoded), "hunter2") {
		t.Errorf("JSON: %s, %v", encoded, err)
	}
}
