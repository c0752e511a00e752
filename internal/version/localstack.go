package version

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	// longest is how many bytes a version may have.
	longest = 64
	// mostNames bounds how many names of a folder are read. LocalStack's has fewer than 1000.
	mostNames = 20_000
)

// Installed returns the version of LocalStack that pip has noted in one of the folders that pattern matches, and
// where; "" when it is not installed. If a failed upgrade has left several, it is the newest.
func Installed(pattern string) (number, path string) {
	folders, _ := filepath.Glob(pattern)
	for _, folder := range folders {
		for _, name := range namesIn(folder) {
			if n := noted(name); n != "" && (number == "" || compare(n, number) > 0) {
				number, path = n, filepath.Join(folder, name)
			}
		}
	}
	return number, path
}

// namesIn are the names in a folder, unsorted; none if it cannot be read.
func namesIn(folder string) []string {
	f, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(mostNames)
	return names
}

// noted is the version (PEP 440) in the name of a folder localstack_core-VERSION.dist-info; "" for any other name.
func noted(name string) string {
	const characters = "0123456789abcdefghijklmnopqrstuvwxyz.+!_"
	rest, isCore := strings.CutPrefix(name, "localstack_core-")
	number, isInfo := strings.CutSuffix(rest, ".dist-info")
	if !isCore || !isInfo || number == "" || len(number) > longest || number[0] < '0' || number[0] > '9' ||
		strings.Trim(number, characters) != "" {
		return ""
	}
	return number
}

// IsVersion reports whether a text begins as a version does, with two numbers.
func IsVersion(text string) bool { return len(numbers(text)) > 1 }

// Before reports whether number is an earlier version than another one. It is false for what is no version.
func Before(number, other string) bool {
	return IsVersion(number) && compare(number, other) < 0
}

// compare compares versions by their numbers.
func compare(a, b string) int {
	return cmp.Or(slices.Compare(numbers(a), numbers(b)), strings.Compare(a, b))
}

// numbers are those that a version begins with: 2026, 3 and 1 of 2026.3.1rc2.
func numbers(version string) (found []int) {
	for part := range strings.SplitSeq(strings.TrimPrefix(version, "v"), ".") {
		digits := len(part) - len(strings.TrimLeft(part, "0123456789"))
		n, err := strconv.Atoi(part[:digits])
		if err != nil {
			return found
		}
		found = append(found, n)
		if digits < len(part) {
			return found
		}
	}
	return found
}
