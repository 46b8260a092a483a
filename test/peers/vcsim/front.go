// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	sessionCookie  = "vmware_soap_session"
	restLoginPath  = "/rest/com/vmware/cis/session"
	apiSessionPath = "/api/session"
	largestMessage = 32 << 20 // of SOAP; the library reads a whole one into memory
)

// front stands before the simulator's handler.
type front struct {
	next              http.Handler
	user              *url.Userinfo
	requireFolderAuth bool
	uploads           string
	log               *requestLog
	faults            *faults
	esxi              *esxi // nil: leases name nobody
	guests            *guestOps
	turns             sync.RWMutex
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	record := f.log.arrived(r)
	answer := &counted{ResponseWriter: w, status: http.StatusOK}
	body := &countedBody{ReadCloser: r.Body}
	r.Body = body
	if isSoap(r) {
		message, err := io.ReadAll(io.LimitReader(r.Body, largestMessage))
		if err != nil {
			http.Error(answer, "the request's body ended early", http.StatusBadRequest)
			f.log.answered(record, answer, body, "aborted")
			return
		}
		record.Soap = soapMethod(message)
		r.Body = io.NopCloser(bytes.NewReader(message))
	}
	f.log.seen(record)

	finished := make(chan struct{})
	go f.watch(r.Context(), record, finished)
	defer func() {
		if broken := recover(); broken != nil {
			close(finished)
			f.log.answered(record, answer, body, "reset")
			panic(broken)
		}
	}()
	around := f.faults.around(answer, r, record.Soap)
	if !f.faults.refuses(around, r, record.Soap) {
		f.routeChanged(around, r, record)
	}
	outcome := "done"
	if r.Context().Err() != nil {
		outcome = "cancelled"
	}
	close(finished)
	f.log.answered(record, answer, body, outcome)
}

// watch logs the moment in which a client goes away: the library itself never looks.
func (f *front) watch(ctx context.Context, record *request, finished <-chan struct{}) {
	select {
	case <-ctx.Done():
		f.log.event(record, "cancelled")
	case <-finished:
	}
}

// routeChanged passes what must be looked at or changed through memory, and everything else straight on.
func (f *front) routeChanged(w http.ResponseWriter, r *http.Request, record *request) {
	login := isLogin(r, record.Soap) || isLogout(r, record.Soap)
	if !login && (f.esxi == nil || record.Soap == "") {
		f.route(w, r, record)
		return
	}
	answer := recorded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.route(w, r, record) }), r)
	written := answer.Body.Bytes()
	f.faults.answered(r, record.Soap, answer.Code, answer.Header(), written)
	if f.esxi != nil {
		written = f.esxi.named(written, f.faults.current().WrongThumbs)
	}
	replay(w, answer, written)
}

func (f *front) route(w http.ResponseWriter, r *http.Request, record *request) {
	switch {
	case f.esxi != nil && isGuestCall(record.Soap):
		f.serveGuestCall(w, r, record.Soap)
	case strings.HasPrefix(r.URL.Path, "/nfc/"):
		f.serveNfc(w, r, record)
	case strings.HasPrefix(r.URL.Path, "/folder") && f.requireFolderAuth && !f.hasSession(r):
		w.Header().Set("WWW-Authenticate", `Basic realm="VMware HTTP server"`)
		http.Error(w, "a session is needed", http.StatusUnauthorized)
	case r.URL.Path == restLoginPath && r.Method == http.MethodPost && r.URL.RawQuery == "" && !f.mayLogIn(r):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"type":"com.vmware.vapi.std.errors.unauthenticated","value":{"messages":[]}}`)
	case r.URL.Path == apiSessionPath && r.Method == http.MethodPost && !f.mayLogIn(r):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error_type":"UNAUTHENTICATED","messages":[]}`)
	case strings.HasPrefix(r.URL.Path, "/api/"):
		f.serveAPI(w, r)
	default:
		f.serveLibrary(w, r, record)
	}
}

// serveLibrary lets calls that change something into the library one at a time, and none that reads beside them: under
// forty clients it takes parts of its inventory for another's, panics, and answers with nothing. The answer leaves when
// the turn is over, so that a client that reads slowly holds nobody up. What waits for changes has no turn.
func (f *front) serveLibrary(w http.ResponseWriter, r *http.Request, record *request) {
	if record.Soap == "" || strings.HasPrefix(record.Soap, "WaitFor") {
		f.next.ServeHTTP(w, r)
		return
	}
	answer := f.inTurn(r, readsOnly(record.Soap))
	replay(w, answer, answer.Body.Bytes())
}

