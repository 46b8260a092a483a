// SPDX-License-Identifier: Apache-2.0
package main

import (
	"crypto/sha1" // #nosec: what vSphere calls a thumbprint
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// esxi is a host beside the vCenter: leases name it, with the thumbprint of its own certificate that nobody signed
// for anybody else, and disks are sent to it and to nobody else.
type esxi struct {
	host       string // 127.0.0.1:PORT
	thumbprint string
}

// deviceURL is what the library writes for a device of a lease; `*` is for the client to replace.
var deviceURL = regexp.MustCompile(`<url>https?://\*(?::\d+)?(/nfc/[^<]*)</url>(<sslThumbprint>[^<]*</sslThumbprint>)?`)

func startEsxi(nfc http.HandlerFunc) (*esxi, error) {
	certificate, _, err := generateCertificate(time.Now())
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	octets := make([]string, 0, sha1.Size)
	for _, octet := range sha1.Sum(certificate.Certificate[0]) { // #nosec
		octets = append(octets, fmt.Sprintf("%02X", octet))
	}
	server := &http.Server{Handler: nfc, ReadHeaderTimeout: time.Minute}
	secured := tls.NewListener(listener, &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}})
	go func() { _ = server.Serve(secured) }()
	return &esxi{host: listener.Addr().String(), thumbprint: strings.Join(octets, ":")}, nil
}

// named makes the leases in an answer name the host instead of the vCenter itself.
func (e *esxi) named(body []byte, wrong bool) []byte {
	thumbprint := e.thumbprint
	if wrong {
		thumbprint = strings.Repeat("00:", sha1.Size-1) + "00"
	}
	return deviceURL.ReplaceAll(body, []byte("<url>https://"+e.host+"$1</url><sslThumbprint>"+thumbprint+"</sslThumbprint>"))
}
