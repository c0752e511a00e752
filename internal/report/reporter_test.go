package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/fault"
)

// talk logs a line of each kind.
func talk(r *Reporter) {
	license, own := r.Log(LicenseLogger), r.Log(Logger)
	license.Info("Successfully activated cached license license_1:pro from /var/lib/localstack/cache/license.json")
	license.Debug("activation attempt", zap.Int("attempt", 2), zap.String("result", "network.dns: \"no\"\n\x1b[31m"),
		zap.Duration("took", 1500*time.Millisecond))
	own.Warn("LOCALSTACK_PATH does not set PATH\r\n2026-11-21T12:00:00.000 ERROR --- forged")
	own.Error("cannot go on", zap.Error(errors.New("no\u202espace")), zap.Stringer("span", time.Second))
}

func TestLogLinesHaveLocalStacksLayout(t *testing.T) {
	t.Parallel()
	for format, layout := range map[config.Format]string{"text": "2006-01-02T15:04:05.000", "json": time.RFC3339Nano} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				talk(New(&out, config.Logging{Debug: true, Format: format}))
				if !isClean(out.String()) {
					t.Errorf("control or invisible characters: %q", &out)
				}
				lines := strings.ReplaceAll(out.String(), time.Now().Format(layout), "<time>")
				golden(t, filepath.Join("testdata", "log."+string(format)+".golden"), []byte(lines))
			})
		})
	}
}

func TestEveryJSONLineIsOneWholeValueHoweverLong(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	New(&out, config.Logging{Format: "json"}).Log(Logger).Info(strings.Repeat("\u202elong \xff", 5000))
	if !json.Valid(out.Bytes()) || strings.Count(out.String(), "\n") != 1 || !isClean(out.String()) {
		t.Errorf("%.200q", &out)
	}
}

func TestTheLevelDecidesWhichLinesAreShown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		cfg  config.Logging
		want string
	}{
		{config.Logging{}, "INFO WARN ERROR"},
		{config.Logging{Debug: true}, "INFO DEBUG WARN ERROR"},
		{config.Logging{Level: "trace"}, "INFO DEBUG WARN ERROR"},
		{config.Logging{Level: "debug"}, "INFO DEBUG WARN ERROR"},
		{config.Logging{Level: "info", Debug: true}, "INFO WARN ERROR"},
		{config.Logging{Level: "warn"}, "WARN ERROR"},
		{config.Logging{Level: "warning", Debug: true}, "WARN ERROR"},
		{config.Logging{Level: "error"}, "ERROR"},
	}
	for _, test := range tests {
		var out bytes.Buffer
		talk(New(&out, test.cfg))
		var levels []string
		for line := range strings.Lines(out.String()) {
			levels = append(levels, strings.Fields(line)[1])
		}
		if got := strings.Join(levels, " "); got != test.want {
			t.Errorf("%+v shows %s, want %s", test.cfg, got, test.want)
		}
	}
}

func TestAFailureIsPrintedInTheFormOfTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failed := fault.New(fault.CommandNotFound, "emulator")
		var got, want bytes.Buffer
		New(&got, config.Logging{Format: "json"}).Failure(failed)
		writeJSON(&want, failed, time.Now())
		New(&got, config.Logging{Format: "text", Level: "error"}).Failure(failed)
		writeBanner(&want, failed)
		if got.String() != want.String() {
			t.Errorf("got  %s\nwant %s", &got, &want)
		}
	})
}

// oneWrite fails the test when a message comes in parts.
type oneWrite struct {
	t     *testing.T
	count int
}

func (w *oneWrite) Write(message []byte) (int, error) {
	w.count++
	if !bytes.HasSuffix(message, []byte("\n")) {
		w.t.Errorf("half a message: %q", message)
	}
	return len(message), nil
}

func TestNothingCanComeInBetweenTheLinesOfAMessage(t *testing.T) {
	t.Parallel()
	out := &oneWrite{t: t}
	reporter := New(out, config.Logging{})
	var talkers sync.WaitGroup
	for range 8 {
		talkers.Go(func() {
			for range 50 {
				reporter.Log(Logger).Info("line")
				reporter.Hide(sampleCredential(t))
				reporter.Failure(fault.New(fault.LicenseExpired, "it ended"))
			}
		})
	}
	talkers.Wait()
	if want := 8 * 50 * 2; out.count != want {
		t.Errorf("%d writes, want %d", out.count, want)
	}
}

// broken is a stderr that nobody reads any more.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestABrokenOutputDoesNotStopTheStart(t *testing.T) {
	t.Parallel()
	reporter := New(broken{}, config.Logging{})
	reporter.Log(Logger).Error("unheard")
	reporter.Failure(fault.New(fault.LicenseExpired, "it ended"))
	if n, err := reporter.out.Write([]byte("x")); n != 0 || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%d, %v", n, err)
	}
	if err := reporter.Log(Logger).Sync(); err != nil {
		t.Errorf("%v", err)
	}
}