func (f *front) inTurn(r *http.Request, reads bool) *httptest.ResponseRecorder {
	if reads {
		f.turns.RLock()
		defer f.turns.RUnlock()
	} else {
		f.turns.Lock()
		defer f.turns.Unlock()
	}
	return recorded(f.next, r)
}

// readsOnly tells by the beginning of a method's name.
func readsOnly(method string) bool {
	for _, beginning := range []string{"Retrieve", "Continue", "Query", "Find", "Current", "Check", "SessionIs", "HttpNfcLeaseProgress"} {
		if strings.HasPrefix(method, beginning) {
			return true
		}
	}
	return false
}

// serveAPI answers the newer door, which the library does not have, with what it says at the older one, unwrapped.
func (f *front) serveAPI(w http.ResponseWriter, r *http.Request) {
	older := r.Clone(r.Context())
	older.URL.Path = "/rest/com/vmware" + strings.TrimPrefix(r.URL.Path, "/api")
	if r.URL.Path == apiSessionPath {
		older.URL.Path = restLoginPath
	}
	if action := r.URL.Query().Get("action"); action != "" {
		older.URL.RawQuery = "~action=" + url.QueryEscape(action)
	}
	answer := httptest.NewRecorder()
	f.next.ServeHTTP(answer, older)
	status := answer.Code
	var wrapped struct {
		Value json.RawMessage `json:"value"`
	}
	body := answer.Body.Bytes()
	if status == http.StatusOK && json.Unmarshal(body, &wrapped) == nil && len(wrapped.Value) > 0 {
		body = wrapped.Value
	}
	if status == http.StatusOK && r.URL.Path == apiSessionPath && r.Method == http.MethodPost {
		status = http.StatusCreated
	}
	if status == http.StatusOK && len(body) == 0 {
		status = http.StatusNoContent
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// mayLogIn checks the Basic credentials that the library's /rest login takes on trust.
func (f *front) mayLogIn(r *http.Request) bool {
	if f.user == nil {
		return true
	}
	name, password, given := r.BasicAuth()
	expected, _ := f.user.Password()
	return given && name == f.user.Username() && password == expected
}

// hasSession asks the library itself: CurrentTime is refused without a live session.
func (f *front) hasSession(r *http.Request) bool {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return false
	}
	const message = `<?xml version="1.0"?><Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>` +
		`<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></CurrentTime>` +
		`</Body></Envelope>`
	probe := httptest.NewRequest(http.MethodPost, "/sdk", strings.NewReader(message))
	probe.RemoteAddr = r.RemoteAddr // the library notes it in the session
	probe.Header.Set("User-Agent", r.UserAgent())
	probe.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	answer := httptest.NewRecorder()
	f.next.ServeHTTP(answer, probe)
	return answer.Code == http.StatusOK
}

func isSoap(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	for _, prefix := range []string{"/sdk", "/pbm", "/sts/", "/lookupservice/"} {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return true
		}
	}
	return false
}

// soapMethod returns the local name of the first element inside Body; "" when there is none.
func soapMethod(message []byte) string {
	decoder := xml.NewDecoder(bytes.NewReader(message))
	inBody := false
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		start, isStart := token.(xml.StartElement)
		switch {
		case !isStart:
		case inBody:
			return start.Name.Local
		case start.Name.Local == "Body":
			inBody = true
		}
	}
}

// counted notes what a response came to.
type counted struct {
	http.ResponseWriter
	status int
	bytes  int64
	wrote  bool
}

func (c *counted) WriteHeader(status int) {
	if !c.wrote {
		c.status, c.wrote = status, true
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *counted) Write(data []byte) (int, error) {
	c.wrote = true
	n, err := c.ResponseWriter.Write(data)
	c.bytes += int64(n)
	return n, err
}

// ReadFrom keeps the file-to-socket path of net/http, without which a download costs a copy more.
func (c *counted) ReadFrom(source io.Reader) (int64, error) {
	c.wrote = true
	n, err := io.Copy(c.ResponseWriter, source)
	c.bytes += n
	return n, err
}

// Flush lets a streamed answer leave at once.
func (c *counted) Flush() {
	if flusher, can := c.ResponseWriter.(http.Flusher); can {
		flusher.Flush()
	}
}

// countedBody notes how much of a request's body was read, and whether it ended early.
type countedBody struct {
	io.ReadCloser
	bytes int64
	short bool
}

func (b *countedBody) Read(data []byte) (int, error) {
	n, err := b.ReadCloser.Read(data)
	b.bytes += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.short = true
	}
	return n, err
}

func elapsedMilliseconds(since time.Time) float64 {
	return float64(time.Since(since).Microseconds()) / 1000
}
