package web

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
)

//go:embed pages/style.css
var styleSheet []byte

// stylePath is the address of the style sheet. It changes with the content, which browsers may therefore keep.
var stylePath = func() string {
	sum := sha256.Sum256(styleSheet)
	return "/style.css?" + hex.EncodeToString(sum[:6])
}()

// style answers with the style sheet.
func style(w http.ResponseWriter, _ *http.Request) {
	header := w.Header()
	setHeaders(header)
	header.Set("Cache-Control", "max-age=86400") // the only thing here that depends on nobody
	header.Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(styleSheet) // the visitor may have gone
}
