package web

import (
	"embed"
	"encoding/json"
	"net"
	"net/url"
	"path"
	"strings"
	"text/template"

	"localstack-entrypoint/internal/authority/origin"
)

// lineFiles are lines to copy for clients, with this server's address.
//
//go:embed lines
var lineFiles embed.FS

var lineTemplates = template.Must(template.New("").Delims("[[", "]]").Funcs(template.FuncMap{
	"shell": inShell, "yaml": inYAML,
}).ParseFS(lineFiles, "lines/*"))

// address is how clients reach this server.
type address struct {
	// Base is the server's URL, API that of the licensing API.
	Base, API string
	// Desktop is that of the API for a container of Docker Desktop, if Base means the machine itself.
	Desktop string
	// IsLocal reports whether Base means the machine itself: a container with a network of its own means itself by that.
	IsLocal bool
}

// addressOf is the address of a server with a URL.
func addressOf(base string) address {
	found := address{Base: base, API: base + "/v1"}
	at, err := url.Parse(base)
	if err != nil {
		return found
	}
	found.IsLocal = origin.IsLoopback(at.Hostname())
	if found.IsLocal && at.Scheme == "http" { // no certificate is for that name
		at.Host = strings.TrimSuffix(net.JoinHostPort("host.docker.internal", at.Port()), ":")
		found.Desktop = at.JoinPath("v1").String()
	}
	return found
}

// lines are those of a file for an address.
func lines(name string, at address) string {
	var text strings.Builder
	_ = lineTemplates.ExecuteTemplate(&text, path.Base(name), at) // fails only for a bad template
	return strings.TrimSpace(text.String())
}

// inShell is a word for a shell.
func inShell(word string) string {
	isPlain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(":/._-", r)
	}
	if word != "" && strings.TrimFunc(word, isPlain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// inYAML is a text in YAML, which reads JSON.
func inYAML(text string) string {
	quoted, _ := json.Marshal(text) // cannot fail for a text
	return string(quoted)
}
