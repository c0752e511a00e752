// Package version says which build of this project a program is.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Number is the version of the project. The Makefile reads it from here.
const Number = "0.1.0"

// Describe returns the line that a program prints for its version. The commit and its
// date are in a program that was built in a Git checkout.
func Describe(program string) string {
	var settings []debug.BuildSetting
	if info, ok := debug.ReadBuildInfo(); ok {
		settings = info.Settings
	}
	return describe(program, settings)
}

func describe(program string, settings []debug.BuildSetting) string {
	commit, date, changes := "", "", ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			commit = fmt.Sprintf("commit %.7s", s.Value)
		case s.Key == "vcs.time":
			date, _, _ = strings.Cut(s.Value, "T")
		case s.Key == "vcs.modified" && s.Value == "true":
			changes = " with changes"
		}
	}
	source := ""
	if commit != "" {
		source = commit + changes + ", " + date + ", "
	}
	return fmt.Sprintf("%s %s (%s%s %s/%s)", program, Number, source, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
