// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1" // #nosec: RFC 6455
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"

	"github.com/vmware/govmomi/simulator"
)

// guestOps is what the library lacks of guests: files that go to them and come from them through the host that runs
// them, and consoles, which are WebSockets there. Each URL is good for one request.
type guestOps struct {
	mutex   sync.Mutex
	files   map[string]string // what a token of a file transfer is for: "PUT vm-1 /tmp/x"
	tickets map[string]bool
	number  int
}

// guestCall is what is looked at of the three calls.
type guestCall struct {
	Body struct {
		To struct {
			Machine string `xml:"vm"`
			Path    string `xml:"guestFilePath"`
		} `xml:"InitiateFileTransferToGuest"`
		From struct {
			Machine string `xml:"vm"`
			Path    string `xml:"guestFilePath"`
		} `xml:"InitiateFileTransferFromGuest"`
		Ticket struct {
			Kind string `xml:"ticketType"`
		} `xml:"AcquireTicket"`
	} `xml:"Body"`
}

func newGuestOps() *guestOps {
	return &guestOps{files: map[string]string{}, tickets: map[string]bool{}}
}

func isGuestCall(method string) bool {
	return method == "InitiateFileTransferToGuest" || method == "InitiateFileTransferFromGuest" || method == "AcquireTicket"
}

func randomName() string {
	octets := make([]byte, 16)
	_, _ = rand.Read(octets)
	return hex.EncodeToString(octets)
}

// fileOf names what is kept of a guest's file.
func (f *front) fileOf(machine, path string) string {
	return filepath.Join(f.uploads, "guest_"+hex.EncodeToString([]byte(machine+" "+path)))
}

// serveGuestCall answers a call whose session the library knows.
func (f *front) serveGuestCall(w http.ResponseWriter, r *http.Request, method string) {
	message, err := io.ReadAll(r.Body)
	var call guestCall
	if err != nil || xml.Unmarshal(message, &call) != nil || !f.hasSession(r) {
		r.Body = io.NopCloser(bytes.NewReader(message))
		f.next.ServeHTTP(w, r) // says what is wrong
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+
		`<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" `+
		`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><`+method+`Response xmlns="urn:vim25">`+
		`<returnval>`+f.guestResult(method, call)+`</returnval></`+method+`Response></soapenv:Body></soapenv:Envelope>`)
}

func (f *front) guestResult(method string, call guestCall) string {
	thumbprint := f.esxi.thumbprint
	if f.faults.current().WrongThumbs {
		thumbprint = strings.Repeat("00:", sha1.Size-1) + "00"
	}
	f.guests.mutex.Lock()
	defer f.guests.mutex.Unlock()
	name := randomName()
	switch method {
	case "AcquireTicket":
		f.guests.tickets[name] = true
		return "<ticket>" + name + "</ticket><cfgFile>[ds] vm/vm.vmx</cfgFile><host>" +
			strings.Split(f.esxi.host, ":")[0] + "</host><port>" + strings.Split(f.esxi.host, ":")[1] +
			"</port><sslThumbprint>" + thumbprint + "</sslThumbprint><url>wss://" + f.esxi.host + "/ticket/" + name + "</url>"
	case "InitiateFileTransferToGuest":
		f.guests.files[name] = "PUT " + f.fileOf(call.Body.To.Machine, call.Body.To.Path)
	default:
		f.guests.files[name] = "GET " + f.fileOf(call.Body.From.Machine, call.Body.From.Path)
	}
	f.guests.number++
	address := fmt.Sprintf("https://%s/guestFile?id=%d&amp;token=%s", f.esxi.host, f.guests.number, name)
	if method == "InitiateFileTransferToGuest" {
		return address
	}
	return `<attributes xsi:type="GuestPosixFileAttributes"><ownerId>0</ownerId></attributes><size>1</size><url>` +
		address + "</url>"
}

// serveGuestFile is the host's side of a file transfer.
func (f *front) serveGuestFile(w http.ResponseWriter, r *http.Request, record *request) {
	token := r.URL.Query().Get("token")
	f.guests.mutex.Lock()
	method, file, known := strings.Cut(f.guests.files[token], " ")
	if known && method == r.Method {
		delete(f.guests.files, token)
	}
	f.guests.mutex.Unlock()
	switch {
	case !known || method != r.Method:
		http.NotFound(w, r)
	case method == http.MethodGet:
		http.ServeFile(w, r, file)
	default:
		sum, err := store(file, r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		record.Sha256 = sum
	}
}

// serveConsole makes a WebSocket of a request with a ticket, and sends back every octet that comes, whatever its frames.
func (f *front) serveConsole(w http.ResponseWriter, r *http.Request, record *request) {
	ticket := strings.TrimPrefix(r.URL.Path, "/ticket/")
	record.Path = "esxi:/ticket"
	f.guests.mutex.Lock()
	known := f.guests.tickets[ticket]
	delete(f.guests.tickets, ticket)
	f.guests.mutex.Unlock()
	f.log.seen(record)
	hijacker, can := w.(http.Hijacker)
	if !known || !can || !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		http.NotFound(w, r)
		return
	}
	connection, buffered, err := hijacker.Hijack()
	if err != nil {
		return
	}
	defer connection.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // #nosec
	fmt.Fprintf(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]), r.Header.Get("Sec-WebSocket-Protocol"))
	_, _ = io.Copy(connection, buffered)
	f.log.event(record, "console ended")
}

// showThumbprint lets every host of the inventory have the certificate of the one that there is.
func (e *esxi) showThumbprint() {
	for _, one := range simulator.Map.All("HostSystem") {
		if host, is := one.(*simulator.HostSystem); is {
			host.Summary.Config.SslThumbprint = e.thumbprint
		}
	}
}
