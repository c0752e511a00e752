package report

import (
	"io"
	"strings"
	"sync"

	"localstack-entrypoint/internal/credential"
)

const (
	// shortestSecret is the length from which a text counts as a secret. A
	// shorter one is a placeholder that occurs in ordinary words.
	shortestSecret = 6
	// telling is how many characters of a secret in a row give it away,
	// wherever in it they stand.
	telling = 8
)

// filter replaces credentials in everything that is written through it, and
// whatever else has the form of an auth token.
type filter struct {
	mu     sync.Mutex
	out    io.Writer
	hidden []secret
}

// hide adds a secret, of which no more than shown may be seen. Credentials
// have no character that a message would quote.
func (f *filter) hide(text, shown string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(text) >= shortestSecret {
		f.hidden = append(f.hidden, secret{text, shown, common(text, shown)})
	}
}

// Write writes whole messages; zap and Failure never split one.
func (f *filter) Write(message []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text := string(message)
	text = credential.MaskAll(text)
	for _, s := range f.hidden {
		text = s.removedFrom(text)
	}
	if _, err := io.WriteString(f.out, text); err != nil {
		return 0, err
	}
	return len(message), nil
}

// secret is a text that must not be seen.
type secret struct {
	text  string
	shown string
	// public is how much of text's beginning may be seen.
	public int
}

// removedFrom is text with every telling part of the secret replaced.
func (s secret) removedFrom(text string) string {
	var out strings.Builder
	for text != "" {
		if n := s.found(text); n > 0 {
			out.WriteString(s.shown)
			text = text[n:]
			continue
		}
		out.WriteByte(text[0])
		text = text[1:]
	}
	return out.String()
}

// found is how much of text's beginning is a telling part of the secret.
func (s secret) found(text string) int {
	longest := 0
	for from := range len(s.text) {
		n := common(text, s.text[from:])
		if n >= min(telling, len(s.text)) && from+n > s.public {
			longest = max(longest, n)
		}
	}
	return longest
}

// common is the length of the beginning that a and b share.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// lines writes log lines: whatever a message was made of, it stays one line.
type lines struct{ out *filter }

func (l lines) Write(line []byte) (int, error) {
	text := printable(strings.TrimSuffix(string(line), "\n"))
	if _, err := io.WriteString(l.out, text+"\n"); err != nil {
		return 0, err
	}
	return len(line), nil
}

// Sync has nothing to flush.
func (lines) Sync() error { return nil }
