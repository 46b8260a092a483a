// SPDX-License-Identifier: Apache-2.0

// maas-client does what an orchestrator does to a MAAS, with an unmodified gomaasapi: look at what there is,
// allocate a machine, deploy it with user data, wait for it, release it. It prints one JSON line per step with
// what it learnt, and nothing that differs between two runs: a run at the MAAS and a run through a gateway must
// print the same.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io/ioutil"
	"os"
	"strings"
	"time"

	"github.com/juju/gomaasapi"
)

type step struct {
	Step    string      `json:"step"`
	Ok      bool        `json:"ok"`
	Error   string      `json:"error,omitempty"`
	Kind    string      `json:"kind,omitempty"`
	Details interface{} `json:"details,omitempty"`
}

type work struct {
	controller gomaasapi.Controller
	machine    gomaasapi.Machine
	timeout    time.Duration
	wantTags   []string
}

func kindOf(err error) string {
	switch {
	case err == nil:
		return ""
	case gomaasapi.IsNoMatchError(err):
		return "no-match"
	case gomaasapi.IsPermissionError(err):
		return "permission"
	case gomaasapi.IsBadRequestError(err):
		return "bad-request"
	case gomaasapi.IsCannotCompleteError(err):
		return "cannot-complete"
	}
	return "other"
}

// What is said of a machine: everything that gomaasapi knows of it, but for what time changes.
func describe(m gomaasapi.Machine) map[string]interface{} {
	nics, disks := []string{}, []string{}
	for _, nic := range m.InterfaceSet() {
		nics = append(nics, fmt.Sprintf("%d %s %s %d", nic.ID(), nic.Name(), nic.MACAddress(), len(nic.Links())))
	}
	for _, disk := range m.BlockDevices() {
		disks = append(disks, fmt.Sprintf("%d %s %d %d", disk.ID(), disk.Name(), disk.Size(), len(disk.Partitions())))
	}
	return map[string]interface{}{
		"id": m.SystemID(), "fqdn": m.FQDN(), "tags": m.Tags(), "arch": m.Architecture(), "memory": m.Memory(),
		"cpus": m.CPUCount(), "zone": m.Zone().Name(), "nics": nics, "disks": disks, "serial": m.HardwareInfo()["system_serial"],
	}
}

func (w *work) inventory() (interface{}, error) {
	machines, err := w.controller.Machines(gomaasapi.MachinesArgs{})
	if err != nil {
		return nil, err
	}
	whole := []interface{}{}
	for _, m := range machines {
		whole = append(whole, describe(m))
	}
	text, _ := json.Marshal(whole)
	version, subversion, _ := w.controller.APIVersionInfo()
	zones, err := w.controller.Zones()
	if err != nil {
		return nil, err
	}
	spaces, err := w.controller.Spaces()
	if err != nil {
		return nil, err
	}
	fabrics, err := w.controller.Fabrics()
	if err != nil {
		return nil, err
	}
	domains, err := w.controller.Domains()
	if err != nil {
		return nil, err
	}
	images, err := w.controller.BootResources()
	if err != nil {
		return nil, err
	}
	tags, err := w.controller.Tags()
	if err != nil {
		return nil, err
	}
	return map[string]interface{}{
		"version": version, "subversion": subversion, "capabilities": w.controller.Capabilities().SortedValues(),
		"machines": len(machines), "sha256": fmt.Sprintf("%x", sha256.Sum256(text)), "zones": len(zones),
		"spaces": len(spaces), "fabrics": len(fabrics), "domains": len(domains), "images": len(images), "tags": len(tags),
	}, nil
}

func (w *work) impossible() (interface{}, error) {
	_, _, err := w.controller.AllocateMachine(gomaasapi.AllocateMachineArgs{MinCPUCount: 4096})
	if !gomaasapi.IsNoMatchError(err) {
		return nil, fmt.Errorf("not a no-match: %v", err)
	}
	return err.Error(), nil
}

func (w *work) allocate() (interface{}, error) {
	machine, _, err := w.controller.AllocateMachine(gomaasapi.AllocateMachineArgs{
		MinCPUCount: 4, MinMemory: 8192, Zone: "az1", Tags: w.wantTags, Storage: []gomaasapi.StorageSpec{{Label: "root", Size: 8}},
	})
	if err != nil {
		return nil, err
	}
	w.machine = machine
	return map[string]interface{}{"machine": describe(machine), "status": machine.StatusName(), "message": machine.StatusMessage()}, nil
}

