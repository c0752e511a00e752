package report

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"localstack-entrypoint/internal/credential"
)

const (
	// shortestSecret is the length from which a text counts as a secret. A
	// shorter one is a placeholder that occurs in ordinary words.
	shortestSecret = 6
	// recognised is how many characters give away a secret of which nothing
	// may be shown.
	recognised = 8
	// quotings is how often a secret may have been quoted on its way into a
	// message: in a server's JSON, by %q, and in a line of JSON.
	quotings = 3
)

// filter replaces the credential in everything that is written through it, and
// whatever else has the form of an auth token.
type filter struct {
	mu     sync.Mutex
	out    io.Writer
	hidden []spelling
	shown  string
}

func (f *filter) hide(secret, shown string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hidden, f.shown = spellings(secret, shown), shown
}

// Write writes whole messages; zap and Failure never split one.
func (f *filter) Write(message []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out strings.Builder
	for rest := string(message); rest != ""; {
		if n := f.found(rest); n > 0 {
			out.WriteString(f.shown)
			rest = rest[n:]
			continue
		}
		out.WriteByte(rest[0])
		rest = rest[1:]
	}
	if _, err := io.WriteString(f.out, credential.MaskAll(out.String())); err != nil {
		return 0, err
	}
	return len(message), nil
}

// found is how much of text's beginning is the secret, in any spelling.
func (f *filter) found(text string) int {
	longest := 0
	for _, s := range f.hidden {
		longest = max(longest, s.found(text))
	}
	return longest
}

// spelling is one form in which a secret can occur in a message.
type spelling struct {
	text string
	// head is the beginning by which text is recognised, also where a message
	// was cut short in the middle of it.
	head string
}

// spellings are the forms of secret, of which no more than shown may be seen.
func spellings(secret, shown string) []spelling {
	if len(secret) < shortestSecret {
		return nil
	}
	var all []spelling
	for range quotings + 1 {
		head := min(max(recognised, common(secret, shown)+1), len(secret))
		all = append(all, spelling{secret, secret[:head]})
		quoted := strconv.Quote(secret)
		secret = quoted[1 : len(quoted)-1]
	}
	return slices.Compact(all)
}

func (s spelling) found(text string) int {
	if !strings.HasPrefix(text, s.head) {
		return 0
	}
	n := common(text, s.text)
	for n < len(s.text) && s.text[n-1] == '\\' {
		n-- // half of an escape sequence: it must stay whole
	}
	return n
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
