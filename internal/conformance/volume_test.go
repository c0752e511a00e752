package conformance

import (
	"testing"

	"localstack-entrypoint/internal/conformance/kit"
)

// A volume belongs to the user of the first start. Another user can read its license, but not replace it.
func TestStartsOfSeveralUsersShareAVolume(t *testing.T) {
	t.Parallel()
	users := map[string][]int{"root first": {0, 1000, 0}, "another user first": {1000, 0, 1000}}
	for name, uids := range users {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, l := newLicensed(t, pythonOfRuntime)
			wants := []string{
				"POST /v1/license/request 200", "POST /v1/license/activate 200", "POST /v1/license/activate 200",
			}
			for i, uid := range uids {
				c.as(uid, uid)
				p := c.start()
				p.await("Ready.")
				if got, want := p.python(roundTrip), "object blue\nmessage\n"; got != want {
					t.Errorf("start %d: boto3 got %q, want %q", i+1, got, want)
				}
				p.kill() // a stop right after a first SQS call may hang, in LocalStack itself
				l.Wants(t, wants[i])
			}
			l.Answer(kit.Nobody)
			p := c.start()
			p.await("offline, until")
			p.await("Ready.")
		})
	}
}
