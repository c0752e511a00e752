package main

import (
	"fmt"
	"io"

	"localstack-entrypoint/internal/activate"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/doctor"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/report"
)

const licenseUsage = "usage: entrypoint license status"

// runLicense shows the stored licenses, and whether one would do for a start without
// network now: then the exit code is 0.
func runLicense(stdout io.Writer, args []string) int {
	if len(args) != 1 || args[0] != "status" {
		return usageError(licenseUsage)
	}
	s := loadSettings()
	out := reporter(stderr(), s.cfg)
	if s.problem != nil {
		return s.reportFailure(out, s.problem)
	}
	cred, err := credential.Read(s.cfg.Sources())
	if err != nil {
		return s.reportFailure(out, err)
	}
	page := reporter(stdout, s.cfg)
	out.Hide(cred)
	page.Hide(cred)
	volume := file.NewVolume(s.cfg.Root.Volume(), 0)
	there := activate.NewStore(volume, s.cfg.Root, out.Log(report.LicenseLogger)).Load(cred)
	if there.Locked != "" {
		page.Print(there.Locked + "\n")
	}
	stored := there.Documents
	if len(stored) == 0 && there.Locked == "" {
		fmt.Fprintln(stdout, "no stored license")
	}
	product := license.Product{Name: license.ProductName, Version: s.version()}
	code := fault.ExitLicense
	for _, one := range stored {
		d := one.Document
		verdict, usable := doctor.OfflineUse(d, product, cred)
		if usable {
			code = 0
		}
		page.Print(fmt.Sprintf("%s\n  license  %s (%s, %s)\n  expires  %s\n  offline  %s\n", one.Path,
			d.Name(), d.TypeName(), report.Plain(d.Status), d.Expires, verdict))
	}
	return code
}
