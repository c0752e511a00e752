package lab

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// dnsMessage is what a name server said, as dig prints it, without what is
// different every time.
type dnsMessage struct {
	// Kind is the type that was asked for, as in "AAAA".
	Kind, Status string
	// Flags, EDE (extended DNS errors) and Answers are sorted; answers have no
	// time to live.
	Flags, EDE, Answers []string
	// Server is as in "10.0.0.2#53(10.0.0.2) (UDP)".
	Server string
}

var (
	digHeader = regexp.MustCompile(`^;; ->>HEADER<<- opcode: QUERY, status: (\w+), id: \d+$`)
	digFlags  = regexp.MustCompile(`^;; flags: ([a-z ]+);`)
)

// readDig reads the messages in a text that dig printed.
func readDig(text string) []dnsMessage {
	var messages []dnsMessage
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if found := digHeader.FindStringSubmatch(line); found != nil {
			messages = append(messages, dnsMessage{Kind: "A", Status: found[1]})
			section = ""
			continue
		}
		if len(messages) == 0 {
			continue
		}
		last := &messages[len(messages)-1]
		if name, found := strings.CutSuffix(line, " SECTION:"); found {
			section = strings.TrimPrefix(name, ";; ")
			continue
		}
		last.read(section, line)
	}
	for i := range messages {
		for _, facts := range [][]string{messages[i].Flags, messages[i].EDE, messages[i].Answers} {
			slices.Sort(facts)
		}
	}
	return messages
}

// read takes one line of a section.
func (m *dnsMessage) read(section, line string) {
	fields := strings.Fields(line)
	server, isServer := strings.CutPrefix(line, ";; SERVER: ")
	ede, isEDE := strings.CutPrefix(line, "; EDE: ")
	switch flags := digFlags.FindStringSubmatch(line); {
	case flags != nil:
		m.Flags = strings.Fields(flags[1])
	case isServer:
		m.Server = server
	case isEDE:
		m.EDE = append(m.EDE, ede)
	case section == "QUESTION" && len(fields) == 3:
		m.Kind = fields[2]
	case section == "ANSWER" && len(fields) > 4 && !strings.HasPrefix(line, ";"):
		m.Answers = append(m.Answers, strings.Join(slices.Delete(fields, 1, 2), " "))
	}
}

// agreeWithDig asks a name server with dig and with `entrypoint dns`.
func agreeWithDig(t *testing.T, w *world, server string) {
	for _, kind := range []string{"A", "AAAA"} {
		asked, _, _ := w.entrypoint("dns", host, kind, "@"+server)
		ours := readDig(asked)
		text, _ := w.output("", "dig", "@"+server, host, kind, "+nocookie", "+tries=1", "+time=5")
		theirs := readDig(text)
		if len(theirs) == 0 {
			if len(ours) > 0 || strings.Contains(text, "connection refused") && !strings.Contains(asked, "connection refused") {
				t.Errorf("dig has no answer:\n%s\nbut we have:\n%s", text, asked)
			}
			continue
		}
		if !reflect.DeepEqual(ours, theirs) {
			t.Errorf("we say\n%+v\nand dig\n%+v\nour text:\n%s\ndig's:\n%s", ours, theirs, asked, text)
		}
	}
}

// digText is what dig 9.18 printed of a name server with a policy, and of one
// that knows two addresses.
const digText = `
; <<>> DiG 9.18.49 <<>> @10.0.0.2 api.localstack.cloud
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 8529
;; flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 0, ADDITIONAL: 1

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 512
; EDE: 15 (Blocked): (blocked by Example Corp policy)
;; QUESTION SECTION:
;api.localstack.cloud.		IN	AAAA

;; Query time: 0 msec
;; SERVER: 10.0.0.2#53(10.0.0.2) (UDP)
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 7238
;; flags: qr rd ra ad; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1

;; QUESTION SECTION:
;api.localstack.cloud.		IN	A

;; ANSWER SECTION:
api.localstack.cloud.	17	IN	A	192.0.2.81
api.localstack.cloud.	17	IN	A	192.0.2.80

;; Query time: 3 msec
;; SERVER: 10.0.0.3#53(10.0.0.3) (UDP)
`

func TestDigIsReadAsItsFacts(t *testing.T) {
	want := []dnsMessage{
		{Kind: "AAAA", Status: "NXDOMAIN", Flags: []string{"qr", "ra", "rd"},
			EDE: []string{"15 (Blocked): (blocked by Example Corp policy)"}, Server: "10.0.0.2#53(10.0.0.2) (UDP)"},
		{Kind: "A", Status: "NOERROR", Flags: []string{"ad", "qr", "ra", "rd"}, Server: "10.0.0.3#53(10.0.0.3) (UDP)",
			Answers: []string{"api.localstack.cloud. IN A 192.0.2.80", "api.localstack.cloud. IN A 192.0.2.81"}},
	}
	if got := readDig(digText); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWhatDiffersEveryTimeIsNoFact(t *testing.T) {
	same := strings.NewReplacer("id: 8529", "id: 1", "\t17\t", " 3 ", "0 msec", "12 msec",
		"192.0.2.81", "192.0.2.80", "192.0.2.80", "192.0.2.81").Replace(digText)
	if got, want := fmt.Sprint(readDig(same)), fmt.Sprint(readDig(digText)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, fact := range []string{"NXDOMAIN", "15 (Blocked)", "rd ra;", "192.0.2.81", "10.0.0.3#53", "AAAA"} {
		other := strings.Replace(digText, fact, "WRONG;", 1)
		if fmt.Sprint(readDig(other)) == fmt.Sprint(readDig(digText)) {
			t.Errorf("%s makes no difference", fact)
		}
	}
}