func (w *work) deploy() (interface{}, error) {
	data := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("0123456789abcdef"), 1536)) // 32 KiB
	if err := w.machine.Start(gomaasapi.StartArgs{UserData: data, DistroSeries: "jammy"}); err != nil {
		return nil, err
	}
	return w.machine.StatusName(), nil
}

func (w *work) waitFor(status string) (interface{}, error) {
	for end := time.Now().Add(w.timeout); ; time.Sleep(50 * time.Millisecond) {
		machines, err := w.controller.Machines(gomaasapi.MachinesArgs{SystemIDs: []string{w.machine.SystemID()}})
		if err != nil {
			return nil, err
		}
		if len(machines) == 1 && machines[0].StatusName() == status {
			return map[string]interface{}{
				"addresses": machines[0].IPAddresses(), "os": machines[0].OperatingSystem(), "series": machines[0].DistroSeries(),
			}, nil
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("the machine is not %s after %s", status, w.timeout)
		}
	}
}

func (w *work) release() (interface{}, error) {
	return nil, w.controller.ReleaseMachines(gomaasapi.ReleaseMachinesArgs{SystemIDs: []string{w.machine.SystemID()}})
}

func (w *work) releaseUnknown() (interface{}, error) {
	err := w.controller.ReleaseMachines(gomaasapi.ReleaseMachinesArgs{SystemIDs: []string{"nosuch"}})
	if err == nil {
		return nil, fmt.Errorf("an unknown machine was released")
	}
	return err.Error() + " / " + kindOf(err), nil
}

func (w *work) files() (interface{}, error) {
	content := []byte("what juju keeps there\n")
	err := w.controller.AddFile(gomaasapi.AddFileArgs{Filename: "state", Content: content})
	if err != nil {
		return nil, err
	}
	files, err := w.controller.Files("")
	if err != nil {
		return nil, err
	}
	return len(files), nil
}

func main() {
	address := flag.String("url", "", "`URL` of the MAAS, without a path")
	keyFile := flag.String("api-key-file", "-", "`file` with the API key; - reads standard input")
	steps := flag.String("steps", "connect,inventory,impossible,allocate,deploy,deployed,release,ready,release-unknown",
		"what to do, in this order; also: files")
	timeout := flag.Duration("timeout", 30*time.Second, "for a machine to change")
	flag.Parse()
	var key []byte
	var err error
	if *keyFile == "-" {
		key, err = ioutil.ReadAll(os.Stdin)
	} else {
		key, err = ioutil.ReadFile(*keyFile)
	}
	if err != nil || *address == "" {
		fmt.Fprintln(os.Stderr, "maas-client: -url and a key are needed")
		os.Exit(2)
	}
	w := &work{timeout: *timeout, wantTags: []string{"virtual", "gpu"}}
	todo := map[string]func() (interface{}, error){
		"connect": func() (interface{}, error) {
			controller, err := gomaasapi.NewController(gomaasapi.ControllerArgs{
				BaseURL: *address + "/MAAS/api/2.0/", APIKey: strings.TrimSpace(string(key)),
			})
			w.controller = controller
			return nil, err
		},
		"inventory": w.inventory, "impossible": w.impossible, "allocate": w.allocate, "deploy": w.deploy,
		"deployed": func() (interface{}, error) { return w.waitFor("Deployed") },
		"release":  w.release,
		"ready":    func() (interface{}, error) { return w.waitFor("Ready") },
		"files":    w.files, "release-unknown": w.releaseUnknown,
	}
	for _, name := range strings.Split(*steps, ",") {
		run, known := todo[name]
		if !known {
			fmt.Fprintf(os.Stderr, "maas-client: no step %q\n", name)
			os.Exit(2)
		}
		details, err := run()
		line := step{Step: name, Ok: err == nil, Kind: kindOf(err), Details: details}
		if err != nil {
			line.Error = err.Error()
		}
		text, _ := json.Marshal(line)
		fmt.Println(string(text))
		if err != nil {
			os.Exit(1)
		}
	}
}
