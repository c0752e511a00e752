package s3

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// minPart is the smallest size of a part that is not the last one, in bytes.
const minPart = 5 << 20

type completedPart struct {
	PartNumber uint16
	ETag       string
}

func completeUpload(q *request) error {
	content, err := q.document()
	if err != nil {
		return err
	}
	if len(content) == 0 {
		return errorOf("InvalidRequest").saying("You must specify at least one part")
	}
	var wanted struct {
		XMLName xml.Name        `xml:"CompleteMultipartUpload"`
		Parts   []completedPart `xml:"Part"`
	}
	if xml.Unmarshal(content, &wanted) != nil || len(wanted.Parts) == 0 {
		return errorOf("MalformedXML")
	}
	var b *bucket
	v := &version{Key: q.key, IsParts: true}
	err = q.update(func(t *tx) error {
		if b, err = t.bucket(q.bucket); err != nil {
			return err
		}
		return t.complete(q, b, v, wanted.Parts)
	})
	if err != nil {
		return err
	}
	v.showVersion(q, b)
	q.w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
	return q.answer(http.StatusOK, struct {
		XMLName  xml.Name
		Location string
		Bucket   string
		Key      string
		ETag     string
		checksumXML
	}{
		root("CompleteMultipartUploadResult"), "http://" + q.Host + "/" + q.bucket + "/" + q.key, q.bucket, q.key, v.ETag,
		v.Checksum.xml(),
	})
}

// complete makes an object of the parts of an upload.
func (t *tx) complete(q *request, b *bucket, v *version, wanted []completedPart) error {
	u, id, err := t.upload(q)
	if err != nil {
		return err
	}
	if err := t.mayWrite(q, v.Key); err != nil {
		return err
	}
	isSorted := slices.IsSortedFunc(wanted, func(a, b completedPart) int {
		return int(a.PartNumber) - int(b.PartNumber)
	})
	if !isSorted {
		return errorOf("InvalidPartOrder").with("UploadId", id)
	}
	var parts []*part
	for i, w := range wanted {
		p := &part{}
		ok, err := t.get(partTable, partPlace(id, int(w.PartNumber)), p)
		if err != nil {
			return err
		}
		if i > 0 && wanted[i-1].PartNumber == w.PartNumber {
			return errorOf("InvalidPartOrder").with("UploadId", id)
		}
		if !ok || strings.Trim(p.ETag, `"`) != strings.Trim(w.ETag, `"`) {
			return errorOf("InvalidPart").with("ETag", w.ETag).with("PartNumber", strconv.Itoa(int(w.PartNumber))).
				with("UploadId", id)
		}
		if i < len(wanted)-1 && p.Content.Size < minPart {
			return errorOf("EntityTooSmall").with("ETag", w.ETag).with("PartNumber", strconv.Itoa(int(w.PartNumber))).
				with("MinSizeAllowed", strconv.Itoa(minPart)).with("ProposedSize", strconv.FormatInt(p.Content.Size, 10))
		}
		parts = append(parts, p)
	}
	if err := t.assemble(v, u, parts); err != nil {
		return err
	}
	for _, p := range parts { // these are the object's now
		if err := t.Bucket(partTable).Delete(partPlace(id, p.Number)); err != nil {
			return err
		}
	}
	if err := t.removeUpload(uploadPlace(q.bucket, q.key, id)); err != nil {
		return err
	}
	return t.insert(b, v)
}

// assemble computes what an object has of its parts.
func (t *tx) assemble(v *version, u *upload, parts []*part) error {
	v.properties = u.properties
	sums, total := md5.New(), newHash(u.Algorithm)
	for _, p := range parts {
		v.Content = append(v.Content, p.Content)
		v.Size += p.Content.Size
		raw, _ := hex.DecodeString(strings.Trim(p.ETag, `"`)) // ours
		sums.Write(raw)
		if u.Type == composite {
			raw, _ := base64.StdEncoding.DecodeString(p.Checksum.Value)
			total.Write(raw)
		} else if err := t.hash(total, p.Content); err != nil {
			return err
		}
	}
	v.ETag = fmt.Sprintf(`"%x-%d"`, sums.Sum(nil), len(parts))
	v.Checksum = checksum{u.Algorithm, base64.StdEncoding.EncodeToString(total.Sum(nil)), u.Type}
	if u.Type == composite {
		v.Checksum.Value += fmt.Sprintf("-%d", len(parts))
	}
	return nil
}

// hash writes a content into a hash.
func (t *tx) hash(into io.Writer, b blob) error {
	for n := int64(0); n*chunkSize < b.Size; n++ {
		if _, err := into.Write(t.Bucket(contentTable).Get(b.ID.chunk(n))); err != nil {
			return err
		}
	}
	return nil
}

type partXML struct {
	PartNumber   int
	LastModified timestamp
	ETag         string
	Size         int64
	checksumXML
}

func listParts(q *request) error {
	answer := struct {
		XMLName      xml.Name
		Bucket       string
		Key          string
		UploadID     string `xml:"UploadId"`
		Initiator    owner
		Owner        owner
		StorageClass string
		Marker       int  `xml:"PartNumberMarker"`
		NextMarker   *int `xml:"NextPartNumberMarker"`
		MaxParts     int
		IsTruncated  bool
		Parts        []partXML `xml:"Part"`
	}{
		XMLName: root("ListPartsResult"), Bucket: q.bucket, Key: q.key, UploadID: q.query.Get("uploadId"),
		Initiator: owner{ownerID}, Owner: owner{ownerID}, StorageClass: "STANDARD",
	}
	var err error
	if answer.MaxParts, err = q.number("max-parts", 1000, 1000); err != nil {
		return err
	}
	if answer.Marker, err = q.number("part-number-marker", 0, 10_000); err != nil {
		return err
	}
	err = q.view(func(t *tx) error {
		_, id, err := t.upload(q)
		if err != nil {
			return err
		}
		return t.parts(id, func(p *part) error {
			switch {
			case p.Number <= answer.Marker:
			case len(answer.Parts) == answer.MaxParts:
				answer.IsTruncated = true
			default:
				x := partXML{p.Number, timestamp(p.Modified), p.ETag, p.Content.Size, p.Checksum.xml()}
				x.ChecksumType = ""
				answer.Parts, answer.NextMarker = append(answer.Parts, x), &p.Number
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return q.answer(http.StatusOK, answer)
}
