// SPDX-License-Identifier: Apache-2.0

// vsphere-client does what an orchestrator does to a vCenter, with an unmodified govmomi: log in, look at the
// inventory, clone a machine, power it on, wait for the tasks, put a file on a datastore and read it back,
// destroy, log out. It prints one JSON line per step, so that a test or a person can follow it.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/soap"
)

type options struct {
	address, username, passwordFile, caFile string
	steps                                   string
	fileMegabytes                           int64
	timeout                                 time.Duration
}

// step is one line of output.
type step struct {
	Step    string                 `json:"step"`
	Ok      bool                   `json:"ok"`
	Millis  float64                `json:"ms"`
	Error   string                 `json:"error,omitempty"`
	Fault   string                 `json:"fault,omitempty"`
	Details map[string]interface{} `json:"details,omitempty"`
}

const allSteps = "login,inventory,clone,power-on,upload,download,destroy,logout"

func parseOptions() options {
	var o options
	flag.StringVar(&o.address, "url", "", "`URL` of the vCenter, without a path")
	flag.StringVar(&o.username, "username", "", "`name` to log in with")
	flag.StringVar(&o.passwordFile, "password-file", "-", "`file` with the password; - reads standard input")
	flag.StringVar(&o.caFile, "ca-file", "", "PEM `file` that the vCenter's certificate is verified with")
	flag.StringVar(&o.steps, "steps", allSteps, "what to do, in this order; also: "+
		"rest-login, tags, library, deploy-ovf, rest-logout, import, "+
		"destroy-source (of the machine that was found, not made), hold (parks in WaitForUpdatesEx until a signal)")
	flag.Int64Var(&o.fileMegabytes, "file-mib", 8, "size of the file that is uploaded")
	flag.DurationVar(&o.timeout, "timeout", 2*time.Minute, "for the whole run")
	flag.Parse()
	if o.address == "" || o.username == "" || o.caFile == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "vsphere-client: -url, -username and -ca-file are needed, positional arguments are not")
		os.Exit(2)
	}
	return o
}

func readPassword(name string) (string, error) {
	if name == "-" {
		name = "/dev/stdin"
	}
	text, err := os.ReadFile(name)
	return strings.TrimRight(string(text), "\r\n"), err
}

// connect builds the SOAP client; nothing is sent but RetrieveServiceContent.
func connect(ctx context.Context, o options) (*vim25.Client, error) {
	address, err := url.Parse(o.address)
	if err != nil {
		return nil, err
	}
	address.Path = vim25.Path
	transport := soap.NewClient(address, false)
	if err := transport.SetRootCAs(o.caFile); err != nil {
		return nil, err
	}
	transport.UserAgent = "vsphere-client"
	return vim25.NewClient(ctx, transport)
}

// faultName returns the vSphere fault behind an error, e.g. InvalidLogin.
func faultName(err error) string {
	if soap.IsSoapFault(err) {
		return strings.TrimPrefix(fmt.Sprintf("%T", soap.ToSoapFault(err).VimFault()), "types.")
	}
	if soap.IsVimFault(err) {
		return strings.TrimPrefix(fmt.Sprintf("%T", soap.ToVimFault(err)), "*types.")
	}
	return ""
}

func run(ctx context.Context, o options, print func(step)) bool {
	password, err := readPassword(o.passwordFile)
	if err != nil {
		print(step{Step: "password", Error: err.Error()})
		return false
	}
	w := &work{options: o, credentials: url.UserPassword(o.username, password), name: newName()}
	actions := map[string]func(context.Context) (map[string]interface{}, error){
		"login": w.login, "inventory": w.inventory, "clone": w.clone, "power-on": w.powerOn, "upload": w.upload,
		"download": w.download, "destroy": w.destroy, "logout": w.logout, "hold": w.hold,
		"rest-login": w.restLogin, "tags": w.tags, "library": w.library, "deploy-ovf": w.deployOvf, "rest-logout": w.restLogout,
		"import": w.importVApp, "destroy-source": w.destroySource,
	}
	for _, name := range strings.Split(o.steps, ",") {
		action, known := actions[name]
		if !known {
			print(step{Step: name, Error: "there is no such step"})
			return false
		}
		start := time.Now()
		details, err := action(ctx)
		line := step{Step: name, Ok: err == nil, Millis: float64(time.Since(start).Microseconds()) / 1000, Details: details}
		if err != nil {
			line.Error, line.Fault = err.Error(), faultName(err)
		}
		print(line)
		if err != nil {
			w.cleanUp()
			return false
		}
	}
	return true
}

func newName() string {
	var random [4]byte
	_, _ = rand.Read(random[:])
	return "govmomi-" + hex.EncodeToString(random[:])
}

func main() {
	o := parseOptions()
	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	output := json.NewEncoder(os.Stdout)
	if !run(ctx, o, func(line step) { _ = output.Encode(line) }) {
		os.Exit(1)
	}
}

var errNotLoggedIn = errors.New("the step login must come first")

func (w *work) login(ctx context.Context) (map[string]interface{}, error) {
	client, err := connect(ctx, w.options)
	if err != nil {
		return nil, err
	}
	sessions := session.NewManager(client)
	if err := sessions.Login(ctx, w.credentials); err != nil {
		return nil, err
	}
	w.client, w.sessions = client, sessions
	about := client.ServiceContent.About
	return map[string]interface{}{"product": about.FullName, "api": about.ApiVersion}, nil
}

func (w *work) logout(ctx context.Context) (map[string]interface{}, error) {
	if w.sessions == nil {
		return nil, errNotLoggedIn
	}
	err := w.sessions.Logout(ctx)
	w.sessions = nil
	return nil, err
}
