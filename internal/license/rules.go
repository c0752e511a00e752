package license

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"localstack-entrypoint/internal/fault"
)

const (
	// offlineFor is how long a document without reactivate_after holds after
	// its last activation.
	offlineFor = 24 * time.Hour
	// clockTolerance is how far two honest clocks may differ.
	clockTolerance = 5 * time.Minute
)

// Check judges the document itself: it must be active, unexpired and cover
// the product in this version.
func (d Document) Check(now time.Time, product Product) *fault.Error {
	switch {
	case d.Status == StatusExpired || !now.Before(d.Expires.Time):
		return fault.New(fault.LicenseExpired, "%s expired on %s", d.Name(), d.Expires)
	case d.Status != StatusActive:
		return fault.New(fault.LicenseStatus, "%s has the status %s", d.Name(), d.statusName())
	case !d.Covers(product):
		return fault.New(fault.LicenseProduct, "%s (%s) is not for %s %s",
			d.Name(), d.TypeName(), product.Name, product.Version)
	}
	return nil
}

// statusName is the status, as far as it is one.
func (d Document) statusName() string {
	if slices.Contains(Statuses(), d.Status) {
		return d.Status
	}
	return StatusUnknown
}

// Covers reports whether one of the document's products is the given one, in
// the same major and minor version.
func (d Document) Covers(product Product) bool {
	for _, p := range d.Products {
		// The shell negates a class by "!", Go by "^".
		named, err := path.Match(strings.ReplaceAll(p.Name, "[!", "[^"), product.Name)
		if err != nil || !named {
			continue
		}
		if strings.HasPrefix(p.Version, "*") || MajorMinor(p.Version) == MajorMinor(product.Version) {
			return true
		}
	}
	return false
}

// Holder is whose license a stored document must be: the credential itself,
// which is the signature's key, and its masked form.
type Holder struct{ Key, Masked string }

// Format hides the key from every verb and flag.
func (h Holder) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.Masked) }

// CheckStored judges whether the document can stand in for an unreachable
// server now.
func (d Document) CheckStored(now time.Time, product Product, holder Holder) *fault.Error {
	if !d.SignedWith(holder.Key) {
		return d.foreign(holder)
	}
	if flaw := d.Check(now, product); flaw != nil {
		return fault.Wrap(flaw, fault.StoredInvalid, "%s", flaw.Detail)
	}
	switch until, soon := d.OfflineUntil(), now.Add(clockTolerance); {
	case d.Issued.After(soon):
		return fault.New(fault.ClockSkew, "the local time is %s, but the stored license was issued on %s",
			FormatTime(now), d.Issued)
	case d.ReactivateAfter == nil && d.LastActivated != nil && d.LastActivated.After(soon):
		return fault.New(fault.ClockSkew, "the local time is %s, but the stored license was activated on %s",
			FormatTime(now), d.LastActivated)
	case strings.TrimSpace(d.Offline.Version) == "":
		return fault.New(fault.StoredNotActivated, "%s has no version in offline_data", d.Name())
	case MajorMinor(d.Offline.Version) != MajorMinor(product.Version):
		return fault.New(fault.StoredVersion, "%s is for %.20q, this is %s", d.Name(), d.Offline.Version, product.Version)
	case !now.Before(until):
		return fault.New(fault.StoredStale, "%s could be used offline until %s", d.Name(), FormatTime(until))
	}
	return nil
}

// foreign distinguishes a document of another credential from a tampered one, as far
// as masked credentials differ: that of an API key is all stars.
func (d Document) foreign(holder Holder) *fault.Error {
	if strings.Trim(holder.Masked, "*") != "" && d.Offline.Credential == holder.Masked {
		return fault.New(fault.StoredTampered, "the signature of %s does not match its content", d.Name())
	}
	return fault.New(fault.StoredCredential, "the signature of %s does not match %s", d.Name(), holder.Masked)
}

// UntilExpiry returns the document as one that is valid until its expiry date if it has no reactivate_after, as that of
// an image for offline use (rule 2 of the licensing protocol).
func (d Document) UntilExpiry() Document {
	d.untilExpiry = true
	return d
}

// OfflineUntil is the moment up to which the document holds without the
// server, if nothing else is wrong with it: reactivate_after, which is the
// server's decision, at most the expiry date.
func (d Document) OfflineUntil() time.Time {
	until := d.Issued.Add(offlineFor)
	switch {
	case d.ReactivateAfter != nil:
		until = d.ReactivateAfter.Time
	case d.untilExpiry:
		until = d.Expires.Time
	case d.LastActivated != nil && !d.LastActivated.IsZero():
		until = d.LastActivated.Add(offlineFor)
	}
	if d.Expires.Before(until) {
		return d.Expires.Time
	}
	return until
}

// RenewFrom is the moment from which the document should be activated again,
// so that it always holds for a while without the server: when half of the
// time from its activation to OfflineUntil is over, and as long again after Offline.Asked.
func (d Document) RenewFrom() time.Time {
	until, activated, half := d.OfflineUntil(), d.Offline.Activated, offlineFor/2
	if activated != nil && !activated.IsZero() && !activated.After(until) {
		half = until.Sub(activated.Time) / 2
	}
	from := until.Add(-half)
	if asked := d.Offline.Asked; asked != nil && asked.Add(half).After(from) {
		return asked.Add(half)
	}
	return from
}

// ClockDiffers reports whether the server's clock and ours cannot both be right.
func ClockDiffers(ours, theirs time.Time) bool {
	return ours.Sub(theirs).Abs() > clockTolerance
}

// NormalVersion is a version as the server wants it: without "v", without
// leading zeros in its parts, without build metadata.
func NormalVersion(version string) string {
	version, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(version), "v"), "+")
	parts := strings.Split(version, ".")
	for i, part := range parts {
		for len(part) > 1 && part[0] == '0' && part[1] >= '0' && part[1] <= '9' {
			part = part[1:]
		}
		parts[i] = part
	}
	return strings.Join(parts, ".")
}

// MajorMinor is the first two parts of a version, normalized.
func MajorMinor(version string) string {
	parts := strings.SplitN(NormalVersion(version), ".", 3)
	return strings.Join(parts[:min(len(parts), 2)], ".")
}
