package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Pages act for a member, through a Scope, which checks everything. Some methods of the Store take any ID and ask for
// no permission. These alone may be called, each for its reason.
func TestPagesActOnlyThroughTheScopeOfTheirVisitor(t *testing.T) {
	allowed := map[string]string{
		"As":             "makes the scope",
		"Session":        "finds out who visits",
		"LogIn":          "needs a password",
		"EnterWith":      "needs the word of the OIDC provider",
		"OpenInvite":     "needs the secret of a link",
		"Join":           "needs the secret of a link",
		"SignUp":         "makes a workspace of its own",
		"Login":          "a login of lstk belongs to nobody before somebody confirms it",
		"ConfirmLogin":   "takes the session of the visitor",
		"DenyLogin":      "takes the session of the visitor",
		"Sessions":       "takes the ID of the visitor",
		"EndSession":     "takes the ID of the visitor",
		"EndSessions":    "takes the ID of the visitor",
		"ChangePassword": "takes the ID of the visitor, and needs the password",
	}
	called := storeCalls(t)
	for _, one := range called {
		if allowed[one.method] == "" {
			t.Errorf("%s calls Store.%s: use a method of Scope, or say here why it needs no permission", one.at, one.method)
		}
	}
	for method := range allowed {
		if !slices.ContainsFunc(called, func(one storeCall) bool { return one.method == method }) {
			t.Errorf("no page calls Store.%s any more", method)
		}
	}
}

// storeCall is a method of the Store that a page calls or hands on.
type storeCall struct{ method, at string }

// storeCalls are the methods of the Store in the files of the pages. Only a field has the Store, and nothing but its
// methods is used, so that a look at the text finds all.
func storeCalls(t *testing.T) (found []storeCall) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		uses := 0
		ast.Inspect(file, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if ok && selector.Sel.Name == "store" {
				uses++
			}
			if inner, isChain := isSelector(selector); ok && isChain && inner.Sel.Name == "store" {
				found = append(found, storeCall{selector.Sel.Name, files.Position(node.Pos()).String()})
				uses--
			}
			return true
		})
		if uses != 0 {
			t.Errorf("%s hands on the Store itself", name)
		}
	}
	return found
}

func isSelector(selector *ast.SelectorExpr) (*ast.SelectorExpr, bool) {
	if selector == nil {
		return nil, false
	}
	inner, ok := selector.X.(*ast.SelectorExpr)
	return inner, ok
}
