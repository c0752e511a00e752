package trust

import (
	"bytes"
	"unicode/utf8"
)

// nameTags are those of the values that OpenSSL accepts in a name (B_ASN1_PRINTABLE in its asn1.h).
var nameTags = []byte{
	tagBits, 7, 8, 9, tagEnumerated, 11, tagUTF8, 13, 14, 15, 18, 19, 20, 22, tagUTF32, 29, tagUTF16, tagSequence,
}

// Object identifiers, as DER has them.
var (
	serverAuthentication = []byte{0x2b, 6, 1, 5, 5, 7, 3, 1}                   // 1.3.6.1.5.5.7.3.1
	anyUsage             = []byte{0x55, 0x1d, 0x25, 0}                         // 2.5.29.37.0
	pkcs7                = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7}    // 1.2.840.113549.1.7: several
	pkcs7Signed          = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2} // …2
)

// certificateIn is the certificate at the beginning of what stands in a PEM block, and whether OpenSSL can
// decode it (d2i_X509, d2i_X509_AUX): it checks the structure, not what is written there. A trusted
// certificate may be followed by settings. One that they do not let vouch for servers is nil.
func certificateIn(der []byte, isTrusted bool) (certificate []byte, ok bool) {
	p := parser{rest: der}
	p.in(p.take(tagSequence), func(p *parser) {
		p.in(p.take(tagSequence), (*parser).tbs)
		p.algorithm()
		p.bits(p.take(tagBits))
	})
	if p.isBroken {
		return nil, false
	}
	certificate = der[:len(der)-len(p.rest)]
	if isTrusted && len(p.rest) > 0 {
		isFit := true
		p.in(p.take(tagSequence), func(p *parser) { isFit = p.settings() })
		if p.isBroken {
			return nil, false
		}
		if !isFit {
			return nil, true
		}
	}
	return certificate, true
}

// tbs takes a certificate without its signature (RFC 5280, section 4.1).
func (p *parser) tbs() {
	if version, found := p.optional(tagVersion); found {
		p.in(version, func(p *parser) { p.integer(p.take(tagInteger)) })
	}
	p.integer(p.take(tagInteger))
	p.algorithm()
	p.name()
	p.in(p.take(tagSequence), func(p *parser) {
		p.time()
		p.time()
	})
	p.name()
	p.in(p.take(tagSequence), func(p *parser) { // the key
		p.algorithm()
		p.bits(p.take(tagBits))
	})
	for _, tag := range []byte{tagIssuerID, tagSubjectID} {
		if id, found := p.optional(tag); found {
			p.bits(id)
		}
	}
	if extensions, found := p.optional(tagExtensions); found {
		p.in(extensions, (*parser).extensions)
	}
}

func (p *parser) algorithm() {
	p.in(p.take(tagSequence), func(p *parser) {
		p.oid(p.take(tagOID))
		if len(p.rest) > 0 {
			p.check(p.any())
		}
	})
}

func (p *parser) extensions() {
	p.each(p.list(tagSequence), func(p *parser) {
		p.in(p.take(tagSequence), func(p *parser) {
			p.oid(p.take(tagOID))
			if critical, found := p.optional(tagBoolean); found && len(critical) != 1 {
				p.isBroken = true
			}
			p.take(tagOctets)
		})
	})
}

func (p *parser) revoked() {
	p.in(p.take(tagSequence), func(p *parser) {
		p.integer(p.take(tagInteger))
		p.time()
		if len(p.rest) > 0 {
			p.extensions()
		}
	})
}

func (p *parser) time() {
	tag, _ := p.any()
	p.isBroken = p.isBroken || tag != tagUTCTime && tag != tagTime
}

func (p *parser) name() {
	p.each(p.list(tagSequence), func(p *parser) {
		p.each(p.list(tagSet), func(p *parser) {
			p.in(p.take(tagSequence), func(p *parser) {
				p.oid(p.take(tagOID))
				tag, value := p.any()
				p.check(tag, value)
				isText := bytes.IndexByte(nameTags, tag) >= 0
				p.isBroken = p.isBroken || !isText || tag == tagUTF8 && !utf8.Valid(value)
			})
		})
	})
}

// settings takes X509_CERT_AUX (OpenSSL's x_x509a.c), and reports whether they let an authority vouch for
// servers (obj_trust in x509_trust.c).
func (p *parser) settings() (isFit bool) {
	isFit = true
	if purposes, found := p.optional(tagSequence); found {
		isFit = p.forServers(purposes)
	}
	if purposes, found := p.optional(tagReject); found && p.forServers(purposes) {
		isFit = false
	}
	for len(p.rest) > 0 && !p.isBroken {
		p.any() // an alias, a key's identifier, others
	}
	return isFit
}

func (p *parser) forServers(purposes []byte) (found bool) {
	p.each(purposes, func(p *parser) {
		id := p.take(tagOID)
		found = found || bytes.Equal(id, serverAuthentication) || bytes.Equal(id, anyUsage)
	})
	return found
}

// isKey reports whether OpenSSL may be able to decode a private key: PKCS#8, or one of its own forms, which
// begin with a version and a number or a string.
func isKey(der []byte) bool {
	p := parser{rest: der}
	p.in(p.take(tagSequence), func(p *parser) {
		p.integer(p.take(tagInteger))
		switch tag, body := p.any(); tag {
		case tagInteger:
			p.integer(body)
		case tagSequence:
			p.in(body, func(p *parser) {
				p.oid(p.take(tagOID))
				p.rest = nil
			})
			p.take(tagOctets)
		case tagOctets:
		default:
			p.isBroken = true
		}
		p.rest = nil
	})
	return !p.isBroken
}

// isRevocations reports whether OpenSSL may be able to decode a list of revoked certificates (RFC 5280,
// section 5.1).
func isRevocations(der []byte) bool {
	p := parser{rest: der}
	p.in(p.take(tagSequence), func(p *parser) {
		p.in(p.take(tagSequence), func(p *parser) {
			if version, found := p.optional(tagInteger); found {
				p.integer(version)
			}
			p.algorithm()
			p.name()
			p.time()
			if len(p.rest) > 0 && p.rest[0] != tagSequence && p.rest[0] != tagListExtensions {
				p.time()
			}
			if revoked, found := p.optional(tagSequence); found {
				p.each(revoked, (*parser).revoked)
			}
			if extensions, found := p.optional(tagListExtensions); found {
				p.in(extensions, (*parser).extensions)
			}
		})
		p.algorithm()
		p.bits(p.take(tagBits))
	})
	return !p.isBroken
}

// describeDER says what a binary file is, unless it is a certificate.
func describeDER(der []byte) string {
	p := parser{rest: der}
	body := p.take(tagSequence)
	if p.isBroken {
		return ""
	}
	p = parser{rest: body}
	switch tag, first := p.any(); {
	case p.isBroken:
		return ""
	case tag == tagOID && bytes.Equal(first, pkcs7Signed):
		return formPKCS7
	case tag == tagInteger && bytes.Equal(first, []byte{3}): // the version of a PFX, RFC 7292 section 4
		content := parser{rest: p.take(tagSequence)}
		if id := content.take(tagOID); !content.isBroken && bytes.HasPrefix(id, pkcs7) {
			return formPKCS12
		}
	}
	return ""
}
