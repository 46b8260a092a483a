// SPDX-License-Identifier: Apache-2.0

// vcsim is the project's vCenter: govmomi's simulator library (Debian: golang-github-vmware-govmomi-dev) with a
// front of ours that adds what the library leaves out and a real vCenter has: a certificate from a CA, checked
// credentials on /rest, a session needed on /folder, NFC uploads that can be read back, and a request log, so
// that a test can assert what the upstream saw, or that it saw nothing.
package main

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vmware/govmomi/simulator"

	// Each registers its endpoints when imported.
	_ "github.com/vmware/govmomi/lookup/simulator"
	_ "github.com/vmware/govmomi/pbm/simulator"
	_ "github.com/vmware/govmomi/sts/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator"
)

type options struct {
	listen, dir, readyFile, requestLog string
	certFile, keyFile, caOut           string
	username, passwordFile             string
	requireFolderAuth                  bool
	esxiLeases                         bool
	sessionIdle                        time.Duration
	datacenters, clusters, hosts       int
	machines, pools, datastores        int
	template                           string
	delay                              int
	delayJitter                        float64
	methodDelay                        methodDelays
}

// methodDelays collects repeated -method-delay Name:milliseconds.
type methodDelays map[string]int

func (m methodDelays) String() string { return fmt.Sprint(map[string]int(m)) }

func (m methodDelays) Set(text string) error {
	name, number, found := strings.Cut(text, ":")
	milliseconds, err := strconv.Atoi(number)
	if !found || err != nil || milliseconds < 0 {
		return fmt.Errorf("write it as CloneVM_Task:250 (milliseconds)")
	}
	m[name] = milliseconds
	return nil
}

func parseOptions() options {
	o := options{methodDelay: methodDelays{}}
	flag.StringVar(&o.listen, "listen", "127.0.0.1:0", "`address` to listen on; port 0 takes a free one")
	flag.StringVar(&o.dir, "dir", "", "`directory` for datastores, uploads and certificates (default: a temporary one)")
	flag.StringVar(&o.readyFile, "ready-file", "", "`file` that gets {\"url\",\"ca\",\"pid\"} once requests are served")
	flag.StringVar(&o.requestLog, "request-log", "", "`file` for one JSON line per request")
	flag.StringVar(&o.certFile, "tls-cert", "", "certificate chain `file` (default: made at start, from an own CA)")
	flag.StringVar(&o.keyFile, "tls-key", "", "private key `file`")
	flag.StringVar(&o.caOut, "ca-out", "", "`file` for the CA of the generated certificate")
	flag.StringVar(&o.username, "username", "", "the only `name` that may log in (default: anybody)")
	flag.StringVar(&o.passwordFile, "password-file", "", "`file` with that user's password")
	flag.BoolVar(&o.requireFolderAuth, "require-folder-auth", false, "refuse /folder without a live session")
	flag.BoolVar(&o.esxiLeases, "esxi-leases", false, "leases name a host of its own, with its thumbprint")
	flag.DurationVar(&o.sessionIdle, "session-idle", 0, "end sessions idle for this `duration` (default: never)")
	flag.IntVar(&o.datacenters, "datacenters", 1, "number of datacenters")
	flag.IntVar(&o.clusters, "clusters", 1, "clusters in each datacenter")
	flag.IntVar(&o.hosts, "hosts", 3, "hosts in each cluster")
	flag.IntVar(&o.machines, "vms", 2, "virtual machines in each resource pool")
	flag.IntVar(&o.pools, "pools", 0, "resource pools in each cluster, besides the root pool")
	flag.IntVar(&o.datastores, "datastores", 1, "datastores")
	flag.StringVar(&o.template, "template", "", "`name` of a template to have, beside the machines")
	flag.IntVar(&o.delay, "delay", 0, "`milliseconds` to wait before every SOAP call")
	flag.Float64Var(&o.delayJitter, "delay-jitter", 0, "standard deviation of the delay over its mean")
	flag.Var(o.methodDelay, "method-delay", "`Method:milliseconds`, may be repeated")
	flag.Parse()
	if flag.NArg() > 0 {
		usageError("there are no positional arguments, and %q is one", flag.Arg(0))
	}
	if (o.username == "") != (o.passwordFile == "") {
		usageError("-username and -password-file go together")
	}
	if (o.certFile == "") != (o.keyFile == "") {
		usageError("-tls-cert and -tls-key go together")
	}
	return o
}

