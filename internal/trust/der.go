package trust

// Tags of ASN.1 (X.690), as bytes of DER.
const (
	tagBoolean     = 0x01
	tagInteger     = 0x02
	tagBits        = 0x03
	tagOctets      = 0x04
	tagNull        = 0x05
	tagOID         = 0x06
	tagEnumerated  = 0x0a
	tagUTF8        = 0x0c
	tagUTCTime     = 0x17
	tagTime        = 0x18
	tagUTF32       = 0x1c
	tagUTF16       = 0x1e
	tagSequence    = 0x30
	tagSet         = 0x31
	tagVersion     = 0xa0
	tagReject      = 0xa0 // in the settings of a trusted certificate
	tagIssuerID    = 0x81
	tagSubjectID   = 0x82
	tagExtensions  = 0xa3
	indefiniteSize = 0x80
	constructed    = 0x20

	tagListExtensions = 0xa0 // of a list of revoked certificates
)

// parser takes DER apart. Once something is not as expected, it stays broken.
type parser struct {
	rest     []byte
	isBroken bool
	depth    int
}

// any takes the next element.
func (p *parser) any() (tag byte, body []byte) {
	der := p.rest
	if len(der) < 2 || der[0]&0x1f == 0x1f {
		p.isBroken, p.rest = true, nil
		return 0, nil
	}
	size, head := int(der[1]), 2
	if isConstructed := der[0]&constructed != 0; isConstructed && der[1] == indefiniteSize {
		return der[0], p.toEnd(der[2:])
	}
	if der[1] >= indefiniteSize {
		more := int(der[1] & 0x7f)
		if size, head = 0, 2+more; more == 0 || more > 4 || len(der) < head {
			p.isBroken, p.rest = true, nil
			return 0, nil
		}
		for _, b := range der[2:head] {
			size = size<<8 | int(b)
		}
	}
	if size < 0 || size > len(der)-head {
		p.isBroken, p.rest = true, nil
		return 0, nil
	}
	p.rest = der[head+size:]
	return der[0], der[head : head+size]
}

// toEnd takes the elements up to two zeros: BER, which OpenSSL reads, too.
func (p *parser) toEnd(der []byte) (body []byte) {
	inner := parser{rest: der, depth: p.depth + 1}
	for len(inner.rest) > 1 && inner.depth < maxDepth {
		size := len(der) - len(inner.rest)
		if tag, empty := inner.any(); tag == 0 && len(empty) == 0 && !inner.isBroken {
			p.rest = inner.rest
			return der[:size]
		}
	}
	p.isBroken, p.rest = true, nil
	return nil
}

// maxDepth bounds how many elements are in one another.
const maxDepth = 30

// take takes the next element, which must have this tag.
func (p *parser) take(tag byte) (body []byte) {
	got, body := p.any()
	if got != tag {
		p.isBroken = true
	}
	return body
}

// optional takes the next element if it has this tag.
func (p *parser) optional(tag byte) (body []byte, found bool) {
	if len(p.rest) == 0 || p.rest[0] != tag {
		return nil, false
	}
	return p.take(tag), true
}

// in has what stands in an element parsed, to its end.
func (p *parser) in(body []byte, parse func(*parser)) {
	inner := parser{rest: body, depth: p.depth + 1}
	if !p.isBroken {
		parse(&inner)
	}
	p.isBroken = p.isBroken || inner.isBroken || len(inner.rest) > 0
}

// list takes a SEQUENCE OF or a SET OF, which OpenSSL takes without the bit for what is constructed, too.
func (p *parser) list(tag byte) (body []byte) {
	got, body := p.any()
	p.isBroken = p.isBroken || got|constructed != tag
	return body
}

// each has all elements in one parsed.
func (p *parser) each(body []byte, parse func(*parser)) {
	p.in(body, func(p *parser) {
		for len(p.rest) > 0 && !p.isBroken {
			parse(p)
		}
	})
}

// check checks a value of any type, as asn1_ex_c2i in OpenSSL's tasn_dec.c does.
func (p *parser) check(tag byte, body []byte) {
	switch tag {
	case tagBoolean:
		p.isBroken = p.isBroken || len(body) != 1
	case tagInteger, tagEnumerated:
		p.integer(body)
	case tagBits:
		p.bits(body)
	case tagNull:
		p.isBroken = p.isBroken || len(body) > 0
	case tagOID:
		p.oid(body)
	case tagUTF16:
		p.isBroken = p.isBroken || len(body)%2 > 0
	case tagUTF32:
		p.isBroken = p.isBroken || len(body)%4 > 0
	case constructed | tagBoolean, constructed | tagInteger, constructed | tagNull, constructed | tagOID,
		constructed | tagEnumerated:
		p.isBroken = true
	default:
		if isUniversal := tag < 0x40; isUniversal && tag&constructed != 0 && tag != tagSequence && tag != tagSet {
			p.each(body, func(p *parser) { p.any() }) // a string in parts
		}
	}
}

func (p *parser) integer(body []byte) {
	isPadded := len(body) > 1 && (body[0] == 0 && body[1] < 0x80 || body[0] == 0xff && body[1] >= 0x80)
	p.isBroken = p.isBroken || len(body) == 0 || isPadded
}

func (p *parser) bits(body []byte) {
	p.isBroken = p.isBroken || len(body) == 0 || body[0] > 7
}

func (p *parser) oid(body []byte) {
	isPart := false // a number goes on
	for _, b := range body {
		p.isBroken = p.isBroken || b == 0x80 && !isPart
		isPart = b >= 0x80
	}
	p.isBroken = p.isBroken || isPart || len(body) == 0
}
