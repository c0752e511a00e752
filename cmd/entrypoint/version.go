package main

import (
	"fmt"

	"localstack-entrypoint/internal/version"
)

// runVersion prints which program this is.
func runVersion([]string) int {
	fmt.Println(version.Describe("entrypoint"))
	return 0
}