func usageError(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, "vcsim: "+format+"\n", arguments...)
	os.Exit(2)
}

// userOf returns the credentials to enforce, or nil when anybody may log in.
func userOf(o options) (*url.Userinfo, error) {
	if o.username == "" {
		return nil, nil
	}
	password, err := os.ReadFile(o.passwordFile)
	if err != nil {
		return nil, err
	}
	return url.UserPassword(o.username, strings.TrimRight(string(password), "\r\n")), nil
}

func modelOf(o options) *simulator.Model {
	model := simulator.VPX()
	model.Datacenter = o.datacenters
	model.Cluster = o.clusters
	model.ClusterHost = o.hosts
	model.Machine = o.machines
	model.Pool = o.pools
	model.Datastore = o.datastores
	model.DelayConfig = simulator.DelayConfig{Delay: o.delay, DelayJitter: o.delayJitter, MethodDelay: o.methodDelay}
	return model
}

func run(o options) error {
	if o.dir == "" {
		temporary, err := os.MkdirTemp("", "vcsim-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temporary)
		o.dir = temporary
	}
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	for _, sub := range []string{"datastores", "nfc"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	// The library makes its datastores under TMPDIR and offers no other way to say where.
	if err := os.Setenv("TMPDIR", filepath.Join(dir, "datastores")); err != nil {
		return err
	}
	user, err := userOf(o)
	if err != nil {
		return err
	}
	certificate, caFile, err := certificateOf(o, dir)
	if err != nil {
		return err
	}
	requests, err := openRequestLog(o.requestLog)
	if err != nil {
		return err
	}
	simulator.SessionIdleTimeout = o.sessionIdle

	model := modelOf(o)
	defer model.Remove()
	if err := model.Create(); err != nil {
		return fmt.Errorf("the inventory could not be made: %w", err)
	}
	simulator.Map.AddHandler(&guests{})
	if o.template != "" {
		if err := addTemplate(model.Service, o.template); err != nil {
			return err
		}
	}
	// The library starts serving inside NewServer; a handshake waits until our front stands before its handler.
	frontStands := make(chan struct{})
	shown := &shownCertificate{now: certificate}
	model.Service.TLS = &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{certificate},
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			<-frontStands
			return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{shown.get()}}, nil
		},
	}
	model.Service.RegisterEndpoints = true
	model.Service.Listen = &url.URL{Host: o.listen, User: user}
	server := model.Service.NewServer()
	stands := &front{
		next:              server.Config.Handler,
		user:              user,
		requireFolderAuth: o.requireFolderAuth,
		uploads:           filepath.Join(dir, "nfc"),
		log:               requests,
		faults:            newFaults(),
	}
	if o.esxiLeases {
		stands.guests = newGuestOps()
		if stands.esxi, err = startEsxi(stands.serveEsxi); err != nil {
			return err
		}
		stands.esxi.showThumbprint()
	}
	server.Config.Handler = stands
	close(frontStands)
	control, err := serveControlAt(func(w http.ResponseWriter, r *http.Request) {
		stands.faults.serveControl(w, r, func() error { return shown.change() })
	})
	if err != nil {
		return err
	}

	public := url.URL{Scheme: "https", Host: server.URL.Host}
	if err := announce(o.readyFile, public.String(), caFile, control); err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
	// Not server.Close(): it waits for every request, and a parked WaitForUpdatesEx may last for hours.
	return server.Listener.Close()
}

// announce prints the URL and writes the ready file in one step, so that a reader never sees half of it.
func announce(file, address, caFile, control string) error {
	fmt.Println(address)
	if file == "" {
		return nil
	}
	content, err := json.Marshal(map[string]interface{}{
		"url": address, "ca": caFile, "control": control, "pid": os.Getpid()})
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", append(content, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func main() {
	log.SetFlags(log.LstdFlags | log.Lmicroseconds)
	if err := run(parseOptions()); err != nil {
		fmt.Fprintf(os.Stderr, "vcsim: %v\n", err)
		os.Exit(1)
	}
}
