package web

import (
	"net/http/httptest"
	"testing"
)

func TestTheWayToTheNextPageKeepsTheSearch(t *testing.T) {
	for _, test := range []struct {
		at, next string
		want     pager
	}{
		{"/workspace/members", "", pager{}},
		{"/workspace/members", "bo@x.org", pager{"", "/workspace/members?after=bo%40x.org"}},
		{"/workspace/members?search=a%26b", "c", pager{"", "/workspace/members?after=c&search=a%26b"}},
		{"/workspace/members?search=a%26b&after=c&done=x", "d", pager{
			"/workspace/members?search=a%26b", "/workspace/members?after=d&search=a%26b",
		}},
		{"/workspace/members?after=c", "", pager{"/workspace/members", ""}},
	} {
		v := &visit{Request: httptest.NewRequest("GET", test.at, nil)}
		if got := pagerOf(v, "after", test.next); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.at, got, test.want)
		}
	}
}
