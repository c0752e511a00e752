package emulator

import (
	"strings"
	"testing"
	"time"
)

func TestSwitchAcceptsTheUsualWords(t *testing.T) {
	for text, want := range map[string]Switch{
		"1": On, "true": On, " YES ": On, "On": On,
		"0": Off, "False": Off, "no": Off, "OFF": Off, "": Off, "  ": Off,
	} {
		var got Switch
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: got %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"2", "y", "enabled", "1 1"} {
		if err := new(Switch).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: want an error", text)
		}
	}
}

func TestSupervisorPIDIsASingleProcess(t *testing.T) {
	for text, want := range map[string]PID{"1": 1, " 42 ": 42, "": 0} {
		var got PID
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: got %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"0", "-1", "1x", "99999999999"} {
		if err := new(PID).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: want an error", text)
		}
	}
}

func TestThePrefixedPersistenceWins(t *testing.T) {
	tests := []struct {
		plain, prefixed Switch
		want            bool
	}{
		{Unset, Unset, false}, {On, Unset, true}, {Off, On, true}, {On, Off, false}, {Unset, On, true},
	}
	for _, tt := range tests {
		o := Options{Persistence: tt.plain, PrefixedPersistence: tt.prefixed}
		if o.persistent() != tt.want {
			t.Errorf("%+v: got %v", tt, o.persistent())
		}
	}
}

func TestProNeedsTheMarkOfTheEntrypoint(t *testing.T) {
	for activated, want := range map[string]bool{"1": true, "": false, "0": false, "true": false, " 1": false} {
		if got := (Options{ProActivated: activated}).pro(); got != want {
			t.Errorf("PRO_ACTIVATED=%q: got %v", activated, got)
		}
	}
}

func TestLogLinesHaveTheLayoutClientsParse(t *testing.T) {
	e, log := newTest(t, Options{})
	ask(e, "GET", "/_localstack/pods", "")
	ask(e, "PUT", "/bucket/%1b[31m", "")
	const date = len("2026-03-04T05:06:07.089")
	for i, want := range []string{
		"  WARN --- [  MainThread] localstack.internal        : No endpoint for GET /_localstack/pods",
		"  INFO --- [  MainThread] localstack.request.aws     : AWS s3 PUT /bucket/%1b[31m => 404",
	} {
		line := strings.Split(log.String(), "\n")[i]
		_, err := time.Parse("2006-01-02T15:04:05.000", line[:date])
		if err != nil || line[date:] != want {
			t.Errorf("got  %q, %v\nwant %q", line[date:], err, want)
		}
	}
}
