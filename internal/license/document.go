package license

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/sjson"
)

// Format is the only document format there is.
const Format = "1"

// Statuses of a licence.
const (
	StatusUnknown   = "UNKNOWN"
	StatusActive    = "ACTIVE"
	StatusInactive  = "INACTIVE"
	StatusExpired   = "EXPIRED"
	StatusSuspended = "SUSPENDED"
)

// Document is a licence as the server hands it out and as it is kept on disk.
type Document struct {
	ID        string  `json:"id"`
	Format    string  `json:"license_format"`
	Signature string  `json:"signature"`
	Type      string  `json:"license_type"`
	Status    string  `json:"license_status"`
	Secret    *string `json:"license_secret"`
	Issued    Time    `json:"issue_date"`
	Expires   Time    `json:"expiry_date"`
	// LastActivated and ReactivateAfter are nil when the server left them out.
	LastActivated   *Time     `json:"last_activated"`
	ReactivateAfter *Time     `json:"reactivate_after,omitempty"`
	Products        []Product `json:"products"`
	Offline         Offline   `json:"offline_data"`

	raw []byte
}

// Offline is what the client notes in a document before storing it. The
// signature does not cover it.
type Offline struct {
	// Version is the version that the document was activated for.
	Version string `json:"localstack_version,omitempty"`
	// Credential is the masked credential it was activated with, so that a
	// document of another credential can be told from a tampered one.
	Credential string `json:"entrypoint_credential,omitempty"`
}

// Parse reads a document. It keeps raw, so that fields unknown to us survive
// being stored. The error says which field makes no sense.
func Parse(raw []byte) (Document, error) {
	var doc Document
	if err := json.Unmarshal(raw, &doc); err != nil {
		return Document{}, fmt.Errorf("not a licence document: %w", err)
	}
	var absent []string
	for name, missing := range map[string]bool{
		"id":             doc.ID == "",
		"signature":      doc.Signature == "",
		"license_type":   doc.Type == "",
		"license_status": doc.Status == "",
		"issue_date":     doc.Issued.IsZero(),
		"expiry_date":    doc.Expires.IsZero(),
	} {
		if missing {
			absent = append(absent, name)
		}
	}
	if len(absent) > 0 {
		slices.Sort(absent)
		return Document{}, errors.New("not a licence document: no " + strings.Join(absent, ", "))
	}
	if doc.Format != Format {
		return Document{}, fmt.Errorf("unknown license_format %.20q, this program knows %q", doc.Format, Format)
	}
	doc.raw = slices.Clone(raw)
	return doc, nil
}

// Encode returns the document as JSON: the bytes it was parsed from where
// there are such, with offline_data's fields set and all else untouched.
func (d Document) Encode() ([]byte, error) {
	if d.raw == nil {
		return json.Marshal(d)
	}
	out, err := sjson.SetBytes(d.raw, "offline_data.localstack_version", d.Offline.Version)
	if err != nil {
		return nil, err
	}
	return sjson.SetBytes(out, "offline_data.entrypoint_credential", d.Offline.Credential)
}

// Sign sets the signature that the holder of key will verify. A licence server calls it.
func (d *Document) Sign(key string) { d.Signature = hex.EncodeToString(d.mac(key)) }

// SignedWith tells whether the signature was made with key, which is a credential.
func (d Document) SignedWith(key string) bool {
	signature, err := hex.DecodeString(d.Signature)
	return err == nil && hmac.Equal(signature, d.mac(key))
}

// mac is HMAC-SHA256 over the protocol's concatenation of fields.
func (d Document) mac(key string) []byte {
	products := slices.Clone(d.Products)
	slices.SortFunc(products, func(a, b Product) int {
		return strings.Compare(a.Name+"\x00"+a.Version, b.Name+"\x00"+b.Version)
	})
	var message strings.Builder
	message.WriteString(d.ID)
	for _, p := range products {
		message.WriteString(p.Name + p.Version)
	}
	message.WriteString(d.Format + d.Issued.String() + d.Expires.String() + d.Type + d.Status)
	if d.ReactivateAfter != nil {
		message.WriteString(d.ReactivateAfter.String())
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(message.String()))
	return mac.Sum(nil)
}

// Time is a moment as the protocol writes it: ISO 8601 in whole seconds with
// its offset. A moment without an offset is UTC.
type Time struct{ time.Time }

const (
	timeLayout  = "2006-01-02T15:04:05-07:00"
	naiveLayout = "2006-01-02T15:04:05"
)

// String is the form that enters the signature: UTC, whole seconds, +00:00.
func (t Time) String() string { return t.UTC().Format(timeLayout) }

// MarshalJSON writes the form of String.
func (t Time) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// UnmarshalJSON reads RFC 3339, also without an offset; null and the absence
// of the field leave the zero time.
func (t *Time) UnmarshalJSON(data []byte) error {
	var text *string
	if err := json.Unmarshal(data, &text); err != nil || text == nil {
		return err
	}
	for _, layout := range []string{time.RFC3339, naiveLayout} {
		if parsed, err := time.Parse(layout, *text); err == nil {
			t.Time = parsed
			return nil
		}
	}
	return fmt.Errorf("%.40q is not an ISO 8601 date", *text)
}
