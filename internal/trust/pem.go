package trust

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"iter"
	"slices"
)

// Labels of PEM blocks that OpenSSL reads (its pem.h). Others it skips.
const (
	labelCertificate    = "CERTIFICATE"
	labelOldCertificate = "X509 CERTIFICATE"
	labelTrusted        = "TRUSTED CERTIFICATE"
	labelRevocations    = "X509 CRL"
	labelEncryptedKey   = "ENCRYPTED PRIVATE KEY"
)

var (
	certificateLabels = []string{labelCertificate, labelOldCertificate, labelTrusted}
	keyLabels         = []string{"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", labelEncryptedKey}
)

// block is a block of a PEM file, or a line that people would take for the beginning of one.
type block struct {
	// line is the number of its BEGIN line, from 1.
	line  int
	label string
	// certificate is what it holds, if that may vouch for servers.
	certificate []byte
	// flaw is what is wrong with it, if anything, and at the number of the line there.
	flaw string
	at   int
	// isUnseen is whether OpenSSL does not see it. Another flaw makes it refuse the whole file.
	isUnseen bool
}

// blocksIn are the blocks of a file as OpenSSL 3 reads it for SSL_CTX_load_verify_locations, which
// Python's ssl calls: PEM_X509_INFO_read_bio_ex in crypto/pem/pem_info.c, and PEM_read_bio_ex in
// pem_lib.c. OpenSSL stops at the first flaw; this continues, for those who have to repair the file.
func blocksIn(content []byte) iter.Seq[block] {
	return func(yield func(block) bool) {
		for r := (&reader{lines: lines{rest: content}}); r.next(); {
			for _, b := range r.unseen {
				if !yield(b) {
					return
				}
			}
			if r.unseen = r.unseen[:0]; r.block.line > 0 && !yield(r.block) {
				return
			}
		}
	}
}

// reader reads blocks.
type reader struct {
	lines
	block block
	// begin is where its first line has ended.
	begin lines
	// unseen are the certificates that the file announces before the end of this block.
	unseen []block
	// isBroken is whether a block had no end. From there on, each ends where another begins, or reading a
	// large file of such blocks would never end.
	isBroken bool
	// The lines of the block, in one part or two: a header, and what comes after an empty line.
	parts [2][]byte
	// gap is the number of the empty line, 0 for none.
	gap int
}

// emptyLine is what OpenSSL takes for the end of a header.
const emptyLine = "there is an empty line in it"

// next reads a block, and reports whether there was anything.
func (r *reader) next() bool {
	r.block = block{}
	for isFirst := true; r.get(isFirst); isFirst = false {
		if label, isBegin := labelOf(r.text, "-----BEGIN "); isBegin {
			r.block = block{line: r.number, label: string(label)}
			r.readBlock()
			return true
		}
		if announces(r.text) {
			r.hide("its BEGIN line is not exactly -----BEGIN CERTIFICATE-----")
		}
	}
	return len(r.unseen) > 0
}

// maxUnseen bounds how many of these are counted in one place.
const maxUnseen = 1000

// hide notes a certificate that OpenSSL does not see.
func (r *reader) hide(flaw string) {
	if len(r.unseen) == maxUnseen {
		return
	}
	r.unseen = append(r.unseen, block{line: r.number, at: r.number, label: labelCertificate, flaw: flaw, isUnseen: true})
}

// readBlock reads the block whose BEGIN line was read.
func (r *reader) readBlock() {
	r.begin = r.lines
	seen := len(r.unseen)
	header, data, flaw := r.body()
	if flaw == "" {
		r.judge(header, data)
		return
	}
	if end := "-----END " + r.block.label + "-----"; bytes.HasPrefix(r.text, []byte(end)) {
		// Two files were joined without a line end between them. Both are worth reading.
		r.judge(header, data)
		if r.block.flaw, r.block.at = flaw, r.number; bytes.HasPrefix(r.text[len(end):], []byte("-----BEGIN ")) {
			r.block.flaw = "its END line and the next BEGIN line are joined"
		}
		r.rest, r.isPart = r.all[len(end):], false
		r.number--
		return
	}
	r.block.flaw, r.block.at = flaw, r.number
	// What the block has swallowed may be good ones.
	r.lines, r.unseen, r.isBroken = r.begin, r.unseen[:seen], true
}

