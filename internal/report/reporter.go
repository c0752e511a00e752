package report

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
)

// Reporter prints for one start.
type Reporter struct {
	out    *filter
	format config.Format
	log    *zap.Logger
}

// New returns a Reporter that writes to w in the form that cfg asks for.
func New(w io.Writer, cfg config.Logging) *Reporter {
	out := &filter{out: w}
	core := zapcore.NewCore(encoder(cfg.Format), lines{out}, level(cfg))
	// zap would complain about a broken stderr on stderr.
	nowhereToComplain := zap.ErrorOutput(zapcore.AddSync(io.Discard))
	return &Reporter{out: out, format: cfg.Format, log: zap.New(core, nowhereToComplain)}
}

// Log is the logger of the given name.
func (r *Reporter) Log(name string) *zap.Logger { return r.log.Named(name) }

// Muted is the logger of the given name for a user who does not want to hear of issues: what it warns of
// is for debugging only.
func (r *Reporter) Muted(name string) *zap.Logger {
	mute := zap.WrapCore(func(core zapcore.Core) zapcore.Core { return muted{core} })
	return r.log.WithOptions(mute).Named(name)
}

// muted lowers the level of warnings and worse.
type muted struct{ zapcore.Core }

func (m muted) With(fields []zapcore.Field) zapcore.Core { return muted{m.Core.With(fields)} }

func (m muted) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if entry.Level > zapcore.InfoLevel {
		entry.Level = zapcore.DebugLevel
	}
	return m.Core.Check(entry, checked)
}

// Hide keeps the credential from being printed by anything from now on.
func (r *Reporter) Hide(secret credential.Credential) { r.out.hide(secret.Reveal(), secret.String()) }

// HideText keeps texts that may be credentials from being printed, whatever
// comes of them.
func (r *Reporter) HideText(secrets ...credential.Secret) {
	for _, secret := range secrets {
		text := credential.Clean(secret.Reveal())
		r.out.hide(text, credential.Mask(text))
	}
}

// Print writes text as it is, without what must not be seen.
func (r *Reporter) Print(text string) { _, _ = io.WriteString(r.out, text) }

// Line prints what the init has to say. It is a warning, whatever level is logged.
func (r *Reporter) Line(line string) { _, _ = r.out.Write(Line(r.format, Logger, line)) }

// Line is a log line with a warning.
func Line(format config.Format, logger, line string) []byte {
	if !format.JSON() {
		line = printable(line)
	}
	entry := zapcore.Entry{Level: zapcore.WarnLevel, Time: time.Now(), LoggerName: logger, Message: line}
	text, err := encoder(format).EncodeEntry(entry, nil)
	if err != nil {
		return nil
	}
	return text.Bytes()
}

// Failure prints why the start failed.
func (r *Reporter) Failure(failed *fault.Error) {
	var text bytes.Buffer
	if r.format.JSON() {
		writeJSON(&text, failed, time.Now())
	} else {
		writeBanner(&text, failed)
	}
	// One write, so that nothing can come in between.
	_, _ = r.out.Write(text.Bytes())
}

func level(cfg config.Logging) zapcore.Level {
	switch {
	case cfg.Verbose():
		return zapcore.DebugLevel
	case cfg.Level == "warn" || cfg.Level == "warning":
		return zapcore.WarnLevel
	case cfg.Level == "error":
		return zapcore.ErrorLevel
	}
	return zapcore.InfoLevel
}

// encoder writes LocalStack's own line layout, or JSON:
// <time> LEVEL --- [thread] logger : message
func encoder(format config.Format) zapcore.Encoder {
	cfg := zapcore.EncoderConfig{
		TimeKey: "time", LevelKey: "level", NameKey: "logger", MessageKey: "message",
		EncodeDuration: zapcore.StringDurationEncoder,
	}
	if format.JSON() {
		cfg.EncodeTime = zapcore.RFC3339NanoTimeEncoder
		cfg.EncodeLevel = zapcore.LowercaseLevelEncoder
		return zapcore.NewJSONEncoder(cfg)
	}
	cfg.ConsoleSeparator = " "
	cfg.EncodeTime = zapcore.TimeEncoderOfLayout("2006-01-02T15:04:05.000")
	cfg.EncodeLevel = func(l zapcore.Level, enc zapcore.PrimitiveArrayEncoder) {
		enc.AppendString(fmt.Sprintf("%5s --- [%s]", l.CapitalString(), thread))
	}
	cfg.EncodeName = func(name string, enc zapcore.PrimitiveArrayEncoder) {
		enc.AppendString(fmt.Sprintf("%-26s :", name))
	}
	return zapcore.NewConsoleEncoder(cfg)
}
