package version

import (
	"cmp"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// longest bounds what counts as a version.
const longest = 64

// Installed returns the version of LocalStack that pip has noted in the name of one of the folders that pattern
// matches, and that folder; "" when it is not installed. If a failed upgrade has left several, it is the newest.
func Installed(pattern string) (number, path string) {
	found, _ := filepath.Glob(pattern) // what cannot be read is not known
	for _, candidate := range found {
		if n := noted(candidate); n != "" && (number == "" || compare(n, number) > 0) {
			number, path = n, candidate
		}
	}
	return number, path
}

// noted is the version in the name of a .dist-info folder: NAME-VERSION.dist-info, the version as in PEP 440.
func noted(path string) string {
	const characters = "0123456789abcdefghijklmnopqrstuvwxyz.+!_"
	_, number, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".dist-info"), "-")
	if number == "" || len(number) > longest || number[0] < '0' || number[0] > '9' ||
		strings.Trim(number, characters) != "" {
		return ""
	}
	return number
}

// Before reports whether number is a version before another one. What is no version is before none.
func Before(number, other string) bool {
	return len(numbers(number)) > 1 && compare(number, other) < 0
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
