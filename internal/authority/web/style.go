package web

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
	"regexp"
)

//go:embed pages/style.css
var styleSource []byte

// styleSheet is the style sheet as it is sent: without line ends and what is around them, which no value depends on.
var styleSheet = regexp.MustCompile(`\s*\n\s*`).ReplaceAll(styleSource, nil)

// stylePath is the address of the style sheet. It changes with the content, which browsers may therefore keep.
var stylePath = func() string {
	sum := sha256.Sum256(styleSheet)
	return "/style.css?" + hex.EncodeToString(sum[:6])
}()

// style answers with the style sheet. While a new version of the server takes over behind a balancer, its pages may ask
// the old version for their style sheet: what that has instead is not kept under the address.
func style(v *visit) *reply {
	isCurrent := v.URL.RequestURI() == stylePath
	return &reply{status: http.StatusOK, file: &file{"text/css; charset=utf-8", styleSheet, isCurrent}}
}
