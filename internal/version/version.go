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
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return describe(program, info.Settings)
}

func describe(program string, settings []debug.BuildSetting) string {
	set := map[string]string{}
	for _, s := range settings {
		set[s.Key] = s.Value
	}
	source := ""
	if revision := set["vcs.revision"]; revision != "" {
		date, _, _ := strings.Cut(set["vcs.time"], "T")
		changes := ""
		if set["vcs.modified"] == "true" {
			changes = " with changes"
		}
		source = fmt.Sprintf("commit %.7s%s, %s, ", revision, changes, date)
	}
	return fmt.Sprintf("%s %s (%s%s %s/%s)", program, Number, source, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
