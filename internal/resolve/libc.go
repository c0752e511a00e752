package resolve

import (
	"net/netip"
	"strconv"
	"strings"
)

// libcAddress reads an address of resolv.conf as glibc does: IPv4 in the forms of inet_aton, else IPv6 with
// a zone, which counts for link-local addresses only.
func libcAddress(entry string) (netip.Addr, bool) {
	if four, ok := aton(entry); ok {
		return four, true
	}
	six, err := netip.ParseAddr(entry)
	if err != nil || six.Is4() {
		return netip.Addr{}, false
	}
	if !six.IsLinkLocalUnicast() && !six.IsLinkLocalMulticast() {
		six = six.WithZone("")
	}
	return six, true
}

// aton reads an IPv4 address as inet_aton(3) does: one to four numbers, octal behind 0 and hexadecimal
// behind 0x, the last of which fills all bytes that are left.
func aton(text string) (netip.Addr, bool) {
	parts := strings.Split(text, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, part := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (5 - len(parts))
		}
		number, ok := cNumber(part, bits)
		if !ok {
			return netip.Addr{}, false
		}
		value = value<<bits | number
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}), true
}

// cNumber reads a number with the base of its prefix, as C does.
func cNumber(text string, bits int) (uint64, bool) {
	base := 10
	switch {
	case len(text) > 2 && (text[:2] == "0x" || text[:2] == "0X"):
		text, base = text[2:], 16
	case len(text) > 1 && text[0] == '0':
		text, base = text[1:], 8
	}
	number, err := strconv.ParseUint(text, base, bits)
	return number, err == nil
}

// byteOrderMark begins a file that some editors write.
const byteOrderMark = "\ufeff"

// misspelled says why libc passes over a line that is meant to name a server; "" for any other line.
func misspelled(line string) string {
	rest, hasMark := strings.CutPrefix(line, byteOrderMark)
	word := strings.TrimLeft(rest, blanks)
	hasBlank := len(word) < len(rest)
	const keyword = "nameserver"
	if len(word) < len(keyword) || !strings.EqualFold(word[:len(keyword)], keyword) {
		return ""
	}
	why := "a space must follow the keyword " + keyword
	switch {
	case hasMark:
		why = "a byte order mark (BOM) is before it"
	case hasBlank:
		why = "a space is before it"
	}
	return quoted(word) + " (" + why + ")"
}

// quoted is a piece of the file, short and on one line.
func quoted(text string) string {
	const most = 60
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return strconv.Quote(text)
}

// notAnAddress says why a nameserver entry is no address.
func notAnAddress(entry string) string {
	port, err := netip.ParseAddrPort(entry)
	_, isNet := netip.ParsePrefix(entry)
	bare := strings.Trim(entry, "[]")
	_, isBracketed := netip.ParseAddr(bare)
	switch {
	case entry == "":
		return "no address"
	case strings.HasSuffix(entry, "\r"):
		return "the line ends with CR LF, as on Windows"
	case strings.Contains(entry, ","):
		return "a line names one address"
	case err == nil:
		return "it has a port; libc asks port 53, so write " + port.Addr().String()
	case isNet == nil:
		return "it has a prefix length"
	case bare != entry && isBracketed == nil:
		return "it is in brackets"
	case strings.Contains(entry, "://"):
		return "it is a URL"
	}
	return "it is not an IP address"
}
