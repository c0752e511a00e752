package s3

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"slices"
	"strings"
)

// The kinds of checksums, and how a checksum of an object in parts is made
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
const (
	crc64NVME  = "CRC64NVME"
	fullObject = "FULL_OBJECT"
	composite  = "COMPOSITE"
)

// algorithms lists the kinds of checksums.
func algorithms() []string { return []string{"CRC32", "CRC32C", crc64NVME, "SHA1", "SHA256"} }

// newHash returns the hash of an algorithm.
func newHash(algorithm string) hash.Hash {
	switch algorithm {
	case "CRC32":
		return crc32.NewIEEE()
	case "CRC32C":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case "SHA1":
		return sha1.New()
	case "SHA256":
		return sha256.New()
	default:
		return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) // CRC-64/NVME
	}
}

// checksum is the checksum that an object has.
type checksum struct {
	Algorithm string
	Value     string // base64, with "-N" for N parts
	Type      string
}

// checksummer computes a checksum.
type checksummer struct {
	algorithm string
	hash      hash.Hash
	want      string // what the client says; "" if it does not
	isDefault bool   // the client says nothing of checksums
}

// announced returns the checksum that a request has in its header or in its trailer; CRC64NVME, as AWS computes it, if
// there is none.
func announced(header http.Header) (*checksummer, error) {
	for _, algorithm := range algorithms() {
		name := "X-Amz-Checksum-" + algorithm
		value := header.Get(name)
		if value == "" && !strings.EqualFold(header.Get("X-Amz-Trailer"), name) {
			continue
		}
		return &checksummer{algorithm: algorithm, hash: newHash(algorithm), want: value}, nil
	}
	algorithm := strings.ToUpper(header.Get("X-Amz-Sdk-Checksum-Algorithm"))
	if algorithm == "" {
		return &checksummer{algorithm: crc64NVME, hash: newHash(crc64NVME), isDefault: true}, nil
	}
	return newChecksummer(algorithm)
}

// checksumType returns how the checksum of an object in parts is made, by what the client asks for; "" if that does
// not go with the algorithm.
func checksumType(algorithm, asked string) string {
	isSHA := strings.HasPrefix(algorithm, "SHA")
	switch {
	case asked == "" && algorithm == crc64NVME, asked == fullObject && !isSHA:
		return fullObject
	case asked == "", asked == composite && algorithm != crc64NVME:
		return composite
	}
	return ""
}

func newChecksummer(algorithm string) (*checksummer, error) {
	if !slices.Contains(algorithms(), algorithm) {
		return nil, errorOf("InvalidRequest").saying("Checksum algorithm provided is unsupported. " +
			"Please try again with any of the valid types: [" + strings.Join(algorithms(), ", ") + "]")
	}
	return &checksummer{algorithm: algorithm, hash: newHash(algorithm)}, nil
}

// header is the name of the header with the checksum.
func (c *checksummer) header() string { return "X-Amz-Checksum-" + c.algorithm }

func (c *checksummer) value() string { return base64.StdEncoding.EncodeToString(c.hash.Sum(nil)) }

// verify compares with what the client says.
func (c *checksummer) verify() error {
	if c.want == "" || c.want == c.value() {
		return nil
	}
	if raw, err := base64.StdEncoding.DecodeString(c.want); err != nil || len(raw) != c.hash.Size() {
		return errorOf("InvalidRequest").saying("Value for " + strings.ToLower(c.header()) + " header is invalid.")
	}
	return errorOf("BadDigest").saying("The " + c.algorithm + " you specified did not match the calculated checksum.")
}

// of returns the checksum of a whole object.
func (c *checksummer) of() checksum { return checksum{c.algorithm, c.value(), fullObject} }

// show sets the headers of an answer.
func (c checksum) show(header http.Header) {
	if c.Value != "" {
		header.Set("X-Amz-Checksum-"+c.Algorithm, c.Value)
		header.Set("X-Amz-Checksum-Type", c.Type)
	}
}

// checksumXML is a checksum in a document.
type checksumXML struct {
	ChecksumCRC32     string `xml:",omitempty"`
	ChecksumCRC32C    string `xml:",omitempty"`
	ChecksumCRC64NVME string `xml:",omitempty"`
	ChecksumSHA1      string `xml:",omitempty"`
	ChecksumSHA256    string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
}

func (c checksum) xml() checksumXML {
	out := checksumXML{ChecksumType: c.Type}
	switch c.Algorithm {
	case "CRC32":
		out.ChecksumCRC32 = c.Value
	case "CRC32C":
		out.ChecksumCRC32C = c.Value
	case "SHA1":
		out.ChecksumSHA1 = c.Value
	case "SHA256":
		out.ChecksumSHA256 = c.Value
	default:
		out.ChecksumCRC64NVME = c.Value
	}
	return out
}
