package s3

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
)

type listedUpload struct {
	Key               string
	UploadID          string `xml:"UploadId"`
	Initiator, Owner  owner
	StorageClass      string
	Initiated         timestamp
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
}

type uploadsXML struct {
	XMLName            xml.Name
	Bucket             string
	KeyMarker          string
	UploadIDMarker     string `xml:"UploadIdMarker"`
	NextKeyMarker      string
	NextUploadIDMarker string `xml:"NextUploadIdMarker"`
	Prefix             string `xml:",omitempty"`
	Delimiter          string `xml:",omitempty"`
	EncodingType       string `xml:",omitempty"`
	MaxUploads         int
	IsTruncated        bool
	Uploads            []listedUpload `xml:"Upload"`
	CommonPrefixes     []prefixXML
}

func listUploads(q *request) error {
	p, err := q.newPage("max-uploads")
	if err != nil {
		return err
	}
	p.after, p.afterID = q.query.Get("key-marker"), q.query.Get("upload-id-marker")
	list := uploadsXML{
		XMLName: root("ListMultipartUploadsResult"), Bucket: q.bucket, KeyMarker: q.encode(p.after),
		UploadIDMarker: p.afterID, Prefix: q.encode(p.prefix), Delimiter: q.encode(p.delimiter),
		EncodingType: q.query.Get("encoding-type"), MaxUploads: p.limit,
	}
	err = q.view(func(t *tx) error {
		if _, err := t.bucket(q.bucket); err != nil {
			return err
		}
		return q.addUploads(t, p, &list)
	})
	if err != nil {
		return err
	}
	return q.answer(http.StatusOK, list)
}

// addUploads adds the uploads of a page to the answer.
func (q *request) addUploads(t *tx, p *page, list *uploadsXML) error {
	all := []byte(q.bucket + "\x00")
	cursor := t.Bucket(uploadTable).Cursor()
	for place, value := cursor.Seek(all); bytes.HasPrefix(place, all); place, value = cursor.Next() {
		key, id, _ := strings.Cut(string(place[len(all):]), "\x00")
		prefix, isInside := "", false
		if strings.HasPrefix(key, p.prefix) {
			prefix, isInside = p.commonPrefix(key)
		}
		known := isInside && (prefix == p.last || prefix == p.after)
		if !strings.HasPrefix(key, p.prefix) || key < p.after || known ||
			p.after != "" && key == p.after && (p.afterID == "" || id <= p.afterID) {
			continue
		}
		if len(list.Uploads)+len(list.CommonPrefixes) >= p.limit {
			list.IsTruncated = p.limit > 0
			return nil
		}
		if isInside {
			p.last = prefix
			list.CommonPrefixes = append(list.CommonPrefixes, prefixXML{q.encode(prefix)})
			list.NextKeyMarker, list.NextUploadIDMarker = q.encode(prefix), ""
			continue
		}
		var u upload
		if err := json.Unmarshal(value, &u); err != nil {
			return err
		}
		list.Uploads = append(list.Uploads, listedUpload{
			q.encode(key), id, owner{ownerID}, owner{ownerID}, "STANDARD", timestamp(u.Initiated), u.Algorithm, u.Type,
		})
		list.NextKeyMarker, list.NextUploadIDMarker = q.encode(key), id
	}
	list.NextKeyMarker, list.NextUploadIDMarker = "", ""
	return nil
}
