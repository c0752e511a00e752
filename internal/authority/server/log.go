package server

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/origin"
)

// request is what the log and the metrics say about a request.
type request struct {
	*api.Record
	origin.Origin
	began, ended time.Time
	id           string
	route        string // the pattern; "" without a route
	status       int    // 0: the connection was closed without an answer
	stack        string // of a panic
}

// newLog returns a logger that writes the fields of an entry, and only these, as one line of JSON.
func newLog(to io.Writer) *zap.Logger {
	if to == nil {
		return zap.NewNop()
	}
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{EncodeTime: zapcore.RFC3339TimeEncoder})
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(to)), zap.InfoLevel))
}

// logRequest logs a request. The line has no query and no header: they may contain secrets.
func (s *Server) logRequest(r *http.Request, seen *request) {
	fields := make([]zap.Field, 0, 11)
	fields = append(fields,
		zap.Time("time", seen.began.UTC()),
		zap.String("method", stars(r.Method)),
		zap.String("path", seen.path(r)),
		zap.Int("status", seen.status),
		zap.Float64("duration_ms", float64(seen.ended.Sub(seen.began).Microseconds())/1000),
		zap.String("client", seen.Address.String()),
		zap.String("request_id", seen.id))
	if seen.Credential != "" {
		fields = append(fields, zap.String("credential", seen.Credential))
	}
	if seen.Message != "" {
		fields = append(fields, zap.String("message", s.options.Mask(seen.Message)))
	}
	if seen.Cause != nil {
		fields = append(fields, zap.String("error", s.options.Mask(seen.Cause.Error())))
	}
	if seen.stack != "" {
		fields = append(fields, zap.String("stack", s.options.Mask(seen.stack)))
	}
	s.log.Info("", fields...)
}

// path is the path of the route, with the names of its parts in place of what the client sent; of a request without a
// route, what the client sent.
func (seen *request) path(r *http.Request) string {
	if _, path, ok := strings.Cut(seen.route, " "); ok {
		return strings.TrimSuffix(path, "{$}")
	}
	return stars(r.URL.Path)
}

// stars is a method or path that a client sent, for the log: stars replace each part that is long enough to be a
// token, and a very long text as a whole.
func stars(text string) string {
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

// requestID is the ID that a trusted proxy gave a request, or a new one.
func requestID(from origin.Origin, r *http.Request) string {
	if given := r.Header.Get("X-Request-Id"); from.Proxied && isRequestID(given) {
		return given
	}
	var id [12]byte
	_, _ = rand.Read(id[:]) // cannot fail: it ends the program instead
	return hex.EncodeToString(id[:])
}

// isRequestID reports whether a proxy may have made an ID: hexadecimal digits and dashes, as in a UUID. No token
// looks like that.
func isRequestID(text string) bool {
	return len(text) >= 8 && len(text) <= 64 && strings.Trim(text, "0123456789abcdefABCDEF-") == ""
}

// logError logs an error of the server itself.
func (s *Server) logError(text string) {
	s.log.Info("", zap.Time("time", s.now().UTC()), zap.String("error", s.options.Mask(text)))
}

// Reload reads a certificate again, and logs how that ended. nil means that there is none.
func (s *Server) Reload(c *Certificate) {
	if c == nil {
		s.logError("SIGHUP reads the TLS certificate again, and there is none")
		return
	}
	if err := c.Reload(); err != nil {
		s.logError("cannot use the new TLS certificate, so the one before stays: " + err.Error())
		return
	}
	s.log.Info("", zap.Time("time", s.now().UTC()), zap.String("message", "the TLS certificate was read again"))
}

// errorLog is what package net/http logs its errors to.
func (s *Server) errorLog() *log.Logger { return log.New(lines(s.logError), "", 0) }

// lines passes on what is written, without the end of the line.
type lines func(string)

// Write implements io.Writer.
func (l lines) Write(text []byte) (int, error) {
	l(strings.TrimSpace(string(text)))
	return len(text), nil
}
