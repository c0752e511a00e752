package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/doctor"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/machine"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/supervise"
	"localstack-entrypoint/internal/task"
)

const doctorUsage = "usage: entrypoint doctor [--json] [--offline] [--activate] [--verbose] [--timeout SECONDS] " +
	"[-- COMMAND [ARG…]]"

// doctorOptions are the doctor's arguments.
type doctorOptions struct {
	json, offline, activate, verbose bool
	timeout                          time.Duration
	command                          []string
}

// runDoctor checks everything that a start depends on, and predicts the result of a start now: exit code 0 (it
// works), 3 (unknown), 55 (it fails) or 78 (invalid variables). It leaves no trace in the volume, even if it is killed:
// the emulator may run as another user, who could not replace what it made there.
func runDoctor(stdout io.Writer, args []string) int {
	options, err := parseDoctor(args)
	if err != nil {
		return usageError("entrypoint doctor: " + err.Error() + "\n" + doctorUsage)
	}
	s := loadSettings()
	page, out := reporter(stdout, s.cfg), reporter(stderr(), s.cfg)
	start := s.doctorStart(options, out)
	page.Hide(start.Credential)
	style := doctor.Style{Wrapped: isTerminal(os.Stdout), Verbose: options.verbose}
	style.Color = style.Wrapped && s.cfg.NoColor == "" && s.cfg.Term != "dumb"
	show, wait := func(fault.Check) {}, func(string, time.Duration) {}
	if !options.json {
		show, wait = progress(page, out, style)
	}
	checkup, err := task.Run(context.Background(), func(ctx context.Context) (doctor.Checkup, error) {
		ctx, cancel := context.WithTimeout(ctx, options.timeout)
		defer cancel()
		return doctor.Run(ctx, start, show, wait), nil
	})
	switch {
	case err != nil:
		return s.reportFailure(out, err)
	case options.json:
		page.Print(checkup.JSON(time.Now()))
	default:
		page.Print(checkup.Verdict(style))
	}
	return checkup.Code
}

func parseDoctor(args []string) (doctorOptions, error) {
	var o doctorOptions
	seconds := config.Seconds(10 * time.Second)
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&o.json, "json", false, "")
	flags.BoolVar(&o.offline, "offline", false, "")
	flags.BoolVar(&o.activate, "activate", false, "")
	flags.BoolVar(&o.verbose, "verbose", false, "")
	flags.Func("timeout", "", seconds.Decode)
	err := flags.Parse(args)
	if err == nil && seconds <= 0 {
		err = errors.New("--timeout must be more than 0 seconds")
	}
	o.timeout, o.command = seconds.Duration(), flags.Args()
	return o, err
}

// doctorStart is what the doctor looks at.
func (s settings) doctorStart(options doctorOptions, out *report.Reporter) doctor.Start {
	environ := s.inVenv()
	path, argv, noCommand := s.findCommand(environ, options.command)
	var doubt error
	if noCommand == nil {
		failure, isCertain := supervise.Foresee(path, environ.Entries)
		if doubt = failure; isCertain {
			noCommand = failure
		}
	}
	var cred credential.Credential
	var noCredential error
	if s.cfg.ActivatePro {
		cred, noCredential = s.sources().Find()
	}
	volume := file.NewVolume(s.cfg.Root.Volume(), options.timeout)
	network := s.network()
	activation := s.newActivation(network, volume, cred, out.Log(report.LicenseLogger), func(string) {})
	activation.Machine.ID, _ = machine.Rehearse(volume)
	return doctor.Start{
		Config: s.cfg, Problem: s.problem,
		Warnings: slices.Concat(s.environ.Warnings, s.environ.NetworkWarnings, s.socksWarnings(network)),
		Home:     s.homeDirectory(),
		Command:  path, NoCommand: noCommand, CommandDoubt: doubt, Hooks: s.foreseeHooks(),
		Version: s.release().String(), OddVersion: s.reviewVersion(argv),
		Credential: cred, NoCredential: noCredential,
		Activation: activation, Survey: s.survey(),
		Offline: options.offline, RequestLicense: options.activate,
	}
}

// progress shows each check when it is made, and on a terminal that a slow one is
// under way.
func progress(
	page, out *report.Reporter, style doctor.Style,
) (show func(fault.Check), wait func(string, time.Duration)) {
	onTerminal := func(line string) {
		if isTerminal(os.Stderr) {
			out.Print("\r" + line + "\x1b[K")
		}
	}
	show = func(check fault.Check) {
		onTerminal("")
		page.Print(doctor.CheckLine(check, style))
	}
	wait = func(name string, since time.Duration) {
		onTerminal(fmt.Sprintf("… %s (%d s)", name, int(since.Seconds())))
	}
	return show, wait
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
