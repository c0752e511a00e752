package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kballard/go-shellquote"
)

// Bool is on or off.
type Bool bool

// Decode reads 1, true, yes, on and 0, false, no, off in any case.
func (b *Bool) Decode(value string) error {
	on, err := parseBool(value)
	if err == nil {
		*b = Bool(on)
	}
	return err
}

func parseBool(value string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "1", "true", "yes", "on":
		return true, nil
	case "0", "false", "no", "off":
		return false, nil
	}
	return false, errors.New("is not a boolean; use 1, true, yes, on or 0, false, no, off")
}

// Auto is on, off, or left to the program.
type Auto struct{ Set, On bool }

// Decode reads a boolean or auto.
func (a *Auto) Decode(value string) error {
	if strings.EqualFold(strings.TrimSpace(value), "auto") {
		*a = Auto{}
		return nil
	}
	on, err := parseBool(value)
	if err != nil {
		return errors.New("is not a boolean or auto; use auto, 1 or 0")
	}
	*a = Auto{Set: true, On: on}
	return nil
}

// Or is the choice, or automatic when it was left to the program.
func (a Auto) Or(automatic bool) bool {
	if a.Set {
		return a.On
	}
	return automatic
}

// Seconds is a span of time.
type Seconds time.Duration

// Duration is the span for the standard library.
func (s Seconds) Duration() time.Duration { return time.Duration(s) }

// maxSeconds bounds a duration: more than a year is a typing mistake.
const maxSeconds = 365 * 24 * 60 * 60

// Decode reads seconds with an optional fraction, or a duration such as 500ms or 1m.
func (s *Seconds) Decode(value string) error {
	value = strings.TrimSpace(value)
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil {
		span, spanErr := time.ParseDuration(value)
		seconds, err = span.Seconds(), spanErr
	}
	if err != nil || math.IsNaN(seconds) || seconds < 0 || seconds > maxSeconds {
		return errors.New("is not a duration; use seconds such as 8 or 2.5")
	}
	*s = Seconds(math.Round(seconds * float64(time.Second)))
	return nil
}

// Count is a small whole number of at least one.
type Count int

// Decode reads 1 to 100.
func (c *Count) Decode(value string) error { return decodeNumber((*int)(c), value, 1) }

// Times is a small number, possibly none.
type Times int

// Decode reads 0 to 100.
func (n *Times) Decode(value string) error { return decodeNumber((*int)(n), value, 0) }

func decodeNumber(target *int, value string, least int) error {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < least || n > 100 {
		return fmt.Errorf("is not a whole number from %d to 100", least)
	}
	*target = n
	return nil
}

// Words is a command in shell words.
type Words []string

// Decode splits as a shell would, without running one.
func (w *Words) Decode(value string) error {
	if isJSON(value) {
		return errors.New("is JSON; use shell words, such as: python -m localstack.runtime.main")
	}
	words, err := shellquote.Split(value)
	if err != nil {
		return errors.New("has an unbalanced quote or backslash")
	}
	*w = words
	return nil
}

// isJSON reports whether value is a JSON list or object, perhaps one whose quotes a shell has removed. "[" alone is a
// program.
func isJSON(value string) bool {
	value = strings.TrimSpace(value)
	if !strings.HasPrefix(value, "[") && !strings.HasPrefix(value, "{") {
		return false
	}
	first, _, _ := strings.Cut(value, " ")
	return json.Valid([]byte(value)) || strings.HasSuffix(value, "]") && first != "[" && first != "[["
}

// Level is a log level by name; empty when not given.
type Level string

// Decode reads the names of the contract.
func (l *Level) Decode(value string) error {
	return oneOf((*string)(l), value, "trace-internal", "trace", "debug", "info", "warn", "warning", "error")
}

// Format is the format of log lines and failures.
type Format string

// Decode reads text or json.
func (f *Format) Decode(value string) error { return oneOf((*string)(f), value, "text", "json") }

// JSON reports whether lines are for machines.
func (f Format) JSON() bool { return f == "json" }

func oneOf(target *string, value string, names ...string) error {
	value = strings.ToLower(strings.TrimSpace(value))
	if !slices.Contains(names, value) {
		return errors.New("is unknown; use " + strings.Join(names, ", "))
	}
	*target = value
	return nil
}
