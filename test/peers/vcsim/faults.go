// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// faults is what the library leaves out and a real vCenter does: it runs out of sessions and forgets them, refuses
// what the account may not do, breaks off in the middle, is slow. A test says what, as JSON, at the control address.
type faults struct {
	mutex    sync.Mutex
	wish     wish
	sessions map[string]bool // cookies and REST ids that were given out and not ended; true: expired
}

// wish is the document at the control address: POST replaces all of it.
type wish struct {
	MaxSessions    int      `json:"max_sessions"`    // 0: no limit; beyond, a login is answered with 503
	RefuseLogins   bool     `json:"refuse_logins"`   // the password was changed
	Deny           []string `json:"deny"`            // SOAP methods the account has no privilege for
	ExpireSessions bool     `json:"expire_sessions"` // now, once: every session that is open
	ResetIn        string   `json:"reset_in"`        // part of the path, or the SOAP method
	ResetAt        int64    `json:"reset_at"`        // octets of the answer's body; -1: before its head
	ResetTimes     int      `json:"reset_times"`
	BytesPerSecond int64    `json:"bytes_per_second"` // of every body, both ways; 0: as fast as it goes
	NewCertificate bool     `json:"new_certificate"`  // now: of another CA
	WrongThumbs    bool     `json:"wrong_thumbprints"`
}

func newFaults() *faults { return &faults{sessions: map[string]bool{}} }

func (f *faults) current() wish {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.wish
}

// open counts what is logged in and not expired.
func (f *faults) open() int {
	count := 0
	for _, expired := range f.sessions {
		if !expired {
			count++
		}
	}
	return count
}

// serveControl answers GET with what is open, and takes a wish by POST.
func (f *faults) serveControl(w http.ResponseWriter, r *http.Request, changeCertificate func() error) {
	if r.Method == http.MethodPost {
		var wanted wish
		if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		f.mutex.Lock()
		f.wish = wanted
		for id := range f.sessions {
			f.sessions[id] = f.sessions[id] || wanted.ExpireSessions
		}
		f.mutex.Unlock()
		if wanted.NewCertificate {
			if err := changeCertificate(); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
		}
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	_ = json.NewEncoder(w).Encode(map[string]int{"sessions": f.open()})
}

func sessionOf(r *http.Request) string {
	if id := r.Header.Get("vmware-api-session-id"); id != "" {
		return id
	}
	for _, name := range []string{sessionCookie, "vmware-api-session-id"} {
		if cookie, err := r.Cookie(name); err == nil {
			return cookie.Value
		}
	}
	return ""
}

func isLogin(r *http.Request, method string) bool {
	if method != "" {
		return method == "Login"
	}
	isSession := r.URL.Path == restLoginPath || r.URL.Path == apiSessionPath
	return isSession && r.Method == http.MethodPost && r.URL.RawQuery == ""
}

func isLogout(r *http.Request, method string) bool {
	isSession := r.URL.Path == restLoginPath || r.URL.Path == apiSessionPath
	return method == "Logout" || (isSession && r.Method == http.MethodDelete)
}

const faultEnvelope = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ` +
	`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>` +
	`<faultcode>ServerFaultCode</faultcode><faultstring>%[1]s</faultstring><detail>` +
	`<%[1]sFault xmlns="urn:vim25" xsi:type="%[1]s">%[2]s</%[1]sFault></detail></soapenv:Fault></soapenv:Body>` +
	`</soapenv:Envelope>`

func writeFault(w http.ResponseWriter, name, detail string) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprintf(w, faultEnvelope, name, detail)
}

// refuses answers what the library would let through, and says whether it did.
func (f *faults) refuses(w http.ResponseWriter, r *http.Request, method string) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, denied := range f.wish.Deny {
		if denied == method {
			writeFault(w, "NoPermission", `<object type="Folder">group-d1</object><privilegeId>Some.Privilege</privilegeId>`)
			return true
		}
	}
	if isLogin(r, method) && f.wish.RefuseLogins {
		if method != "" {
			writeFault(w, "InvalidLogin", "")
		} else {
			w.WriteHeader(http.StatusUnauthorized)
		}
		return true
	}
	if isLogin(r, method) && f.wish.MaxSessions > 0 && f.open() >= f.wish.MaxSessions {
		http.Error(w, "Out of HTTP sessions: Limited to "+strconv.Itoa(f.wish.MaxSessions), http.StatusServiceUnavailable)
		return true
	}
	if f.sessions[sessionOf(r)] { // expired: the library answers as to somebody it never saw
		r.Header.Del("Cookie")
		r.Header.Del("vmware-api-session-id")
	}
	return false
}

// answered keeps book of who is logged in.
func (f *faults) answered(r *http.Request, method string, status int, header http.Header, body []byte) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if isLogout(r, method) && status < 300 {
		delete(f.sessions, sessionOf(r))
	}
	if !isLogin(r, method) || status >= 300 {
		return
	}
	answer := http.Response{Header: header}
	for _, cookie := range answer.Cookies() {
		if cookie.Name == sessionCookie {
			f.sessions[cookie.Value] = false
		}
	}
	if method == "" {
		id := strings.Trim(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(string(body)), `{"value":`), "}"), `"`)
		f.sessions[id] = false
	}
}

