package doctor

import (
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
)

// Credential looks at the credential without asking the server: where it comes
// from, what kind it is, whether it was copied whole. ci tells whether this is
// CI, where a developer's token should not be.
func Credential(from credential.Sources, ci bool) fault.Check {
	const name = "credential"
	found, err := credential.Read(from)
	if failed, bad := fault.Find(err); bad {
		return fault.Fail(name, failed)
	}
	if !found.IsSet() {
		return fault.Fail(name, from.Missing())
	}
	facts := found.Facts()
	if advice := found.Advice(ci); advice != nil {
		return fault.Warn(name, advice, facts...)
	}
	return fault.Pass(name, facts[0], facts[1:]...)
}
