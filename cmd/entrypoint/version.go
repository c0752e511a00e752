package main

import (
	"path/filepath"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/version"
)

// needsLicense is the first version of LocalStack that may not start without a license.
const needsLicense = "2026.3"

// release is a version of LocalStack. source is where it was found: a variable or a path.
type release struct{ number, source string }

// String has both, for the doctor.
func (r release) String() string { return "version " + r.number + ", from " + r.source }

// release is the version that the license must cover: the image's, else that of the installed LocalStack, else ours.
// The licensing server refuses a text that is no version, such as "latest": it counts only if nothing is installed.
func (s settings) release() release {
	said := release{s.cfg.BuildVersion, "LOCALSTACK_BUILD_VERSION"}
	if version.IsVersion(said.number) {
		return said
	}
	if number, path := version.Installed(s.cfg.Root.SitePackages()); number != "" {
		return release{number, path}
	}
	if said.number != "" {
		return said
	}
	return release{version.Number, "this entrypoint"}
}

// version is the release's, as the licensing server wants it.
func (s settings) version() string { return license.NormalVersion(s.release().number) }

// reviewVersion returns a warning about the version of the LocalStack that a start would run, or nil. The reference
// emulator has our version, and needs no license.
func (s settings) reviewVersion(argv []string) *fault.Error {
	if !exists(s.cfg.Root.Python()) || len(argv) > 0 && filepath.Base(argv[0]) == referenceEmulator {
		return nil
	}
	installed, path := version.Installed(s.cfg.Root.SitePackages())
	said := s.cfg.BuildVersion
	areTwo := said != "" && installed != "" && license.MajorMinor(said) != license.MajorMinor(installed)
	switch {
	case bool(s.cfg.ActivatePro) && areTwo:
		return fault.New(fault.ConfigVersion, "%.40s, but %s is installed (%s)", said, installed, path)
	case bool(s.cfg.ActivatePro), version.Before(installed, needsLicense):
	case installed != "":
		return fault.New(fault.ConfigWithoutPro, "%s is installed", installed)
	case said == "":
		return fault.New(fault.ConfigWithoutPro, "the version is not known")
	case !version.Before(said, needsLicense):
		return fault.New(fault.ConfigWithoutPro, "LOCALSTACK_BUILD_VERSION is %.40s", said)
	}
	return nil
}

// warnOfVersion logs the warning of reviewVersion. It reads one folder, and only where the Python environment exists.
func (s *start) warnOfVersion(argv []string) {
	if finding := s.reviewVersion(argv); finding != nil {
		s.issues(report.Logger).Warn(report.Reason(finding))
	}
}
