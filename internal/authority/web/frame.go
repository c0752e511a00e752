package web

import (
	"net/http"
	"strings"
)

// frame is what the layout shows around a page.
type frame struct {
	// Email is that of who is logged in; empty for nobody.
	Email string
	// Home is where the name of the site leads.
	Home string
	// IsAccount reports whether the page is the one of the member's own account.
	IsAccount bool
	// CanSignUp reports whether a visitor may make a workspace of their own.
	CanSignUp bool
	// Tabs are the pages that the member may see.
	Tabs []tab
	// HasProblem reports whether the page has a form that was not accepted, which its title says, too.
	HasProblem bool
	// Done says what has just happened; empty for nothing.
	Done string
	Data any
}

// tab is a page of the navigation.
type tab struct {
	Path, Text string
	// IsCurrent reports whether the page, or one below it, is shown.
	IsCurrent bool
}

// tabs are the pages of the navigation, in their order. A member sees those that they may open.
var tabs = []tab{
	{Path: "/getting-started", Text: "Getting Started"},
	{Path: myLicensePath, Text: "My License"},
	{Path: authTokenPath, Text: "Auth Token"},
	{Path: ciKeysPath, Text: "CI Keys"},
	{Path: membersPath, Text: "Users & Licenses"},
	{Path: "/workspace/audit", Text: "Audit Log"},
}

func (s *Site) frameOf(v *visit, answer *reply) frame {
	around := frame{Data: answer.data, Home: "/"}
	if answer.status == http.StatusOK { // not beside why the page cannot be shown
		around.Done = done[v.URL.Query().Get("done")]
	}
	if withForm, ok := answer.data.(interface{ HasProblem() bool }); ok {
		around.HasProblem = withForm.HasProblem()
	}
	if v.session == nil {
		around.CanSignUp = s.signUps
		return around
	}
	around.Email, around.Home, around.IsAccount = v.session.Email, first, v.URL.Path == "/sessions"
	for _, one := range tabs {
		if !s.access[one.Path].lets(v.member) {
			continue
		}
		one.IsCurrent = v.URL.Path == one.Path || strings.HasPrefix(v.URL.Path, one.Path+"/")
		around.Tabs = append(around.Tabs, one)
	}
	return around
}
