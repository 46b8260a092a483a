// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"regexp"
	"sync"
	"time"
)

// requestLog writes one JSON line when a request has been understood and one when it has been answered. It
// never holds a header, a body or a query of a request: those carry credentials. Nor a session's key, which is
// part of the names that the library gives to leases.
type requestLog struct {
	mutex sync.Mutex
	file  *os.File // nil: nobody wants it
	count int64
}

var sessionKey = regexp.MustCompile(`session\[[^\]]*\]`)

type request struct {
	Event   string  `json:"event"` // request, cancelled, response
	Number  int64   `json:"n"`
	Time    string  `json:"time"`
	Method  string  `json:"method"`
	Path    string  `json:"path"`
	Soap    string  `json:"soap,omitempty"`
	Agent   string  `json:"agent,omitempty"`
	Status  int     `json:"status,omitempty"`
	Millis  float64 `json:"ms,omitempty"`
	In      int64   `json:"bytes_in"`
	Out     int64   `json:"bytes_out"`
	Sha256  string  `json:"sha256,omitempty"`
	Outcome string  `json:"outcome,omitempty"` // done, cancelled, aborted, short, reset

	Credentials bool `json:"credentials,omitempty"` // at a host: it was shown some, which it must never be
	start       time.Time
}

func openRequestLog(name string) (*requestLog, error) {
	if name == "" {
		return &requestLog{}, nil
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	return &requestLog{file: file}, err
}

func (l *requestLog) arrived(r *http.Request) *request {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.count++
	path := sessionKey.ReplaceAllString(r.URL.Path, "session[...]")
	return &request{Number: l.count, Method: r.Method, Path: path, Agent: r.UserAgent(), start: time.Now()}
}

func (l *requestLog) seen(record *request) { l.event(record, "request") }

// event takes a copy: the request's own goroutine may be filling the record in.
func (l *requestLog) event(record *request, name string) {
	line := request{Event: name, Number: record.Number, Method: record.Method, Path: record.Path,
		Soap: record.Soap, Agent: record.Agent}
	if name != "request" {
		line.Millis = elapsedMilliseconds(record.start)
	}
	l.write(&line)
}

func (l *requestLog) answered(record *request, w *counted, body *countedBody, outcome string) {
	line := *record
	line.Event, line.Outcome = "response", outcome
	if body.short && outcome == "done" {
		line.Outcome = "short"
	}
	line.Status, line.In, line.Out = w.status, body.bytes, w.bytes
	line.Millis = elapsedMilliseconds(record.start)
	l.write(&line)
}

func (l *requestLog) write(line *request) {
	if l.file == nil {
		return
	}
	line.Time = time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")
	text, err := json.Marshal(line)
	if err != nil {
		log.Printf("request log: %v", err)
		return
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if _, err := l.file.Write(append(text, '\n')); err != nil {
		log.Printf("request log: %v", err)
	}
}
