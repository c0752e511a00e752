package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/activate"
	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/doctor"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/hook"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/task"
)

// visit is one visit to the doctor.
type visit struct {
	settings
	out                  *report.Reporter // on standard error
	json, offline, spend bool
	timeout              time.Duration
	style                doctor.Style
	page                 *report.Reporter

	// path is the command to run, noCommand why there is none.
	path      string
	noCommand error
	// missing is why there is no usable credential.
	credential credential.Credential
	missing    error
	stored     []activate.Stored
	// rehearsal is the activation, which asks once; result and refusal are what
	// it came to.
	rehearsal *activate.Activation
	result    activate.Result
	refusal   error
	verdict   doctor.Checkup
}

// runDoctor looks at everything a start depends on, and says what a start
// would come to now: exit code 0, 55 or 78.
func runDoctor(args []string) int {
	v, err := newVisit(args)
	if err != nil {
		return misused("entrypoint doctor: " + err.Error() + "\n" + doctorUsage)
	}
	tell, wait := func(fault.Check) {}, func(string, time.Duration) {}
	if !v.json {
		tell, wait = v.tell, v.wait
	}
	checks, err := task.Run(context.Background(), func(ctx context.Context) ([]fault.Check, error) {
		ctx, cancel := context.WithTimeout(ctx, v.timeout)
		defer cancel()
		return doctor.Run(ctx, v.sections(), tell, wait), nil
	})
	if p, panicked := errors.AsType[*task.Panic](err); panicked {
		return v.refuse(v.out, p)
	}
	v.verdict.Checks = checks
	v.conclude()
	if v.json {
		v.page.Print(v.verdict.JSON(time.Now()))
	} else {
		v.page.Print(v.verdict.Verdict(v.style))
	}
	return v.verdict.Code
}

func newVisit(args []string) (*visit, error) {
	v := &visit{}
	seconds := config.Seconds(10 * time.Second)
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&v.json, "json", false, "")
	flags.BoolVar(&v.offline, "offline", false, "")
	flags.BoolVar(&v.spend, "activate", false, "")
	flags.BoolVar(&v.style.Verbose, "verbose", false, "")
	flags.Func("timeout", "", seconds.Decode)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	v.timeout = seconds.Duration()
	v.settings = loadSettings()
	v.out = reporter(stderr(), v.cfg)
	path, _, err := v.findCommand(v.inVenv(), flags.Args())
	v.path, v.noCommand = path, asFault(err)
	v.page = reporter(os.Stdout, v.cfg)
	v.credential, v.missing = v.sources().Find()
	v.page.Hide(v.credential)
	v.rehearsal, _ = v.newActivation(v.volume(context.Background(), v.timeout), v.credential, v.out.Log(report.LicenseLogger))
	v.rehearsal.Config.Attempts = 1
	v.stored, _ = v.rehearsal.Store.Load()
	v.style.Wrapped = isTerminal(os.Stdout)
	v.style.Colour = v.style.Wrapped && v.cfg.NoColor == "" && v.cfg.Term != "dumb"
	return v, nil
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

func (v *visit) tell(check fault.Check) {
	v.clearWait()
	v.page.Print(doctor.CheckLine(check, v.style))
}

// wait shows on a terminal that a slow check is under way.
func (v *visit) wait(name string, since time.Duration) {
	if isTerminal(os.Stderr) {
		v.out.Print(fmt.Sprintf("\r… %s (%d s)\x1b[K", name, int(since.Seconds())))
	}
}

func (v *visit) clearWait() {
	if isTerminal(os.Stderr) {
		v.out.Print("\r\x1b[K")
	}
}

// conclude says what a start would come to.
func (v *visit) conclude() {
	c := &v.verdict
	failed, _ := fault.Find(errors.Join(v.problem, v.noCommand, v.refusal))
	standIn, _ := v.rehearsal.StandIn(v.stored)
	switch {
	case failed != nil:
		failed = v.refine(failed)
		c.Outcome, c.Failure, c.Code = doctor.Failing, failed, fault.ExitLicense
		if failed.ID == fault.ConfigInvalid {
			c.Code = fault.ExitConfig
		}
		c.Fact = v.unlessMended(failed.ID) + fmt.Sprintf(" start now would fail with exit code %d (%s).", failed.Row().Exit, failed.ID)
	case !bool(v.cfg.ActivatePro):
		c.Outcome, c.Fact = doctor.Community, "A start now would work, without pro features."
	case v.offline && standIn != nil:
		c.Outcome, c.Until = doctor.Offline, standIn.Document.OfflineUntil()
		c.Fact = "A start now would work, also without the licensing server: until " + license.Time{Time: c.Until}.String() + "."
	case v.offline:
		c.Outcome, c.Fact = doctor.Unknown, "Nothing here speaks against a start, but it needs the licensing server, which was not asked."
	case v.refusal != nil:
		c.Outcome, c.Fact = doctor.Unknown, "What a start now would come to is not known: the time was over before the licensing server answered (--timeout gives more)."
	case v.result.Offline:
		_ = v.refine(v.result.Because)
		c.Outcome, c.Until = doctor.Offline, v.result.Document.OfflineUntil()
		c.Fact = "A start now would work, but without the licensing server, and so only until " + license.Time{Time: c.Until}.String() + "."
	case v.result.Document.ID == "":
		c.Outcome, c.Fact = doctor.Unknown, "Nothing speaks against a start: the licensing server knows the credential. Whether it has a license is known when it is asked for one, which may cost a CI credit; --activate does."
	default:
		c.Outcome, c.Fact = doctor.Online, "A start now would work, with "+v.result.Document.Name()+" from the licensing server."
	}
}

// unlessMended begins the forecast of a failure. A start runs the BOOT hooks
// before what can fail, configuration aside; they may bring what is missing.
func (v *visit) unlessMended(failure fault.ID) string {
	hooks, _ := hook.Find(v.cfg.Root, hook.Boot)
	switch {
	case len(hooks) == 0 || failure == fault.ConfigInvalid:
		return "A"
	case len(hooks) == 1:
		return "Unless its BOOT hook mends that, which the doctor does not run, a"
	}
	return fmt.Sprintf("Unless one of its %d BOOT hooks mends that, which the doctor does not run, a", len(hooks))
}

// refine makes a failure as exact as the checks allow, also in the check that
// met it.
func (v *visit) refine(failed *fault.Error) *fault.Error {
	exact := doctor.Explain(failed, v.verdict.Checks)
	for i, check := range v.verdict.Checks {
		if check.Finding == failed {
			v.verdict.Checks[i].Finding = exact
		}
	}
	return exact
}
