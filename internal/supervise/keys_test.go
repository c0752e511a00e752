package supervise

import "testing"

func TestBeforeTheCommandControlCAndControlBackslashEndTheStart(t *testing.T) {
	inStages(t, onTerminal, func(t *testing.T, _ stage, begin func(...string) *process) {
		for key, code := range map[string]int{"\x03": 130, "\x1c": 131} {
			p := begin("report")
			p.press(key)
			p.exits(code)
		}
	})
}
