package web

import (
	"html/template"
	"net/http"
	"strings"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/report"
)

// failureList is what the list of the failures shows: all of them, or those like one that does not exist.
type failureList struct {
	IsUnknown bool
	Kinds     []fault.Kind
}

func (s *Site) failuresPage(*visit) *reply {
	return show("failures", failureList{Kinds: fault.Kinds()})
}

// failurePage shows all that the failure table says of a failure, as `entrypoint explain` does.
func (s *Site) failurePage(v *visit) *reply {
	id := fault.ID(v.PathValue("id"))
	row, isKnown := fault.Lookup(id)
	if !isKnown {
		like := failureList{IsUnknown: true}
		if rows := similar(id); len(rows) > 0 {
			like.Kinds = []fault.Kind{{Name: "Did you mean", Rows: rows}}
		}
		return &reply{status: http.StatusNotFound, page: "failures", data: like, message: "failure.unknown"}
	}
	unmet := fault.New(row.ID, "…").With(fault.Facts{Server: v.base + "/v1"})
	return show("failure", report.Filled(unmet))
}

// similar are failures with an ID like one that does not exist. Anybody may ask, and a long text would take long.
func similar(id fault.ID) []fault.Row {
	if len(id) > 100 {
		return nil
	}
	return fault.Similar(string(id))
}

// prose is a text of the failure table: what stands between backticks is code.
func prose(text string) template.HTML {
	var marked strings.Builder
	parts := strings.Split(text, "`")
	isMarked := len(parts)%2 == 1
	for i, part := range parts {
		switch escaped := template.HTMLEscapeString(part); {
		case isMarked && i%2 == 1:
			marked.WriteString("<code>" + escaped + "</code>")
		case !isMarked && i > 0:
			marked.WriteString("`" + escaped)
		default:
			marked.WriteString(escaped)
		}
	}
	return template.HTML(marked.String()) //nolint:gosec // every part is escaped
}
