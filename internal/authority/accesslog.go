package authority

import (
	"io"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newAccessLog returns a logger that writes the fields of an entry and nothing
// else, as one line of JSON.
func newAccessLog(to io.Writer) *zap.Logger {
	if to == nil {
		return zap.NewNop()
	}
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{EncodeTime: zapcore.RFC3339TimeEncoder})
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(to)), zap.InfoLevel))
}

// logFields are the access log's fields for a request that had this answer.
// "credential" is a token's ID, or a masked credential where there is no such token.
func (a *answer) logFields(r *http.Request, started, ended time.Time) []zap.Field {
	fields := []zap.Field{
		zap.Time("time", started.UTC()),
		zap.String("method", harmless(r.Method)),
		zap.String("path", harmless(r.URL.Path)),
		zap.Int("status", a.status),
		zap.Float64("duration_ms", float64(ended.Sub(started).Microseconds())/1000),
	}
	if a.bearer != "" {
		fields = append(fields, zap.String("credential", a.bearer))
	}
	if message := a.message(); message != "" {
		fields = append(fields, zap.String("message", message))
	}
	if a.cause != nil {
		fields = append(fields, zap.Error(a.cause))
	}
	return fields
}

// harmless is a word or path that a client chose, for the log: each part that
// is long enough to be a token becomes stars, and so does a very long whole.
func harmless(text string) string {
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
