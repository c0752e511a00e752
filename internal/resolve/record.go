package resolve

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// recordText is what a record says, as dig prints it. A server chooses the bytes, and not every type's text
// escapes them (NULL, X25, GPOS, CAA's tag): text that does not stand for exactly this record is left to
// the form for unknown types, so that nothing a server says can pass for a line or a field of ours.
func recordText(record dns.RR) string {
	header := record.Header()
	text, hasHead := strings.CutPrefix(record.String(), header.String())
	if !hasHead || strings.ContainsFunc(text, isNotPrinted) || !standsFor(text, record) {
		return unknownText(record)
	}
	return text
}

// isNotPrinted reports whether zone files escape a character.
func isNotPrinted(r rune) bool { return r < ' ' || r > '~' }

// standsFor reports whether text, read again, is the record. The owner's name is left out: it could be a
// directive of zone files.
func standsFor(text string, record dns.RR) bool {
	anonymous := dns.Copy(record)
	anonymous.Header().Name = "."
	again, err := dns.NewRR(anonymous.Header().String() + text)
	return err == nil && again != nil && dataOf(again) == dataOf(record)
}

// unknownText is the form for data of unknown types (RFC 3597 section 5), in which all data can be said.
func unknownText(record dns.RR) string {
	data := dataOf(record)
	return strings.TrimSpace(fmt.Sprintf(`\# %d %s`, len(data), strings.ToUpper(hex.EncodeToString([]byte(data)))))
}

// dataOf is a record's data on the wire, without compression; "" for what cannot be there.
func dataOf(record dns.RR) string {
	record = dns.Copy(record) // packing notes the length in it
	const spare = 16
	packed := make([]byte, dns.Len(record)+spare)
	end, err := dns.PackRR(record, packed, 0, nil, false)
	if err != nil {
		return ""
	}
	return string(packed[end-int(record.Header().Rdlength) : end])
}
