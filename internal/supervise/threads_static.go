//go:build !cgo

package supervise

const threadsOfC = 0
