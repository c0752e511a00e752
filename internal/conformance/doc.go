// Package conformance tests the reference emulator with the client libraries of its
// users. It is a module of its own, so that the programs' go.mod lists none of these.
package conformance
