package trust

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"time"

	"localstack-entrypoint/internal/fault"
)

// expiresSoon is how long before its end a certificate is said to expire.
const expiresSoon = 14 * 24 * time.Hour

// Check checks what was presented as a start does, and finds out why it is rejected. serverTime is the
// server's clock if it differs from ours, zero otherwise.
func (a *Authorities) Check(p Presented, serverTime time.Time) fault.Check {
	name, evidence := fault.StageTLS.String(), append(p.evidence(), a.warnings...)
	version := tls.VersionName(p.Version)
	isInsecure := func(s *tls.CipherSuite) bool { return s.ID == p.Suite }
	switch {
	case p.Version < tls.VersionTLS12:
		failed := fault.New(fault.NetworkTLSVersion, "the newest TLS version that %s supports is %s", p.Host, version)
		return fault.Fail(name, failed, evidence...)
	case slices.ContainsFunc(tls.InsecureCipherSuites(), isInsecure):
		failed := fault.New(fault.NetworkTLSVersion, "%s supports only outdated ciphers (%s)",
			p.Host, tls.CipherSuiteName(p.Suite))
		return fault.Fail(name, failed, evidence...)
	}
	chains, err := a.chains(p.Chain, p.Host)
	if err != nil {
		return fault.Fail(name, a.diagnose(p, err, serverTime), evidence...)
	}
	if path := a.anchorOf(chains[0]); path != "" {
		evidence = append(evidence, "trusted because of "+path)
	}
	if flaws := strictFlaws(chains[0]); len(flaws) > 0 {
		return fault.Warn(name, fault.New(fault.NetworkStrict, "%s", strings.Join(flaws, "; ")), evidence...)
	}
	if warnings := append(a.warnings, a.systemDamage()...); len(warnings) > 0 {
		return fault.Warn(name, fault.New(fault.NetworkBundle, "%s", strings.Join(warnings, "; ")), evidence...)
	}
	leaf := p.Chain[0]
	if left := time.Until(leaf.NotAfter); left < expiresSoon {
		expires := "the certificate expires in less than a day"
		if days := int(left.Hours() / 24); days == 1 {
			expires = "the certificate expires in 1 day"
		} else if days > 1 {
			expires = fmt.Sprintf("the certificate expires in %d days", days)
		}
		evidence = append(evidence, expires)
	}
	issuer := nameOf(leaf.Issuer.CommonName, nil)
	return fault.Pass(name, version+", certificate issued by "+issuer+", valid until "+day(leaf.NotAfter), evidence...)
}