// body reads the lines of a block through its END line. The flaw is why it has none.
func (r *reader) body() (header, data []byte, flaw string) {
	const maybeHeader, inHeader, afterHeader = 0, 1, 2
	state, isShort := maybeHeader, false
	r.gap = 0
	r.parts = [2][]byte{r.parts[0][:0], r.parts[1][:0]}
	part := &r.parts[0]
	withoutEnd := "it has no line -----END " + r.block.label + "-----"
	for r.get(false) {
		if state == maybeHeader && bytes.IndexByte(r.text, ':') >= 0 {
			state = inHeader
		}
		_, isBegin := labelOf(r.text, "-----BEGIN ")
		end, isEnd := bytes.CutPrefix(r.text, []byte("-----END "))
		switch {
		case len(r.text) == 0 && r.isRest: // of a long line
		case len(r.text) == 0 && state == afterHeader:
			return nil, nil, emptyLine
		case len(r.text) == 0:
			state, part, r.gap = afterHeader, &r.parts[1], r.number
		case isEnd:
			if string(end) != r.block.label+"-----" {
				flaw = "its END line is not exactly -----END " + r.block.label + "-----"
			}
			if state == maybeHeader {
				return nil, r.parts[0], flaw
			}
			return r.parts[0], r.parts[1], flaw
		case isBegin && r.isBroken:
			return nil, nil, withoutEnd
		case isShort:
			return nil, nil, "a line in it is too short"
		default:
			if announces(r.text) {
				r.hide("the certificate before it has no END line")
			}
			*part = append(append(*part, r.text...), '\n')
			if isShort = state == afterHeader && len(r.text) < 64; state == afterHeader && len(r.text) > 64 {
				r.number = r.gap
				return nil, nil, emptyLine
			}
		}
	}
	return nil, nil, withoutEnd
}

// judge decides what a whole block is worth.
func (r *reader) judge(header, data []byte) {
	b := &r.block
	b.at = b.line
	holdsKey := slices.Contains(keyLabels, b.label)
	isCertificate := slices.Contains(certificateLabels, b.label)
	decoded, ok := decode(data)
	switch {
	case r.gap > 0 && len(decoded) == 0:
		b.flaw, b.at = emptyLine, r.gap
	case len(header) > 0 && len(decoded) == 0:
		b.flaw = "there is a colon in it"
	case !ok:
		b.flaw = "its base64 is incomplete"
		if at := r.notBase64(); at > 0 {
			b.flaw, b.at = "the line is not base64", at
		}
	case len(decoded) == 0:
		b.flaw = "it is empty"
	case !holdsKey && !isCertificate && b.label != labelRevocations: // OpenSSL does not look at it
	case len(header) > 0 && !bytes.HasPrefix(header, []byte("Proc-Type: 4,ENCRYPTED\nDEK-Info: ")):
		b.flaw, b.at = emptyLine, r.gap
	case holdsKey && (len(header) > 0 || b.label == labelEncryptedKey): // OpenSSL does not decrypt it
	case len(header) > 0:
		b.flaw = "it is encrypted"
	case isCertificate:
		b.certificate, ok = certificateIn(decoded, b.label == labelTrusted)
		if !ok {
			b.flaw = cmp.Or(describeDER(decoded), "its content is damaged")
		}
	case holdsKey && !isKey(decoded), !holdsKey && !isRevocations(decoded):
		b.flaw = "its content is damaged"
	}
	if b.flaw == "" {
		b.at = 0
	}
}

// notBase64 is the number of the first line of the block that is not base64; 0 for none.
func (r *reader) notBase64() int {
	for l := r.begin; l.get(false) && len(l.rest) >= len(r.rest) && l.number < r.number; {
		if !isBase64(l.text) {
			return l.number
		}
	}
	return 0
}

// labelOf is the label of a line that begins like this.
func labelOf(line []byte, begin string) (label []byte, ok bool) {
	rest, begins := bytes.CutPrefix(line, []byte(begin))
	label, ends := bytes.CutSuffix(rest, []byte("-----"))
	return label, begins && ends
}

// announces reports whether people would take a line for the beginning of a certificate. Comments are none.
func announces(line []byte) bool {
	if bytes.IndexByte(line, ' ') < 0 { // as in all but a few
		return false
	}
	before, rest, found := bytes.Cut(line, []byte("BEGIN "))
	if !found || bytes.HasPrefix(bytes.TrimSpace(before), []byte("#")) {
		return false
	}
	return slices.ContainsFunc(certificateLabels, func(label string) bool {
		after, is := bytes.CutPrefix(rest, []byte(label))
		return is && len(after) > 0 && (after[0] == '-' || after[0] >= 0x80) // a word processor's dash
	})
}

// decode decodes base64 as OpenSSL's EVP_DecodeUpdate does: blanks do not count, and a dash ends it.
func decode(text []byte) (decoded []byte, ok bool) {
	text, _, _ = bytes.Cut(text, []byte("-"))
	for _, blank := range []byte{' ', '\t'} { // the library skips line ends
		if bytes.IndexByte(text, blank) >= 0 {
			text = bytes.ReplaceAll(text, []byte{blank}, nil)
		}
	}
	decoded = make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(decoded, text)
	return decoded[:n], err == nil
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// isBase64 reports whether a line has no other characters than decode expects.
func isBase64(line []byte) bool {
	for _, c := range line {
		isLetter := 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if !isLetter && c != '+' && c != '/' && c != '=' && c != '-' && !isBlank(c) {
			return false
		}
	}
	return true
}
