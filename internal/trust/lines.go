package trust

import "bytes"

// lines reads lines as OpenSSL's BIO_gets does, at most 254 bytes at once.
type lines struct {
	rest []byte
	// text is the line without what OpenSSL removes at its end, number its number.
	text   []byte
	number int
	// all is what is in the file from the line on.
	all []byte
	// isPart is whether the line goes on, isRest whether the one before did.
	isPart, isRest bool
}

// byteOrderMark is what some editors begin a file with.
const byteOrderMark = "\xef\xbb\xbf"

// get reads a line. A zero byte ends it, and at its beginning the file. The first line of a file, and the
// first after a block, may begin with a byte order mark.
func (l *lines) get(isFirst bool) bool {
	const limit = 254
	if len(l.rest) == 0 {
		return false
	}
	size := min(limit, len(l.rest))
	if end := bytes.IndexByte(l.rest[:size], '\n'); end >= 0 {
		size = end + 1
	}
	l.all, l.text, l.rest = l.rest, l.rest[:size], l.rest[size:]
	if l.isRest = l.isPart; !l.isRest {
		l.number++
	}
	l.isPart = size == limit && l.text[size-1] != '\n'
	if zero := bytes.IndexByte(l.text, 0); zero >= 0 {
		l.text, l.isPart = l.text[:zero], false
	}
	if len(l.text) == 0 {
		l.rest = nil
		return false
	}
	if isFirst && len(l.text) > len(byteOrderMark) {
		l.text = bytes.TrimPrefix(l.text, []byte(byteOrderMark))
	}
	for len(l.text) > 0 && (l.text[len(l.text)-1] <= ' ' || l.text[len(l.text)-1] >= 0x80) {
		l.text = l.text[:len(l.text)-1] // OpenSSL's char has a sign
	}
	return true
}
