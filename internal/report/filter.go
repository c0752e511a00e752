package report

import (
	"io"
	"reflect"
	"strings"
	"sync"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
)

const (
	// shortestSecret is the length from which a text counts as a secret. A
	// shorter one is a placeholder that occurs in ordinary words.
	shortestSecret = 6
	// longestSecret bounds what is looked for; credentials are shorter.
	longestSecret = 4096
	// telling is how many characters of a secret in a row give it away,
	// wherever in it they stand.
	telling = 8
)

// stars stand for what must not be seen.
const stars = "****"

// filter replaces credentials in everything that is written through it, whatever else has the form of
// an auth token, and the users and passwords of URLs.
type filter struct {
	mu  sync.Mutex
	out io.Writer
	// parts are the telling parts of all secrets, in lower case, by length.
	parts map[int]map[string]bool
	// ours tells of a part whether we print it by ourselves; it is found out
	// when a part is met, which no good start does.
	ours map[string]bool
}

// hide adds a secret, of which no more than what begins shown may be seen.
func (f *filter) hide(text, shown string) {
	if len(text) < shortestSecret || len(text) > longestSecret {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.parts == nil {
		f.parts = map[int]map[string]bool{}
	}
	size, public := min(telling, len(text)), common(text, shown)
	if f.parts[size] == nil {
		f.parts[size] = map[string]bool{}
	}
	text = asciiLower(text)
	for end := max(size, public+1); end <= len(text); end++ {
		f.parts[size][text[end-size:end]] = true
	}
}

// Write writes whole messages; zap and Failure never split one.
func (f *filter) Write(message []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text := withoutUserinfo(credential.MaskAll(string(message)), f.isOurs)
	for size, parts := range f.parts {
		text = without(text, size, func(part string) bool { return parts[part] && !f.isOurs(part) })
	}
	if _, err := io.WriteString(f.out, text); err != nil {
		return 0, err
	}
	return len(message), nil
}

// isOurs reports whether a part of a secret is in our own sentences. Then it
// shows nothing: placeholders such as ${LOCALSTACK_AUTH_TOKEN} must not make the
// banner unreadable.
func (f *filter) isOurs(part string) bool {
	ours, known := f.ours[part]
	if !known {
		if f.ours == nil {
			f.ours = map[string]bool{}
		}
		ours = strings.Contains(ourWords(), part)
		f.ours[part] = ours
	}
	return ours
}

// without is text with every run of secret parts, which have size bytes,
// replaced, in upper or lower case.
func without(text string, size int, isSecret func(part string) bool) string {
	var out strings.Builder
	folded := asciiLower(text)
	done := 0 // text up to here is written or replaced
	for at := 0; at+size <= len(text); at++ {
		if !isSecret(folded[at : at+size]) {
			continue
		}
		if at >= done {
			out.WriteString(text[done:at])
			out.WriteString(stars)
		}
		done = at + size
	}
	out.WriteString(text[done:])
	return out.String()
}

// asciiLower is text in lower case, byte for byte of the same length.
func asciiLower(text string) string {
	lower := []byte(text)
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower)
}

// ourWords is the text that we print by ourselves, in lower case.
func ourWords() string {
	words := []string{announcement, banner, summary, LicenseLogger, thread, moreAt, fault.Texts()}
	for _, variable := range config.Variables() {
		words = append(words, variable.Name, variable.Default)
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[failureLine]()) {
		words = append(words, field.Tag.Get("json"))
	}
	return asciiLower(strings.Join(words, "\n"))
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