// breaking cuts an answer off, or slows it down.
type breaking struct {
	http.ResponseWriter
	left  int64 // octets until the connection is closed; negative: never
	speed int64
}

func (b *breaking) Write(data []byte) (int, error) {
	written := 0
	for written < len(data) {
		piece := data[written:]
		if b.speed > 0 && int64(len(piece)) > b.speed/20+1 {
			piece = piece[:b.speed/20+1]
		}
		if b.left >= 0 && int64(len(piece)) >= b.left {
			_, _ = b.ResponseWriter.Write(piece[:b.left])
			b.Flush()
			panic(http.ErrAbortHandler)
		}
		n, err := b.ResponseWriter.Write(piece)
		written += n
		if b.left >= 0 {
			b.left -= int64(n)
		}
		if err != nil {
			return written, err
		}
		b.pause(n)
	}
	return written, nil
}

func (b *breaking) pause(octets int) {
	if b.speed > 0 {
		b.Flush()
		time.Sleep(time.Duration(octets) * time.Second / time.Duration(b.speed))
	}
}

func (b *breaking) Flush() {
	if flusher, can := b.ResponseWriter.(http.Flusher); can {
		flusher.Flush()
	}
}

type slowBody struct {
	io.ReadCloser
	speed int64
}

func (s *slowBody) Read(data []byte) (int, error) {
	if int64(len(data)) > s.speed/20+1 {
		data = data[:s.speed/20+1]
	}
	n, err := s.ReadCloser.Read(data)
	time.Sleep(time.Duration(n) * time.Second / time.Duration(s.speed))
	return n, err
}

// around wraps a request's two sides as the wish says. A reset before the head panics at once: the request was read.
func (f *faults) around(w http.ResponseWriter, r *http.Request, method string) http.ResponseWriter {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	wrapped := &breaking{ResponseWriter: w, left: -1, speed: f.wish.BytesPerSecond}
	if f.wish.BytesPerSecond > 0 {
		r.Body = &slowBody{r.Body, f.wish.BytesPerSecond}
	}
	named := f.wish.ResetIn != "" && (f.wish.ResetIn == method || strings.Contains(r.URL.Path, f.wish.ResetIn))
	if named && f.wish.ResetTimes > 0 {
		f.wish.ResetTimes--
		if f.wish.ResetAt < 0 {
			panic(http.ErrAbortHandler)
		}
		wrapped.left = f.wish.ResetAt
	}
	if wrapped.left < 0 && wrapped.speed == 0 {
		return w
	}
	return wrapped
}

// recorded lets a handler answer into memory: for answers that are looked at or changed.
func recorded(next http.Handler, r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, r)
	return answer
}

func replay(w http.ResponseWriter, answer *httptest.ResponseRecorder, body []byte) {
	for name, values := range answer.Header() {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(answer.Code)
	_, _ = io.Copy(w, bytes.NewReader(body))
}

func serveControlAt(handler http.HandlerFunc) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() { _ = http.Serve(listener, handler) }()
	return "http://" + listener.Addr().String(), nil
}
