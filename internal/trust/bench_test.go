package trust

import (
	"encoding/pem"
	"os"
	"testing"
)

func BenchmarkParse(b *testing.B) {
	content, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	if err != nil {
		b.Skip(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		parse(content)
	}
}

func BenchmarkDecode(b *testing.B) {
	content, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	if err != nil {
		b.Skip(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
			n++
		}
	}
}

func BenchmarkFolder(b *testing.B) {
	for b.Loop() {
		if _, err := readFolder("/etc/ssl/certs"); err != nil {
			b.Skip(err)
		}
	}
}
