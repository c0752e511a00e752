package main

import (
	"fmt"
	"runtime"
)

// runVersion prints which program this is.
func runVersion([]string) int {
	fmt.Printf("localstack-entrypoint %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return 0
}
