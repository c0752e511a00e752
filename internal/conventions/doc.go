// Package conventions holds the rules that the whole repository keeps, as tests: which package may
// import which, who reads the environment, who prints, who ends a process, who starts a goroutine.
// Rules about a single line or function are the linter's, see .golangci.yml.
package conventions
