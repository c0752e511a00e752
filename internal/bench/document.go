package main

import (
	"fmt"
	"os"
	"strings"
)

// What stands between them in a document is ours to write.
const (
	beginMark = "<!-- make bench writes from here -->\n"
	endMark   = "<!-- to here -->\n"
)

// checkDocument reports whether writeInto will find the marks, before minutes
// are spent on what to write.
func checkDocument(path string) error {
	_, err := rewritten(path, "")
	return err
}

// writeInto replaces what stands between the marks of the file.
func writeInto(path, text string) error {
	changed, err := rewritten(path, text)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(changed), 0o644)
}

func rewritten(path, text string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	changed, err := between(string(content), text)
	if err != nil {
		return "", fmt.Errorf("write into %s: %w", path, err)
	}
	return changed, nil
}

// between returns the document with the text between its marks.
func between(document, text string) (string, error) {
	before, rest, begins := strings.Cut(document, beginMark)
	_, after, ends := strings.Cut(rest, endMark)
	if !begins || !ends {
		return "", fmt.Errorf("it lacks the line %q or, after that, %q",
			strings.TrimSpace(beginMark), strings.TrimSpace(endMark))
	}
	return before + beginMark + "\n" + text + "\n" + endMark + after, nil
}
