package server

import (
	"io"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"localstack-entrypoint/internal/authority/api"
)

// newAccessLog returns a logger that writes the fields of an entry, and only
// these, as one line of JSON.
func newAccessLog(to io.Writer) *zap.Logger {
	if to == nil {
		return zap.NewNop()
	}
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{EncodeTime: zapcore.RFC3339TimeEncoder})
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(to)), zap.InfoLevel))
}

// logFields are the access log's fields for a request and its answer.
func logFields(r *http.Request, a *api.Answer, started, ended time.Time) []zap.Field {
	fields := []zap.Field{
		zap.Time("time", started.UTC()),
		zap.String("method", withoutTokens(r.Method)),
		zap.String("path", withoutTokens(r.URL.Path)),
		zap.Int("status", a.Status),
		zap.Float64("duration_ms", float64(ended.Sub(started).Microseconds())/1000),
	}
	if a.Credential != "" {
		fields = append(fields, zap.String("credential", a.Credential))
	}
	if message := a.Message(); message != "" {
		fields = append(fields, zap.String("message", message))
	}
	if a.Cause != nil {
		fields = append(fields, zap.Error(a.Cause))
	}
	return fields
}

// withoutTokens is a method or path that a client sent, for the log: stars replace
// each part that is long enough to be a token, and a very long text as a whole.
func withoutTokens(text string) string {
	const longestPart, longestText, stars = 20, 100, "****"
	if len(text) > longestText {
		return stars
	}
	parts := strings.Split(text, "/")
	for i, part := range parts {
		if len(part) > longestPart {
			parts[i] = stars
		}
	}
	return strings.Join(parts, "/")
}
