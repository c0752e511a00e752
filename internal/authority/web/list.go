package web

import "net/url"

// pager is the way to other pages of a list; empty is the last one.
type pager struct{ First, Next string }

// pagerOf is the way from a page of a list to the others, with the same search. parameter is what the list calls the
// place where a page begins, and next what the next page begins after, or nothing.
func pagerOf(v *visit, parameter, next string) pager {
	query := url.Values{}
	if text := v.URL.Query().Get("search"); text != "" {
		query.Set("search", text)
	}
	var p pager
	if v.URL.Query().Get(parameter) != "" {
		p.First = withQuery(v.URL.EscapedPath(), query)
	}
	if next != "" {
		query.Set(parameter, next)
		p.Next = withQuery(v.URL.EscapedPath(), query)
	}
	return p
}

// search is the form above a list.
type search struct{ Label, Text, All string }

// searchOf is the form above a list, with what was searched for in it.
func searchOf(v *visit, label string) search {
	return search{Label: label, Text: v.URL.Query().Get("search"), All: v.URL.EscapedPath()}
}

func withQuery(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}
