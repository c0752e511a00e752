package license

import (
	"cmp"
	"crypto/fips140"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
)

// Format is the only document format there is.
const Format = "1"

// Statuses of a license.
const (
	StatusUnknown   = "UNKNOWN"
	StatusActive    = "ACTIVE"
	StatusInactive  = "INACTIVE"
	StatusExpired   = "EXPIRED"
	StatusSuspended = "SUSPENDED"
)

// Statuses are all there are.
func Statuses() []string {
	return []string{StatusUnknown, StatusActive, StatusInactive, StatusExpired, StatusSuspended}
}

// Document is a license as the server hands it out and as it is kept on disk.
type Document struct {
	ID        string `json:"id"`
	Format    string `json:"license_format"`
	Signature string `json:"signature"`
	Type      string `json:"license_type"`
	Status    string `json:"license_status"`
	// Secret is not ours to understand.
	Secret  json.RawMessage `json:"license_secret"`
	Issued  Time            `json:"issue_date"`
	Expires Time            `json:"expiry_date"`
	// LastActivated and ReactivateAfter are nil when the server left them out.
	LastActivated   *Time     `json:"last_activated"`
	ReactivateAfter *Time     `json:"reactivate_after,omitempty"`
	Products        []Product `json:"products"`
	Offline         Offline   `json:"offline_data"`

	raw []byte
	// untilExpiry is set by UntilExpiry.
	untilExpiry bool
}

// Offline is what the client notes in a document before storing it. The
// signature does not cover it.
type Offline struct {
	// Version is the version that the document was activated for.
	Version string `json:"localstack_version,omitempty"`
	// Credential is the masked credential it was activated with. It distinguishes
	// a document of another credential from a tampered one.
	Credential string `json:"entrypoint_credential,omitempty"`
	// Activated is when that was; nil in the documents of other clients.
	Activated *Time `json:"entrypoint_activated,omitempty"`
	// Asked is when a renewal with a CI token has last sent a request; nil if none has.
	Asked *Time `json:"entrypoint_asked,omitempty"`
}

// UnmarshalJSON takes what it understands: notes in another form are no reason
// to refuse a license.
func (o *Offline) UnmarshalJSON(data []byte) error {
	type plain Offline
	_ = json.Unmarshal(data, (*plain)(o))
	return nil
}

const (
	// maxText bounds the texts of a document; real ones have fewer than 70 characters.
	maxText    = 200
	uuidLength = 36
	// maxWord bounds a license type that is shown; the longest has 10 letters.
	maxWord = 16
)

// Parse reads a document. It keeps raw, so that fields unknown to us survive
// being stored. The error names what cannot be used.
func Parse(raw []byte) (Document, error) {
	var doc Document
	err := json.Unmarshal(raw, &doc)
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		err = fmt.Errorf("unexpected %s as %s", mismatch.Value, cmp.Or(mismatch.Field, "the whole"))
	}
	if err == nil {
		err = doc.complete()
	}
	if err != nil {
		return Document{}, fmt.Errorf("not a license document: %w", err)
	}
	if doc.Format != Format {
		return Document{}, fmt.Errorf("not license_format %q", Format)
	}
	doc.raw = slices.Clone(raw)
	return doc, nil
}

// complete names the fields that are absent or cannot be used.
func (d Document) complete() error {
	var unusable []string
	need := func(name string, isUsable bool) {
		if !isUsable {
			unusable = append(unusable, name)
		}
	}
	need("expiry_date", !d.Expires.IsZero())
	need("id", isUsable(d.ID))
	need("issue_date", !d.Issued.IsZero())
	need("license_status", isUsable(d.Status))
	need("license_type", d.Type == "" || isUsable(d.Type))
	need("reactivate_after", d.ReactivateAfter == nil || !d.ReactivateAfter.IsZero())
	if len(unusable) > 0 {
		return errors.New("no usable " + strings.Join(unusable, ", "))
	}
	return nil
}

