package emulator

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3bolt"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	bolt "go.etcd.io/bbolt"
	"go.uber.org/zap"
)

// loggerS3 is what LocalStack calls the logger of its S3 service.
const loggerS3 = "localstack.services.s3"

// openS3 returns the S3 service and the function that closes its storage. Storage on
// disk is a feature of pro; without pro, a log line says that it is off.
func openS3(o Options, log *zap.SugaredLogger) (service http.Handler, closeStorage func() error, err error) {
	if o.persistent() && o.pro() {
		db, err := openState(filepath.Join(o.Root.Volume(), "state/s3.bolt"))
		if err != nil {
			return nil, nil, err
		}
		return newS3(&store{Backend: s3bolt.New(db)}, log), db.Close, nil
	}
	if o.persistent() {
		log.Named(loggerS3).Warn("PERSISTENCE=1 is a feature of pro, which is off: S3 objects are kept in memory only")
	}
	memory := s3mem.New()
	backend := &versionedStore{&store{Backend: memory}, memory}
	return newS3(backend, log), func() error { return nil }, nil
}

// openState opens the database. It commits each change to disk before the client gets
// its answer, so that an acknowledged change survives a SIGKILL.
func openState(path string) (*bolt.DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, fmt.Errorf("cannot keep S3 on disk: %w", err)
	}
	// 3 s: another process may be just ending.
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: 3 * time.Second})
	if err != nil {
		return nil, fmt.Errorf("cannot open %s (does another container use the same volume?): %w", path, err)
	}
	return db, nil
}

func newS3(backend gofakes3.Backend, log *zap.SugaredLogger) http.Handler {
	service := gofakes3.New(backend,
		gofakes3.WithLogger(errorsOnly{log.Named(loggerS3)}),
		gofakes3.WithTimeSkewLimit(0), // the clock of a resumed virtual machine is behind
	).Server()
	requests := log.Named("localstack.request.aws")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath() // the request is rewritten below
		answer := &s3Answer{ResponseWriter: w, status: http.StatusOK}
		if err := normalize(r); err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
		} else {
			service.ServeHTTP(answer, r)
		}
		requests.Infof("AWS s3 %s %s => %d", r.Method, path, answer.status)
	})
}

// s3Answer remembers the status for the log and corrects one header.
type s3Answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader removes the checksum of the whole object from an answer with a part of
// it: an SDK would compare them and report a corrupt download.
func (a *s3Answer) WriteHeader(status int) {
	a.status = status
	if status == http.StatusPartialContent {
		for name := range a.Header() {
			if strings.HasPrefix(name, "X-Amz-Checksum-") {
				a.Header().Del(name)
			}
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

// errorsOnly logs the errors of gofakes3, and no other messages.
type errorsOnly struct{ log *zap.SugaredLogger }

// Print implements gofakes3.Logger.
func (e errorsOnly) Print(level gofakes3.LogLevel, values ...any) {
	if level == gofakes3.LogErr {
		e.log.Errorln(values...)
	}
}
