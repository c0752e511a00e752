package testkit

import "localstack-entrypoint/internal/fault"

// InTheLab are the failures that take a network of their own to happen. The
// situations of internal/lab lead to them, those of the entrypoint's own tests
// to all others; both hold that.
var InTheLab = []fault.ID{
	fault.NetworkUnreachable, fault.NetworkAddressFamily, fault.NetworkProxyBypassed,
	fault.NetworkIntercepted, fault.NetworkTLSVersion, fault.NetworkDNSDisagree,
}
