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

func style(*visit) *reply {
	return &reply{status: http.StatusOK, file: &file{kind: "text/css; charset=utf-8", content: styleSheet}}
}
