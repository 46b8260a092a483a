// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A lease is called session[KEY]ID, as on a real vCenter.
var nfcPath = regexp.MustCompile(`^/nfc/([A-Za-z0-9][A-Za-z0-9._\[\]-]*)/([A-Za-z0-9][A-Za-z0-9._-]*)$`)

// serveNfc keeps what is uploaded to a lease and serves it back; the library throws it away. A file stays
// readable after its lease has ended, so that a test can compare what arrived.
func (f *front) serveNfc(w http.ResponseWriter, r *http.Request, record *request) {
	parts := nfcPath.FindStringSubmatch(r.URL.Path)
	if parts == nil {
		http.NotFound(w, r)
		return
	}
	file := filepath.Join(f.uploads, parts[1]+"_"+parts[2])
	switch r.Method {
	case http.MethodPut, http.MethodPost:
		if !f.leaseKnows(r) {
			http.NotFound(w, r)
			return
		}
		sum, err := store(file, r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		record.Sha256 = sum
		w.WriteHeader(http.StatusOK)
	case http.MethodGet, http.MethodHead:
		http.ServeFile(w, r, file)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// leaseKnows lets the library judge lease and device with an upload of nothing.
func (f *front) leaseKnows(r *http.Request) bool {
	probe := httptest.NewRequest(http.MethodPut, "/", bytes.NewReader(nil))
	probe.URL.Path = r.URL.Path
	answer := httptest.NewRecorder()
	f.next.ServeHTTP(answer, probe)
	return answer.Code == http.StatusOK
}

// store writes beside the file and renames, so that a broken upload leaves nothing that could be read back.
func store(file string, source io.Reader) (string, error) {
	partial, err := os.CreateTemp(filepath.Dir(file), "part-")
	if err != nil {
		return "", err
	}
	defer os.Remove(partial.Name())
	defer partial.Close()
	digest := sha256.New()
	if _, err := io.Copy(io.MultiWriter(partial, digest), source); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), os.Rename(partial.Name(), file)
}

// serveEsxi is the same at the host's own door: the log tells them apart by the path.
func (f *front) serveEsxi(w http.ResponseWriter, r *http.Request) {
	record := f.log.arrived(r)
	if strings.HasPrefix(r.URL.Path, "/ticket/") {
		record.Credentials = r.Header.Get("Cookie") != "" || r.Header.Get("Authorization") != ""
		f.serveConsole(w, r, record)
		return
	}
	record.Path = "esxi:" + record.Path
	answer := &counted{ResponseWriter: w, status: http.StatusOK}
	body := &countedBody{ReadCloser: r.Body}
	r.Body = body
	record.Credentials = r.Header.Get("Cookie") != "" || r.Header.Get("Authorization") != ""
	f.log.seen(record)
	around := f.faults.around(answer, r, "")
	if r.URL.Path == "/guestFile" {
		f.serveGuestFile(around, r, record)
	} else {
		f.serveNfc(around, r, record)
	}
	f.log.answered(record, answer, body, "done")
}
