package licensing_test

import (
	"testing"

	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/license"
)

// A container sends an ID of its machine, lstk the name of its host, and a client of another kind something else.
func TestUsesAreCountedByMachine(t *testing.T) {
	f := newFixture(t, "", server.Options{})
	token, text := f.token()
	f.document(requestPath, asking(text))
	f.document(requestPath, askingWith(text, func(r *license.Request) {
		r.Machine = license.Machine{Hostname: "laptop", Platform: "linux"}
	}))
	for _, machine := range []string{`"a text"`, `[1]`, `null`, `{"id": 7}`, `{"id": {}}`} {
		f.document(requestPath, `{"credentials": {"token": "`+text+`"},
			"product": {"name": "localstack-pro", "version": "4.14.0"}, "machine": `+machine+`}`)
	}
	f.store.Flush()
	used, err := f.store.Activations(t.Context(), token.ID, 10)
	f.must(err)
	counts := make(map[string]int64)
	for _, one := range used {
		counts[one.Machine] = one.Count
	}
	if len(counts) != 3 || counts["dkr_0123456789ab"] != 1 || counts["laptop"] != 1 || counts[""] != 5 {
		t.Errorf("got %v", counts)
	}
}
