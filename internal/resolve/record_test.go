package resolve

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/testkit"
)

// raw is a record with any data: what a server can send, not what the library would.
func raw(t *testing.T, kind uint16, data string) dns.RR {
	t.Helper()
	header := dns.RR_Header{Name: host + ".", Rrtype: kind, Class: dns.ClassINET, Ttl: 60}
	packed := make([]byte, 1024)
	end, err := dns.PackRR(&dns.RFC3597{Hdr: header, Rdata: hex.EncodeToString([]byte(data))}, packed, 0, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	record, _, err := dns.UnpackRR(packed[:end], 0)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// lineOf is a record as dig prints it, shortOf an answer as dig's +short does.
func lineOf(record dns.RR) string {
	return (&digPage{Show: newQuery("", 0, false).Show}).record(record)
}
func shortOf(answer Answer) string { return answer.Print(Show{Short: true, Answer: true}, time.Time{}) }

const forgery = "x\n;; ANSWER SECTION:\n" + host + ".\t60\tIN\tA\t10.9.9.9\n"

func TestRecordsOfTypesWithoutATextAreHexadecimal(t *testing.T) {
	t.Parallel()
	counted := string(rune(len(forgery))) + forgery
	for name, c := range map[string]struct {
		kind uint16
		data string
	}{
		"NULL":            {dns.TypeNULL, forgery},
		"an empty NULL":   {dns.TypeNULL, ""},
		"X25":             {dns.TypeX25, counted},
		"GPOS":            {dns.TypeGPOS, "\x013\x014" + counted},
		"tag of a CAA":    {dns.TypeCAA, "\x00" + counted + "value"},
		"unknown":         {4711, forgery},
		"one for notes":   {dns.TypeUINFO, "\x03a\nb"},
		"blanks, no text": {dns.TypeX25, "\x101 \"2 IN A 10.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			record := raw(t, c.kind, c.data)
			text := lineOf(record)
			if strings.ContainsAny(text, "\n\r") || c.kind != dns.TypeUINFO && !strings.Contains(text, `\# `) {
				t.Errorf("%q", text)
			}
			if again, err := dns.NewRR(text); err != nil || dataOf(again) != c.data {
				t.Errorf("%q is read as %v, %v", text, again, err)
			}
		})
	}
}

func TestRecordsOfUsualTypesHaveTheirOwnText(t *testing.T) {
	t.Parallel()
	for _, want := range []string{
		"A\t10.0.0.1", "AAAA\tfd00::1", "CNAME\ta.test.", `TXT	"a \"b\" \007" "c"`, "MX\t10 mail.test.",
		"SRV\t1 2 443 b.test.", `CAA	0 issue "ca.test"`, "NS\tns.test.", "PTR\tb.test.",
		"SOA\tns.test. admin.test. 1 2 3 4 5", "DS\t12345 8 2 " + strings.Repeat("AA", 32),
		`HTTPS	1 . alpn="h2,h3" ipv4hint="10.0.0.1"`, "SSHFP\t1 1 " + strings.Repeat("AB", 20), `HINFO	"a" "b"`,
		`NAPTR	1 2 "S" "SIP+D2U" "" b.test.`, "TLSA\t3 1 1 " + strings.Repeat("ab", 32), `URI	1 2 "https://a.test/"`,
		"NSEC\tb.test. A RRSIG", "EUI48\t00-00-5e-00-53-2a",
	} {
		line := host + ".\t60\tIN\t" + want
		if got := lineOf(parsed(line)); got != line {
			t.Errorf("got  %q\nwant %q", got, line)
		}
	}
}

// FuzzRecord wants every record on one line of printable characters, whatever its type, and the line to be the record.
func FuzzRecord(f *testing.F) {
	for kind := range dns.TypeToString {
		f.Add(kind, uint16(dns.ClassINET), []byte(forgery))
		f.Add(kind, uint16(dns.ClassCHAOS), append([]byte{byte(len(forgery))}, forgery...))
	}
	f.Add(dns.TypeNULL, uint16(1), []byte{})
	f.Fuzz(func(t *testing.T, kind, class uint16, data []byte) {
		data = data[:min(len(data), 4096)]
		var packed bytes.Buffer
		packed.WriteString("\x01a\x00")
		for _, n := range []uint16{kind, class, 0, 60, uint16(len(data))} {
			packed.Write([]byte{byte(n >> 8), byte(n)})
		}
		packed.Write(data)
		record, _, err := dns.UnpackRR(packed.Bytes(), 0)
		if err != nil {
			return
		}
		reply := &dns.Msg{Answer: []dns.RR{record}}
		answer := Answer{Server: "127.0.0.1:53", Query: new(dns.Msg).SetQuestion(host+".", dns.TypeA), Reply: reply}
		expectHarmless(t, answer)
		if kind != dns.TypeOPT && strings.Count(answer.Dig(time.Unix(0, 0)), "\n;; ANSWER SECTION:\n") != 1 {
			t.Errorf("%q", answer.Dig(time.Unix(0, 0)))
		}
		if line := lineOf(record); strings.ContainsAny(line, "\n\r") || strings.Count(shortOf(answer), "\n") != 1 {
			t.Errorf("%q and %q", line, shortOf(answer))
		}
	})
}

func TestForgedLinesAreNotPrinted(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, replying(func(m *dns.Msg) {
		header := dns.RR_Header{Name: m.Question[0].Name, Rrtype: dns.TypeNULL, Class: dns.ClassINET}
		m.Answer = append(m.Answer, &dns.NULL{Hdr: header, Data: forgery})
	}))
	answer := Ask(t.Context(), server.Addr(), host, dns.TypeA, false)
	for _, text := range []string{answer.Dig(time.Now()), shortOf(answer), answer.String()} {
		if strings.Contains(text, "10.9.9.9") {
			t.Errorf("%s", text)
		}
	}
}
