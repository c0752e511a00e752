package conformance

import (
	"regexp"
	"strings"
	"testing"
)

// logLine is a line of LocalStack's: time, level, thread, logger, message, in columns.
var logLine = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} (?: INFO| WARN|ERROR|DEBUG) ` +
	`--- \[.{12}\] (\S+) * : \S`)

func TestOurLogLinesHaveTheColumnsOfTheRuntimes(t *testing.T) {
	t.Parallel()
	c, _ := newLicensed(t, pythonOfRuntime)
	c.set("DEBUG", "1")
	c.hook("boot", "fails.sh", "exit 3\n")
	p := c.start()
	p.await("Ready.")
	p.run("sh", "-c", "kill -KILL $(cat /proc/1/task/1/children)")
	p.ends(137)
	if last := p.log.all()[len(p.log.all())-1]; !logLine.MatchString(last.text) {
		t.Errorf("the last line has other columns: %s", last.text)
	}
	loggers := map[string]int{} // the column of the message after each logger's name
	for _, l := range p.log.all() {
		found := logLine.FindStringSubmatch(l.text)
		if found == nil {
			continue
		}
		if l.stream != "stderr" {
			t.Errorf("a log line is on %s: %s", l.stream, l.text)
		}
		loggers[found[1]] = strings.Index(l.text, " : ")
	}
	theirs, exists := loggers["localstack.runtime.init"]
	if !exists {
		theirs = loggers["l.runtime.shutdown"]
	}
	for _, ours := range []string{"entrypoint", "l.p.c.b.licensingv2"} {
		if at := loggers[ours]; at == 0 || at != theirs {
			t.Errorf("the message of %s is in column %d, the runtime's in %d:\n%s", ours, at, theirs, p.output())
		}
	}
}
