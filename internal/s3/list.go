package s3

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"strings"
)

// page is a part of a bucket's objects in their order.
type page struct {
	prefix, delimiter string
	// after is the last name of the page before: a key, or a common prefix. afterID is the last version of that key
	// that was listed, if some are still to be.
	after, afterID string
	limit          int
	// ofAll has every version listed, not only the objects that are there.
	ofAll bool

	resumed   bool // afterID was met, or is not there any more: a client deletes what a page lists before the next one
	entries   []entry
	prefixes  []string
	truncated bool
	last      string // the last name of this page
	lastID    string
}

// entry is a version on a page.
type entry struct {
	*version
	isLatest bool
}

// newPage reads the parameters that all lists have.
func (q *request) newPage(limitName string) (*page, error) {
	p := &page{prefix: q.query.Get("prefix"), delimiter: q.query.Get("delimiter")}
	if encoding := q.query.Get("encoding-type"); encoding != "" && encoding != "url" {
		return nil, errorOf("InvalidArgument").saying("Invalid Encoding Method specified in Request").
			with("ArgumentName", "encoding-type").with("ArgumentValue", encoding)
	}
	var err error
	p.limit, err = q.number(limitName, 1000, 1000)
	return p, err
}

// commonPrefix returns the part of a key up to the delimiter.
func (p *page) commonPrefix(key string) (prefix string, ok bool) {
	if p.delimiter == "" {
		return "", false
	}
	i := strings.Index(key[len(p.prefix):], p.delimiter)
	if i < 0 {
		return "", false
	}
	return key[:len(p.prefix)+i+len(p.delimiter)], true
}

// fill lists the page of a bucket.
func (p *page) fill(t *tx, bucket string) error {
	cursor := t.Bucket(versionTable).Cursor()
	all := []byte(bucket + "\x00")
	place, value := cursor.Seek([]byte(bucket + "\x00" + max(p.prefix, p.after)))
	previous := ""
	for p.limit > 0 && bytes.HasPrefix(place, all) {
		v, err := decode(bucket, place, value)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(v.Key, p.prefix) {
			if v.Key > p.prefix {
				return nil
			}
			place, value = cursor.Next()
			continue
		}
		isLatest := v.Key != previous
		previous = v.Key
		if skip, next := p.isPast(v, bucket); skip {
			if next == nil {
				place, value = cursor.Next()
			} else {
				place, value = cursor.Seek(next)
			}
			continue
		}
		if !p.ofAll && v.Marker { // the object is not there
			place, value = cursor.Seek(afterKey(bucket, v.Key))
			continue
		}
		if len(p.entries)+len(p.prefixes) == p.limit {
			p.truncated = true
			return nil
		}
		if prefix, ok := p.commonPrefix(v.Key); ok {
			p.prefixes = append(p.prefixes, prefix)
			p.last, p.lastID = prefix, ""
			place, value = cursor.Seek([]byte(bucket + "\x00" + prefix + "\xff")) // no UTF-8 has this byte
			continue
		}
		p.entries = append(p.entries, entry{v, isLatest})
		p.last, p.lastID = v.Key, v.ID
		if p.ofAll {
			place, value = cursor.Next()
		} else {
			place, value = cursor.Seek(afterKey(bucket, v.Key))
		}
	}
	return nil
}

// isPast reports whether a version was listed before this page, and where to go on; nil for the next version.
func (p *page) isPast(v *version, bucket string) (skip bool, next []byte) {
	if p.after == "" || p.resumed {
		return false, nil
	}
	if prefix, ok := p.commonPrefix(v.Key); ok && prefix == p.after {
		return true, []byte(bucket + "\x00" + prefix + "\xff")
	}
	switch {
	case v.Key > p.after:
		return false, nil
	case v.Key == p.after && p.afterID != "":
		p.resumed = v.ID == p.afterID
		return true, nil
	}
	return true, afterKey(bucket, v.Key)
}

// afterKey is behind all versions of an object, and before the next one.
func afterKey(bucket, key string) []byte { return []byte(bucket + "\x00" + key + "\x01") }

type contentXML struct {
	Key               string
	VersionID         string `xml:"VersionId,omitempty"`
	IsLatest          *bool
	LastModified      timestamp
	ETag              string `xml:",omitempty"`
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
	Size              *int64
	StorageClass      string `xml:",omitempty"`
	Owner             *owner
}

func (q *request) contentXML(v *version) contentXML {
	c := contentXML{Key: q.encode(v.Key), LastModified: timestamp(v.Modified)}
	if !v.Marker {
		c.ETag, c.Size, c.StorageClass = v.ETag, &v.Size, v.storageClass()
		c.ChecksumAlgorithm, c.ChecksumType = v.Checksum.Algorithm, v.Checksum.Type
	}
	return c
}

