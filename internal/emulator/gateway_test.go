package emulator

import "testing"

// What load balancers, wait scripts and clients send that are configured a little differently.
func TestProbesAreAnsweredAsByLocalStack(t *testing.T) {
	e, _ := newTest(t, Options{})
	for request, want := range map[[2]string]int{
		{"OPTIONS", "/"}:                    204, // HAProxy's "option httpchk"
		{"OPTIONS", "/bucket/key"}:          204,
		{"OPTIONS", "/_localstack/health"}:  204,
		{"HEAD", "/"}:                       200, // npm's wait-on, wget --spider
		{"GET", "/"}:                        200,
		{"HEAD", "/_localstack/health"}:     200,
		{"GET", "/_localstack/health/"}:     200,
		{"GET", "//_localstack/health"}:     200,
		{"GET", "//_localstack//health"}:    404,
		{"GET", "/_localstack/../anything"}: 404,
	} {
		if got := ask(e, request[0], request[1], "").Code; got != want {
			t.Errorf("%s: status %d, want %d", request, got, want)
		}
	}
}
