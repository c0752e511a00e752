package web

import (
	_ "embed"
	"net/http"
)

//go:embed pages/style.css
var styleSheet []byte

// style answers with the style sheet.
func style(w http.ResponseWriter, _ *http.Request) {
	header := w.Header()
	setHeaders(header)
	header.Set("Cache-Control", "max-age=3600") // the only thing here that depends on nobody
	header.Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(styleSheet) // the visitor may have gone
}
