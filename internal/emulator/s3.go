package emulator

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/s3"
)

// loggerS3 is what LocalStack calls the logger of its S3 service.
const loggerS3 = "localstack.services.s3"

// openS3 opens the state of S3. To keep it on disk is a feature of pro; without pro, a log line says that it is not
// kept.
func openS3(o Options, log *zap.SugaredLogger) (*s3.Service, error) {
	switch {
	case o.persistent() && o.pro():
		return openState(filepath.Join(o.Root.Volume(), "state"), log)
	case o.persistent():
		log.Warn("PERSISTENCE=1 is a feature of pro, which is off: S3 objects are kept in memory only")
	}
	return s3.OpenMemory()
}

// The state of S3, and that of earlier versions, below the volume's folder state.
const (
	stateFile  = "s3.db"
	formerFile = "s3.bolt"
)

// openState opens the state that is kept in a folder. It converts that of an earlier version.
func openState(folder string, log *zap.SugaredLogger) (*s3.Service, error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, fmt.Errorf("cannot keep S3 on disk: %w", err)
	}
	path, former := filepath.Join(folder, stateFile), filepath.Join(folder, formerFile)
	if _, err := os.Stat(former); err == nil {
		converted, err := convert(former, path)
		if err != nil {
			return nil, fmt.Errorf("cannot convert the S3 objects of an earlier version in %s: %w", former, err)
		}
		if converted {
			log.Infof("Converted the S3 objects of an earlier version in %s", former)
		}
	}
	service, err := s3.Open(path)
	switch {
	case errors.Is(err, s3.ErrInUse):
		return nil, fmt.Errorf("cannot open %s: another process has it open; two containers cannot use one volume", path)
	case err != nil:
		return nil, fmt.Errorf("cannot open %s: %w", path, err)
	}
	return service, nil
}

// convert makes a state of that of an earlier version, which it removes when the new one is complete. It reports
// whether there was none yet. Only one process at a time does it: another one would remove what this one writes.
func convert(former, path string) (converted bool, err error) {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return false, err
	}
	defer folder.Close() // which unlocks it
	if err := unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return false, fmt.Errorf("cannot lock the folder (does another container use the same volume?): %w", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	unfinished := path + ".new"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	service, err := s3.Open(unfinished)
	if err != nil {
		return false, err
	}
	if err := errors.Join(service.Import(former, defaultAccount), service.Close()); err != nil {
		return false, err
	}
	if err := os.Rename(unfinished, path); err != nil {
		return false, err
	}
	return true, os.Remove(former)
}

// serveS3 answers a request to S3.
func (e *Emulator) serveS3(w http.ResponseWriter, r *http.Request, c call) {
	answer := &statusWriter{w, http.StatusOK}
	if err := e.s3.Serve(answer, r, s3.Caller{Account: c.account, Region: c.region}); err != nil {
		e.logS3.Errorf("%s %s: %v", r.Method, r.URL.EscapedPath(), err)
	}
	e.requests.Infof("AWS s3 %s %s => %d", r.Method, r.URL.EscapedPath(), answer.status)
}

// corsOfBucket returns the CORS headers for a request, by the rules of the bucket that it is for.
func (e *Emulator) corsOfBucket(r *http.Request) http.Header {
	if recognize(r).service != "s3" {
		return nil
	}
	return e.s3.CORS(r)
}

// statusWriter remembers the status for the log.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
