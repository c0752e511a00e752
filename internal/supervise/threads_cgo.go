//go:build cgo

package supervise

// threadsOfC is how many threads the runtime plans for that C may bring along. Only tests are built with C.
const threadsOfC = 1