type prefixXML struct{ Prefix string }

// listXML is the answer of all lists of objects.
type listXML struct {
	XMLName               xml.Name
	IsTruncated           bool
	Marker                *string
	NextMarker            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	StartAfter            string `xml:",omitempty"`
	KeyMarker             *string
	VersionIDMarker       *string `xml:"VersionIdMarker"`
	NextKeyMarker         string  `xml:",omitempty"`
	NextVersionIDMarker   string  `xml:"NextVersionIdMarker,omitempty"`
	Name                  string
	Prefix                string
	Delimiter             string `xml:",omitempty"`
	MaxKeys               int
	EncodingType          string `xml:",omitempty"`
	KeyCount              *int
	Contents              []contentXML
	Versions              []contentXML `xml:"Version"`
	DeleteMarkers         []contentXML `xml:"DeleteMarker"`
	CommonPrefixes        []prefixXML
}

// listed makes the answer of a page, without markers.
func (q *request) listed(name string, p *page) listXML {
	list := listXML{
		XMLName: root(name), IsTruncated: p.truncated, Name: q.bucket, Prefix: q.encode(p.prefix),
		Delimiter: q.encode(p.delimiter), MaxKeys: p.limit, EncodingType: q.query.Get("encoding-type"),
	}
	for _, prefix := range p.prefixes {
		list.CommonPrefixes = append(list.CommonPrefixes, prefixXML{q.encode(prefix)})
	}
	return list
}

// turn fills a page.
func (q *request) turn(p *page) error {
	return q.view(func(t *tx) error {
		if _, err := t.bucket(q.bucket); err != nil {
			return err
		}
		if p.afterID != "" {
			last, err := t.find(q.bucket, p.after, p.afterID)
			if err != nil {
				return err
			}
			p.resumed = last == nil
		}
		return p.fill(t, q.bucket)
	})
}

func listObjects(q *request) error {
	p, err := q.newPage("max-keys")
	if err != nil {
		return err
	}
	isV2, token := q.query.Get("list-type") == "2", q.query.Get("continuation-token")
	switch {
	case !isV2:
		p.after = q.query.Get("marker")
	case token != "":
		last, err := base64.StdEncoding.DecodeString(token)
		if err != nil {
			return errorOf("InvalidArgument").saying("The continuation token provided is incorrect").
				with("ArgumentName", "continuation-token")
		}
		p.after = string(last)
	default:
		p.after = q.query.Get("start-after")
	}
	marker := q.encode(p.after)
	if err := q.turn(p); err != nil {
		return err
	}
	list := q.listed("ListBucketResult", p)
	for _, e := range p.entries {
		c := q.contentXML(e.version)
		if !isV2 || q.query.Get("fetch-owner") == "true" {
			c.Owner = &owner{ownerID}
		}
		list.Contents = append(list.Contents, c)
	}
	if isV2 {
		count := len(p.entries) + len(p.prefixes)
		list.KeyCount, list.ContinuationToken = &count, token
		list.StartAfter = q.encode(q.query.Get("start-after"))
		if p.truncated {
			list.NextContinuationToken = base64.StdEncoding.EncodeToString([]byte(p.last))
		}
	} else if list.Marker = &marker; p.truncated {
		list.NextMarker = q.encode(p.last)
	}
	return q.answer(http.StatusOK, list)
}

func listVersions(q *request) error {
	p, err := q.newPage("max-keys")
	if err != nil {
		return err
	}
	p.ofAll, p.after, p.afterID = true, q.query.Get("key-marker"), q.query.Get("version-id-marker")
	if p.afterID != "" && p.after == "" {
		return errorOf("InvalidArgument").saying("A version-id marker cannot be specified without a key marker.").
			with("ArgumentName", "version-id-marker").with("ArgumentValue", p.afterID)
	}
	marker, idMarker := q.encode(p.after), p.afterID
	if err := q.turn(p); err != nil {
		return err
	}
	list := q.listed("ListVersionsResult", p)
	list.KeyMarker, list.VersionIDMarker = &marker, &idMarker
	if p.truncated {
		list.NextKeyMarker, list.NextVersionIDMarker = q.encode(p.last), p.lastID
	}
	for _, e := range p.entries {
		c := q.contentXML(e.version)
		c.VersionID, c.IsLatest, c.Owner = e.ID, &e.isLatest, &owner{ownerID}
		if e.Marker {
			list.DeleteMarkers = append(list.DeleteMarkers, c)
		} else {
			list.Versions = append(list.Versions, c)
		}
	}
	return q.answer(http.StatusOK, list)
}
