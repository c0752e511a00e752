package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/testkit"
)

func TestOneMessageFitsHoweverLong(t *testing.T) {
	t.Parallel()
	log := testkit.FullPipe(t)
	o := outletTo(t, log, "text")
	message := strings.Repeat("long ", longestQueue) + "\n"
	send(t, o, message)
	comes(t, log, o, "the message", is(message))
}

// TestWhatIsDroppedIsCountedAndSaidInItsPlace has a reader who comes back for a moment.
func TestWhatIsDroppedIsCountedAndSaidInItsPlace(t *testing.T) {
	t.Parallel()
	for _, format := range []config.Format{"text", "json"} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			log := testkit.FullPipe(t)
			o := outletTo(t, log, format)
			said := 0
			say := func(lines int) {
				for range lines {
					writeLine(o, format, fmt.Sprintf("line %d of many %s", said, strings.Repeat("-", 200)))
					said++
				}
			}
			say(1000)
			log.Take(longestQueue / 2)
			say(10)
			say(1000)
			const droppedLine = "log messages dropped because the log was not read: "
			news := 0
			isWhole := func(text string) bool {
				next := 0
				news = 0
				for line := range strings.Lines(text) {
					var number int
					if format.JSON() {
						line = gjson.Get(line, "message").String()
					}
					if _, message, found := strings.Cut(line, " : "); found {
						line = strings.TrimSuffix(message, "\n")
					}
					if _, err := fmt.Sscanf(line, "line %d of many", &number); err == nil && number == next {
						next++
					} else if _, err := fmt.Sscanf(line, droppedLine+"%d", &number); err == nil {
						next += number
						news++
					} else {
						return false
					}
				}
				return next == said
			}
			comes(t, log, o, "every line or word of it in its place", isWhole)
			if news < 2 {
				t.Errorf("the news came %d times", news)
			}
		})
	}
}
