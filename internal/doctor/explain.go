package doctor

import (
	"slices"
	"strings"

	"localstack-entrypoint/internal/fault"
)

// Explain makes a failure to reach the license server as exact as the checks
// allow. A failure that is none of the network, or that they do not explain,
// stays as it is, with the checks as its evidence.
func Explain(failed *fault.Error, checks []fault.Check) *fault.Error {
	explained := *failed
	explained.Checks = checks
	if !Explains(failed) {
		return &explained
	}
	if cause := causeOf(failed, checks); cause != nil {
		found := cause.Finding
		explained.ID, explained.Detail = found.ID, found.Detail
		if cause.State == fault.Warned {
			explained.Detail += "; " + failed.Detail
		}
		if found.Host != "" {
			explained.Host = found.Host
		}
		return &explained
	}
	for _, check := range checks {
		if check.Finding != nil {
			explained.Detail = fuller(check.Finding, &explained)
		}
	}
	return &explained
}

// causeOf is the check that found why, nil when none did.
func causeOf(failed *fault.Error, checks []fault.Check) *fault.Check {
	for i, check := range checks {
		if check.Finding == nil || !explains(check.Finding.ID, failed.ID) {
			continue
		}
		id := check.Finding.ID
		if isSuspicion(id) && genuine(checks) || check.State == fault.Warned && onlyWarns(id) {
			continue
		}
		return &checks[i]
	}
	return nil
}

// Explains tells whether checks could make failed more exact: they look at the
// way to the license server, which is of no matter where it has answered.
func Explains(failed *fault.Error) bool { return failed.ID.IsNetwork() }

// isSuspicion tells whether a finding is about the host's address.
func isSuspicion(found fault.ID) bool { return stageOf(found) == 0 }

// onlyWarns tells whether a warning of this row cannot be why this start failed.
// Of the suspicions that is a search domain's: it leads others astray, not us.
func onlyWarns(found fault.ID) bool {
	return !isSuspicion(found) || found == fault.NetworkDNSSearch
}

// genuine tells whether the host has proved who it is, whatever is strange
// about its address.
func genuine(checks []fault.Check) bool {
	return slices.ContainsFunc(checks, func(c fault.Check) bool { return c.Name == "tls" && c.State == fault.Passed })
}

// The stages of the way to the server, by what can go wrong in each. A cause
// shows at its own stage or a later one.
var stages = [][]fault.ID{
	{
		fault.NetworkDNS, fault.NetworkDNSNoServer, fault.NetworkDNSFiltered, fault.NetworkDNSCaptured,
		fault.NetworkDNSDocker, fault.NetworkDNSSearch, fault.NetworkDNSHosts,
	},
	{fault.NetworkRefused, fault.NetworkTimeout, fault.NetworkUnreachable, fault.NetworkReset, fault.NetworkAddressFamily},
	{fault.NetworkProxy, fault.NetworkProxyAuthentication, fault.NetworkProxyUnreachable, fault.NetworkProxyBypassed},
	{
		fault.NetworkUntrusted, fault.NetworkIntercepted, fault.NetworkSelfSigned, fault.NetworkIncomplete, fault.NetworkOldAuthorities, fault.NetworkCertificateName,
		fault.NetworkCertificateDate, fault.NetworkTLS, fault.NetworkTLSVersion, fault.ClockSkew,
	},
	{fault.NetworkWrongServer, fault.NetworkServerError, fault.NetworkRateLimited, fault.NetworkBlockPage, fault.NetworkCaptivePortal},
}

// coarse are the rows that the activation finds by itself: it has seen the
// real thing, and the checks only a repetition.
var coarse = []fault.ID{
	fault.NetworkDNS, fault.NetworkRefused, fault.NetworkTimeout, fault.NetworkUnreachable, fault.NetworkReset,
	fault.NetworkProxy, fault.NetworkProxyUnreachable, fault.NetworkUntrusted, fault.NetworkSelfSigned, fault.NetworkIncomplete, fault.NetworkCertificateName, fault.NetworkCertificateDate,
	fault.NetworkTLS, fault.NetworkRateLimited,
}

// explains tells whether what a check found is why the activation failed.
func explains(found, failed fault.ID) bool {
	switch {
	case slices.Contains(coarse, found):
		return false
	case found == fault.NetworkServerError, found == fault.NetworkWrongServer:
		return failed == found // the check knows the request's id, the page's title
	case found == fault.NetworkProxyBypassed:
		return stageOf(failed) <= stageOf(fault.NetworkRefused)
	}
	at := stageOf(found)
	return at >= 0 && at <= stageOf(failed)
}

// fuller is failed's detail, with what a check saw beyond it: the name servers'
// own explanation (RFC 8914), for which the activation does not ask, or a remark
// behind the same words.
func fuller(found, failed *fault.Error) string {
	words, _, _ := strings.Cut(failed.Detail, " (waited ")
	remark, same := strings.CutPrefix(found.Detail, words)
	switch {
	case found.ID != failed.ID:
	case found.ID == fault.NetworkDNS && strings.Contains(found.Detail, ", EDE "):
		return found.Detail
	case same:
		return failed.Detail + remark
	}
	return failed.Detail
}

func stageOf(id fault.ID) int {
	return slices.IndexFunc(stages, func(stage []fault.ID) bool { return slices.Contains(stage, id) })
}
