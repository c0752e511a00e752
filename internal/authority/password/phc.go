package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// parameters are those of argon2id.
type parameters struct {
	memory  uint32 // KiB
	passes  uint32
	lanes   uint8
	saltLen int // bytes
	hashLen int // bytes
}

// current is the first choice of OWASP's Password Storage Cheat Sheet.
var current = parameters{memory: 19 << 10, passes: 2, lanes: 1, saltLen: 16, hashLen: 32}

// The limits of what a stored hash may ask for: whoever can write to the database must not be able to stop the
// server.
const (
	maxMemory = 64 << 10 // KiB
	maxPasses = 8
	maxLanes  = 4
	minSalt   = 8 // bytes
	minHash   = 16
	maxBytes  = 64 // of salt and hash each
	maxPHC    = 256
)

// stored is a hash as it is stored.
type stored struct {
	parameters
	salt, hash []byte
}

// unpadded is the encoding of PHC strings. Its strict form has one text for each value.
var unpadded = base64.RawStdEncoding.Strict()

// String is the PHC string of the hash, as in
// https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md.
func (s stored) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, s.memory, s.passes, s.lanes,
		unpadded.EncodeToString(s.salt), unpadded.EncodeToString(s.hash))
}

// parse reads what String writes, and nothing else: other parameters in the same form, within limits. An error does
// not contain the text.
func parse(text string) (stored, error) {
	parts := strings.Split(text, "$")
	if len(text) > maxPHC || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return stored{}, errors.New("it is no PHC string of argon2id")
	}
	if parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return stored{}, fmt.Errorf("its version of argon2id is not %d", argon2.Version)
	}
	var read stored
	var err error
	if read.parameters, err = parseParameters(parts[3]); err != nil {
		return stored{}, err
	}
	read.salt, err = unpadded.DecodeString(parts[4])
	if read.saltLen = len(read.salt); err != nil || read.saltLen < minSalt || read.saltLen > maxBytes {
		return stored{}, fmt.Errorf("its salt is not %d to %d bytes in base64", minSalt, maxBytes)
	}
	read.hash, err = unpadded.DecodeString(parts[5])
	if read.hashLen = len(read.hash); err != nil || read.hashLen < minHash || read.hashLen > maxBytes {
		return stored{}, fmt.Errorf("its hash is not %d to %d bytes in base64", minHash, maxBytes)
	}
	if read.String() != text { // line ends, which base64 passes over
		return stored{}, errors.New("it is not in the usual form of a PHC string")
	}
	return read, nil
}

// parseParameters reads "m=19456,t=2,p=1".
func parseParameters(text string) (parameters, error) {
	names, limits := [...]string{"m=", "t=", "p="}, [...]uint64{maxMemory, maxPasses, maxLanes}
	var values [len(names)]uint64
	fields := strings.Split(text, ",")
	if len(fields) != len(names) {
		return parameters{}, errors.New("its parameters are not m, t and p")
	}
	for i, field := range fields {
		digits, named := strings.CutPrefix(field, names[i])
		value, err := strconv.ParseUint(digits, 10, 32)
		if !named || err != nil || value < 1 || value > limits[i] {
			return parameters{}, fmt.Errorf("its parameter %s is not between 1 and %d", names[i][:1], limits[i])
		}
		values[i] = value
	}
	if values[0] < 8*values[2] { // RFC 9106, section 3.1
		return parameters{}, errors.New("its parameter m is less than 8 for each lane")
	}
	return parameters{memory: uint32(values[0]), passes: uint32(values[1]), lanes: uint8(values[2])}, nil
}
