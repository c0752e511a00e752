package main

import (
	"context"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/supervise"
	"localstack-entrypoint/internal/task"
)

// renew renews the stored license if it is time to. The init runs it beside the
// emulator now and then; whatever it finds, the emulator goes on.
func renew() (code int) {
	supervise.RestoreStopSignals()
	s := newStart(nil, supervise.NoCore())
	defer s.end(&code)
	if s.problem != nil {
		return 0 // as the start has said
	}
	s.refreshBundles()
	if !s.cfg.ActivatePro {
		return 0
	}
	cred, err := credential.Read(s.cfg.Sources())
	if err != nil || !cred.IsSet() {
		return 0 // it is gone; the next start will say so, we would every few minutes
	}
	s.out.Hide(cred)
	_, err = task.Run(context.Background(), func(ctx context.Context) (any, error) {
		s.volume = file.NewVolume(s.cfg.Root.Volume(), 0)
		activation := s.newActivation(s.network(), s.volume, cred, s.issues(report.LicenseLogger), func(string) {})
		activation.Renew(ctx)
		s.syncVolume(0)
		return nil, nil
	})
	if err != nil {
		failed := s.failureOf(err, s.log)
		s.log.Warn(report.Reason(failed))
		return failed.Row().Exit
	}
	return 0
}