// isUsable reports whether text can be shown and stored: something, on one line,
// of a sensible length.
func isUsable(text string) bool {
	isHidden := func(r rune) bool { return !unicode.IsPrint(r) }
	return text != "" && len(text) <= maxText && !strings.ContainsFunc(text, isHidden)
}

// Name is the id as it may be shown: whole when it has the protocol's form, of
// which no credential can be a part.
func (d Document) Name() string {
	rest, found := strings.CutPrefix(d.ID, "license_")
	if found && len(rest) == uuidLength && strings.Trim(rest, "0123456789abcdef-") == "" {
		return d.ID
	}
	return "license"
}

// TypeName is the type as it may be shown: any short word.
func (d Document) TypeName() string {
	if d.Type == "" || len(d.Type) > maxWord || strings.Trim(d.Type, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "unknown"
	}
	return d.Type
}

// Encode returns the document as JSON: the bytes it was parsed from where
// there are such, with offline_data's fields set and all else untouched. Only
// a document without reactivate_after needs last_activated as well.
func (d Document) Encode() ([]byte, error) {
	if d.raw == nil {
		return json.Marshal(d)
	}
	notes := [][2]string{
		{"offline_data.localstack_version", d.Offline.Version},
		{"offline_data.entrypoint_credential", d.Offline.Credential},
	}
	if d.Offline.Activated != nil {
		notes = append(notes, [2]string{"offline_data.entrypoint_activated", d.Offline.Activated.String()})
	}
	if d.Offline.Asked != nil {
		notes = append(notes, [2]string{"offline_data.entrypoint_asked", d.Offline.Asked.String()})
	}
	if d.ReactivateAfter == nil && d.LastActivated != nil {
		notes = append(notes, [2]string{"last_activated", d.LastActivated.String()})
	}
	out, err := d.raw, error(nil)
	if !gjson.GetBytes(out, "offline_data").IsObject() {
		out, err = sjson.SetRawBytes(out, "offline_data", []byte("{}"))
	}
	for _, note := range notes {
		if err == nil {
			out, err = sjson.SetBytes(out, note[0], note[1])
		}
	}
	return out, err
}

// Sign sets the signature that the holder of key will verify. A licensing server calls it.
func (d *Document) Sign(key string) { d.Signature = hex.EncodeToString(d.mac(key)) }

// SignedWith reports whether the signature was made with key, which is a credential.
func (d Document) SignedWith(key string) bool {
	signature, err := hex.DecodeString(d.Signature)
	return err == nil && hmac.Equal(signature, d.mac(key))
}

// mac is HMAC-SHA256 over the protocol's concatenation of fields.
func (d Document) mac(key string) []byte {
	products := slices.Clone(d.Products)
	slices.SortFunc(products, func(a, b Product) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version))
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
	var sum []byte
	// GODEBUG=fips140=only forbids keys of less than 14 bytes. A legacy API key may be shorter, and nobody can change that
	// here.
	fips140.WithoutEnforcement(func() {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(message.String()))
		sum = mac.Sum(nil)
	})
	return sum
}

// Time is a moment as the protocol writes it: ISO 8601 in whole seconds with
// its offset. A moment without an offset is UTC.
type Time struct{ time.Time }

// FormatTime is a moment in the form that enters the signature: UTC, whole seconds, +00:00.
func FormatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-07:00") }

// String is the form of [FormatTime].
func (t Time) String() string { return FormatTime(t.Time) }

// MarshalJSON writes the form of String.
func (t Time) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// UnmarshalJSON reads RFC 3339, also without an offset. Anything else is the zero time: a note of ours in
// another form is no reason to refuse a license, and complete names the dates that a document needs.
func (t *Time) UnmarshalJSON(data []byte) error {
	var text string
	_ = json.Unmarshal(data, &text)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if parsed, err := time.Parse(layout, text); err == nil {
			t.Time = parsed
		}
	}
	return nil
}
