package conformance

import (
	"io"
	"strings"
	"sync"
	"time"
)

// journal is what a container prints, line by line as it comes.
type journal struct {
	mu    sync.Mutex
	lines []line
	rest  map[string]string // of each stream, the line that has not ended
	ended bool
	more  chan struct{} // closed and replaced at each change
}

// line is a line of a stream, "stdout" or "stderr".
type line struct {
	at     time.Time
	stream string
	text   string
}

func newJournal() *journal {
	return &journal{rest: map[string]string{}, more: make(chan struct{})}
}

// stream is where one of the streams is written.
func (j *journal) stream(name string) io.Writer { return stream{j, name} }

type stream struct {
	*journal
	name string
}

// Write takes more of the stream.
func (s stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := strings.Split(s.rest[s.name]+string(p), "\n")
	last := len(lines) - 1
	for _, text := range lines[:last] {
		s.lines = append(s.lines, line{time.Now(), s.name, text})
	}
	s.rest[s.name] = lines[last]
	s.changed()
	return len(p), nil
}

func (j *journal) changed() {
	close(j.more)
	j.more = make(chan struct{})
}

// end says that no more will come.
func (j *journal) end() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for name, text := range j.rest {
		if text != "" {
			j.lines = append(j.lines, line{time.Now(), name, text})
		}
	}
	j.ended = true
	j.changed()
}

// all are the lines so far.
func (j *journal) all() []line {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]line(nil), j.lines...)
}

// of is what one stream has printed so far.
func (j *journal) of(stream string) string {
	var b strings.Builder
	for _, l := range j.all() {
		if l.stream == stream {
			b.WriteString(l.text + "\n")
		}
	}
	return b.String()
}

// text is all lines so far, with their streams.
func (j *journal) text() string {
	var b strings.Builder
	for _, l := range j.all() {
		b.WriteString(l.stream + ": " + l.text + "\n")
	}
	return b.String()
}

// await waits for the n-th line that contains text, and reports when it came.
func (j *journal) await(text string, n int, limit time.Duration) (at time.Time, found bool) {
	late := time.After(limit)
	for {
		j.mu.Lock()
		more, ended, seen := j.more, j.ended, 0
		for _, l := range j.lines {
			if strings.Contains(l.text, text) {
				if seen++; seen == n {
					j.mu.Unlock()
					return l.at, true
				}
			}
		}
		j.mu.Unlock()
		if ended {
			return at, false
		}
		select {
		case <-more:
		case <-late:
			return at, false
		}
	}
}
