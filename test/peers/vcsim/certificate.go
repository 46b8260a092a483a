// SPDX-License-Identifier: Apache-2.0
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// certificateOf loads the given certificate, or makes a CA and a leaf below it, as VMCA does on a vCenter. What was
// made lies in the directory and is used again after a restart. The second result is the file that a client
// verifies with.
func certificateOf(o options, dir string) (tls.Certificate, string, error) {
	if o.certFile != "" {
		certificate, err := tls.LoadX509KeyPair(o.certFile, o.keyFile)
		return certificate, o.certFile, err
	}
	caFile := o.caOut
	if caFile == "" {
		caFile = filepath.Join(dir, "ca.pem")
	}
	leafFile := filepath.Join(dir, "leaf.pem") // chain and key in one file
	if certificate, err := tls.LoadX509KeyPair(leafFile, leafFile); err == nil {
		return certificate, caFile, nil
	}
	certificate, authority, err := generateCertificate(time.Now())
	if err != nil {
		return tls.Certificate{}, "", err
	}
	if err := os.WriteFile(caFile, inPem("CERTIFICATE", authority), 0o644); err != nil {
		return tls.Certificate{}, "", err
	}
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	text := append(inPem("PRIVATE KEY", key), inPem("CERTIFICATE", certificate.Certificate[0])...)
	return certificate, caFile, os.WriteFile(leafFile, append(text, inPem("CERTIFICATE", authority)...), 0o600)
}

func inPem(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func serialNumber() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
}

func generateCertificate(now time.Time) (tls.Certificate, []byte, error) {
	none := tls.Certificate{}
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return none, nil, err
	}
	serial, err := serialNumber()
	if err != nil {
		return none, nil, err
	}
	authority := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "CA of simulated vCenter " + serial.Text(16)[:8]},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.AddDate(1, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	authorityDer, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return none, nil, err
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return none, nil, err
	}
	if serial, err = serialNumber(); err != nil {
		return none, nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "localhost"},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDer, err := x509.CreateCertificate(rand.Reader, leaf, authority, leafKey.Public(), authorityKey)
	if err != nil {
		return none, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{leafDer, authorityDer}, PrivateKey: leafKey}, authorityDer, nil
}

// shownCertificate is what the next handshake shows.
type shownCertificate struct {
	mutex sync.Mutex
	now   tls.Certificate
}

func (s *shownCertificate) get() tls.Certificate {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.now
}

// change shows another one from now on, of a CA that nobody has heard of.
func (s *shownCertificate) change() error {
	certificate, _, err := generateCertificate(time.Now())
	if err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.now = certificate
	return nil
}
