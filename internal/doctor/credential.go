package doctor

import (
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
)

// Credential tells what is known of the credential that was found without
// asking the server: where it comes from, what kind it is, whether it was copied
// whole. missing is why there is none, ci whether this is CI, where a
// developer's token should not be.
func Credential(found credential.Credential, missing error, ci bool) fault.Check {
	const name = "credential"
	if failed, bad := fault.Find(missing); bad {
		return fault.Fail(name, failed)
	}
	facts := found.Facts()
	if advice := found.Advice(ci); advice != nil {
		return fault.Warn(name, advice, facts...)
	}
	return fault.Pass(name, facts[0], facts[1:]...)
}
