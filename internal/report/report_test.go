package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"localstack-entrypoint/internal/fault"
)

var update = flag.Bool("update", false, "write testdata/*.golden and docs/ERRORS.md anew")

// golden compares got with a file.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s differs (%v); if that is meant, run go test ./internal/report -update\ngot:\n%s\nwant:\n%s", path, err,
			got, want)
	}
}

// noon is when everything happens here.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// failures are some of each kind, as the packages below make them.
func failures() map[string]*fault.Error {
	server := fault.Facts{Server: "https://api.localstack.cloud/v1", Host: "api.localstack.cloud"}
	dns := fault.New(fault.NetworkDNS,
		"the name api.localstack.cloud does not resolve (status: NXDOMAIN from 10.0.0.2)").With(server)
	stale := fault.New(fault.StoredStale, "license_1 could be used offline until 2026-11-20T12:00:00+00:00")
	skewed := fault.New(fault.ClockSkew,
		"the local time is 1970-01-01T00:00:00+00:00, but the stored license was issued on 2026-11-20T12:00:00+00:00")
	hostile := fault.New(fault.LicenseRefused, "the server says \"\x1b[2J\x00\u202eReady.\n\u2028====\xff\"")
	again := fault.New(fault.CredentialsInvalid, "ls-demo0000-****-****-****-************ from LOCALSTACK_AUTH_TOKEN")
	return map[string]*fault.Error{
		"refused.again": again.With(fault.Facts{Refused: fault.Repetition{Times: 12, Since: noon.Add(-time.Hour)}}),
		"credentials.missing": fault.New(fault.CredentialsMissing,
			"neither LOCALSTACK_AUTH_TOKEN nor LOCALSTACK_API_KEY is set"),
		"credentials.invalid": fault.New(fault.CredentialsInvalid,
			"ls-demo0000-****-****-****-************ from LOCALSTACK_AUTH_TOKEN"),
		"network.dns":  dns,
		"stored.stale": dns.With(fault.Facts{Stored: stale}),
		"clock.skew": fault.New(fault.NetworkTimeout, "the connection to 10.0.0.9:443 timed out").
			With(server).With(fault.Facts{Waited: 5 * time.Second, Stored: skewed}),
		"hostile": hostile.With(fault.Facts{Server: "https://licenses.test/v1"}),
		"config.invalid": fault.New(fault.ConfigInvalid,
			`DEBUG="maybe" is not a boolean; SHUTDOWN_TIMEOUT="soon" is not a time span`),
		"command.not_found": fault.New(fault.CommandNotFound, "emulator: not found in PATH"),
	}
}

func TestFailuresReadLikeTheGoldenFiles(t *testing.T) {
	t.Parallel()
	for name, failed := range failures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var banner, line bytes.Buffer
			writeBanner(&banner, failed)
			golden(t, filepath.Join("testdata", name+".banner.golden"), banner.Bytes())
			writeJSON(&line, failed, noon)
			golden(t, filepath.Join("testdata", name+".json.golden"), line.Bytes())
		})
	}
}

// TestTheBannerIsByteForByteTheOneUsersKnow repeats the design on purpose: a
// golden file can be written anew without a thought.
func TestTheBannerIsByteForByteTheOneUsersKnow(t *testing.T) {
	t.Parallel()
	want := "Localstack returning with exit code 55. Reason: \n" + strings.Repeat("=", 47) + `
License activation failed! 🔑❌

Reason: Your license has expired: it ended. Please renew the subscription, or have another license assigned. ` +
		"The My License page shows what you have: https://app.localstack.cloud/workspace/my-license. " +
		"An administrator of your workspace assigns licenses at https://app.localstack.cloud/workspace/members." + `

Due to this error, Localstack has quit. LocalStack for AWS features can only be used with a valid license.

- Please check that your credentials are set up correctly and that you have an active license.
  You can find your credentials in our webapp at https://app.localstack.cloud.
- If you want to continue using LocalStack without pro features you can set ` + "`ACTIVATE_PRO=0`.\n"
	var got bytes.Buffer
	writeBanner(&got, fault.New(fault.LicenseExpired, "it ended"))
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", &got, want)
	}
}

func TestAFailureWithAnotherExitCodeHasNoLicenseBanner(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	writeBanner(&got, fault.New(fault.CommandNotFound, "emulator"))
	want := "Localstack returning with exit code 127. Reason: \nThe command to run was not found: emulator.\n"
	if got.String() != want {
		t.Errorf("got %q, want %q", &got, want)
	}
}

