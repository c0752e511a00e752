package main

import (
	"time"

	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit"
)

// document is a license of this world's token, activated a moment ago.
func (w *world) document(change func(*license.Document)) []byte {
	now := time.Now()
	again := license.Time{Time: now.Add(24 * time.Hour)}
	document := license.Document{
		ID: "license_00000000-0000-0000-0000-000000000000", Format: license.Format, Type: "pro", Status: license.StatusActive,
		Issued: license.Time{Time: now.Add(-time.Minute)}, Expires: license.Time{Time: now.AddDate(1, 0, 0)},
		ReactivateAfter: &again,
		Products:        []license.Product{{Name: license.ProductName, Version: "*"}},
		Offline:         license.Offline{Version: "4.14.0", Credential: "lsci-demo0000-****-****-****-************"},
	}
	change(&document)
	if document.Signature == "" {
		document.Sign(w.token)
	}
	content, err := document.Encode()
	if err != nil {
		w.Fatal(err)
	}
	return content
}

// store puts a document into the volume.
func (w *world) store(change func(*license.Document)) {
	testkit.Put(w.T, w.root, "var/lib/localstack/cache/license.json", string(w.document(change)))
}