func TestTheThirdRefusalInARowIsOneLine(t *testing.T) {
	t.Parallel()
	for times, line := range map[int]bool{0: false, 1: false, 2: false, 3: true, 4: true} {
		failed := fault.New(fault.LicenseExpired, "it ended")
		since := noon.In(time.FixedZone("", 3600))
		failed = failed.With(fault.Facts{Refused: fault.Repetition{Times: times, Since: since}})
		var got bytes.Buffer
		writeBanner(&got, failed)
		if short := strings.Count(got.String(), "\n") == 2; short != line || strings.Contains(got.String(), rule) == line {
			t.Errorf("refused %d times:\n%s", times, &got)
		}
	}
	missing := fault.New(fault.CommandNotFound, "emulator")
	missing.Refused.Times = 9
	var got bytes.Buffer
	if writeBanner(&got, missing); strings.Contains(got.String(), "License") {
		t.Errorf("no license is missing, but it says %s", &got)
	}
}

func TestTheJSONFormSaysAllThatTheBannerSays(t *testing.T) {
	t.Parallel()
	for name, failed := range failures() {
		var line bytes.Buffer
		writeJSON(&line, failed, noon.In(time.FixedZone("", 3600)))
		var got map[string]any
		if err := json.Unmarshal(line.Bytes(), &got); err != nil || strings.Count(line.String(), "\n") != 1 {
			t.Fatalf("%s: not one line of JSON: %v: %s", name, err, &line)
		}
		row := failed.Row()
		if got["time"] != "2026-11-21T12:00:00Z" || got["level"] != "error" || got["id"] != string(failed.ID) ||
			got["exit_code"] != float64(row.Exit) || got["retry"] != row.Retry || got["reason"] != Plain(Reason(failed)) {
			t.Errorf("%s: %s", name, &line)
		}
	}
}

func TestPlainIsOneShortPrintableLine(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                                  "",
		"plain, é, 日本, 🔑":                   "plain, é, 日本, 🔑",
		"a\nb\r\n\tc\x00\x1b[31m\x7f":       "a b   c  [31m ",
		"a\u200bb\u202ec\u2028\u00a0\ufeff": "a b c   ",
		"\xff\xfe broken \xc3":              "? broken ?",
		strings.Repeat("x", 4000):           strings.Repeat("x", 4000),
		strings.Repeat("x", 4001):           strings.Repeat("x", 4000) + " …",
		"x" + strings.Repeat("é", 2000):     "x" + strings.Repeat("é", 1999) + " …",
	}
	for text, want := range tests {
		if got := Plain(text); got != want {
			t.Errorf("%.40q becomes %.40q, want %.40q", text, got, want)
		}
	}
}

// isClean reports whether text can go to a terminal: whole runes, nothing that
// moves the cursor or cannot be seen. Lines may end.
func isClean(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text,
		func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) })
}

func FuzzPlain(f *testing.F) {
	for _, seed := range []string{"", "plain", "a\x1b[2Jb\n", "\u202e\u200b\xff", strings.Repeat("é", 3000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Plain(text)
		if !isClean(got) || strings.Contains(got, "\n") || len(got) > maxReason+len(" …") {
			t.Errorf("%q becomes %q", text, got)
		}
		if Plain(got) != got && len(got) <= maxReason {
			t.Errorf("%q changes again", got)
		}
	})
}

func FuzzBanner(f *testing.F) {
	f.Add(0, "detail", "https://api.localstack.cloud/v1", "api.localstack.cloud", "")
	f.Add(10, "\x1b]0;title\a", "http://[::1%25\n]\u200b", "\u202e", "stale\r")
	f.Add(99, strings.Repeat("\xff", 5000), "", "{detail}", "")
	f.Fuzz(func(t *testing.T, row int, detail, server, host, stored string) {
		failed := fault.New("unknown", "%s", detail)
		if row >= 0 && row < len(fault.Table()) {
			failed.ID = fault.Table()[row].ID
		}
		failed.Server, failed.Host = server, host
		if stored != "" {
			failed.Stored = fault.New(fault.StoredInvalid, "%s", stored)
		}
		var banner, line bytes.Buffer
		writeBanner(&banner, failed)
		writeJSON(&line, failed, noon)
		if !isClean(banner.String()) || !isClean(line.String()) {
			t.Errorf("control or invisible characters in\n%q\n%q", &banner, &line)
		}
		lines := 2
		if failed.Row().Exit == fault.ExitLicense {
			lines = 11
		}
		if got := strings.Count(banner.String(), "\n"); got != lines {
			t.Errorf("%d lines, want %d:\n%s", got, lines, &banner)
		}
		if !json.Valid(line.Bytes()) || strings.Count(line.String(), "\n") != 1 {
			t.Errorf("not one line of JSON: %q", &line)
		}
	})
}
