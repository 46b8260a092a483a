// SPDX-License-Identifier: Apache-2.0

// ova-import imports an OVA as `govc import.ova -options FILE` does, step by step and on the same library: Debian has
// govmomi, but not govc. It reads the options as strictly as govc writes them, and prints what the machine got.
package main

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/nfc"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/ovf"
	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// options are govc's (govc/importx/options.go).
type options struct {
	AllDeploymentOptions         []string
	Deployment                   string
	AllDiskProvisioningOptions   []string
	DiskProvisioning             string
	AllIPAllocationPolicyOptions []string
	IPAllocationPolicy           string
	AllIPProtocolOptions         []string
	IPProtocol                   string
	PropertyMapping              []types.KeyValue
	NetworkMapping               []struct{ Name, Network string }
	Annotation                   string
	MarkAsTemplate               bool
	PowerOn                      bool
	InjectOvfEnv                 bool
	WaitForIP                    bool
	Name                         *string
}

type result struct {
	Name         string            `json:"name"`
	PowerState   string            `json:"power_state"`
	Hardware     string            `json:"hardware"`
	Guest        string            `json:"guest"`
	Cpus         int32             `json:"cpus"`
	MemoryMB     int64             `json:"memory_mb"`
	Devices      []string          `json:"devices"`
	DiskKB       int64             `json:"disk_kb"`
	Uploaded     int64             `json:"uploaded"`
	ExtraConfig  map[string]string `json:"extra_config"`
	UnknownInOva []string          `json:"unknown_properties"`
}

type importer struct {
	client  *vim25.Client
	options options
	name    string
	ova     string
}

// member gives one file of the archive to use.
func (i *importer) member(suffix string, use func(io.Reader, int64) error) error {
	file, err := os.Open(i.ova)
	if err != nil {
		return err
	}
	defer file.Close()
	archive := tar.NewReader(file)
	for {
		header, err := archive.Next()
		if err != nil {
			return fmt.Errorf("%s: %w", suffix, err)
		}
		if strings.HasSuffix(header.Name, suffix) {
			return use(archive, header.Size)
		}
	}
}

func (i *importer) parameters(ctx context.Context, finder *find.Finder, envelope *ovf.Envelope) (types.OvfCreateImportSpecParams, []string, error) {
	cisp := types.OvfCreateImportSpecParams{
		EntityName: i.name, DiskProvisioning: i.options.DiskProvisioning, IpAllocationPolicy: i.options.IPAllocationPolicy,
		IpProtocol: i.options.IPProtocol, PropertyMapping: i.options.PropertyMapping,
		OvfManagerCommonParams: types.OvfManagerCommonParams{DeploymentOption: i.options.Deployment, Locale: "US"},
	}
	networks := map[string]bool{}
	if envelope.Network != nil {
		for _, network := range envelope.Network.Networks {
			networks[network.Name] = true
		}
	}
	for _, mapping := range i.options.NetworkMapping {
		if !networks[mapping.Name] {
			return cisp, nil, fmt.Errorf("the OVA has no network %q", mapping.Name)
		}
		network, err := finder.Network(ctx, mapping.Network)
		if err != nil {
			return cisp, nil, err
		}
		cisp.NetworkMapping = append(cisp.NetworkMapping, types.OvfNetworkMapping{Name: mapping.Name, Network: network.Reference()})
	}
	known := map[string]bool{}
	for _, product := range envelope.VirtualSystem.Product {
		for _, property := range product.Property {
			key := property.Key
			if product.Class != nil {
				key = *product.Class + "." + key
			}
			known[key] = true
		}
	}
	unknown := []string{}
	for _, property := range i.options.PropertyMapping {
		if !known[property.Key] {
			unknown = append(unknown, property.Key)
		}
	}
	return cisp, unknown, nil
}

func (i *importer) run(ctx context.Context) (*result, error) {
	finder := find.NewFinder(i.client, false)
	datacenter, err := finder.DefaultDatacenter(ctx)
	if err != nil {
		return nil, err
	}
	finder.SetDatacenter(datacenter)
	pools, err := finder.ResourcePoolList(ctx, "*/Resources")
	if err != nil {
		return nil, err
	}
	datastore, err := finder.DefaultDatastore(ctx)
	if err != nil {
		return nil, err
	}
	folders, err := datacenter.Folders(ctx)
	if err != nil {
		return nil, err
	}
	var descriptor strings.Builder
	if err := i.member(".ovf", func(r io.Reader, _ int64) error { _, err := io.Copy(&descriptor, r); return err }); err != nil {
		return nil, err
	}
	envelope, err := ovf.Unmarshal(strings.NewReader(descriptor.String()))
	if err != nil {
		return nil, err
	}
	cisp, unknown, err := i.parameters(ctx, finder, envelope)
	if err != nil {
		return nil, err
	}
	spec, err := ovf.NewManager(i.client).CreateImportSpec(ctx, descriptor.String(), pools[0], datastore, cisp)
	if err != nil {
		return nil, err
	}
	if spec.Error != nil {
		return nil, errors.New(spec.Error[0].LocalizedMessage)
	}
	lease, err := pools[0].ImportVApp(ctx, spec.ImportSpec, folders.VmFolder, nil)
	if err != nil {
		return nil, err
	}
	info, err := lease.Wait(ctx, spec.FileItem)
	if err != nil {
		return nil, err
	}
	uploaded, err := i.upload(ctx, lease, info)
	if err != nil {
		return nil, err
	}
	machine := object.NewVirtualMachine(i.client, info.Entity)
	if err := i.finish(ctx, machine); err != nil {
		return nil, err
	}
	got, err := i.look(ctx, machine)
	if err == nil {
		got.Uploaded, got.UnknownInOva = uploaded, unknown
	}
	return got, err
}

func (i *importer) upload(ctx context.Context, lease *nfc.Lease, info *nfc.LeaseInfo) (int64, error) {
	updater := lease.StartUpdater(ctx, info)
	defer updater.Done()
	var sent int64
	for _, item := range info.Items {
		err := i.member(item.Path, func(r io.Reader, size int64) error {
			sent += size
			return lease.Upload(ctx, item, r, soap.Upload{ContentLength: size})
		})
		if err != nil {
			_ = lease.Abort(ctx, nil)
			return 0, err
		}
	}
	return sent, lease.Complete(ctx)
}

// finish hands over the environment, where nobody else does (a host without a vCenter), and powers on.
func (i *importer) finish(ctx context.Context, machine *object.VirtualMachine) error {
	if i.options.InjectOvfEnv {
		var properties []ovf.EnvProperty
		for _, one := range i.options.PropertyMapping {
			properties = append(properties, ovf.EnvProperty{Key: one.Key, Value: one.Value})
		}
		about := i.client.ServiceContent.About
		environment := ovf.Env{
			EsxID:    machine.Reference().Value,
			Platform: &ovf.PlatformSection{Kind: about.Name, Version: about.Version, Vendor: about.Vendor, Locale: "US"},
			Property: &ovf.PropertySection{Properties: properties},
		}
		task, err := machine.Reconfigure(ctx, types.VirtualMachineConfigSpec{ExtraConfig: []types.BaseOptionValue{
			&types.OptionValue{Key: "guestinfo.ovfEnv", Value: environment.MarshalManual()}}})
		if err != nil {
			return err
		}
		if err := task.Wait(ctx); err != nil {
			return err
		}
	}
	if !i.options.PowerOn {
		return nil
	}
	task, err := machine.PowerOn(ctx)
	if err != nil {
		return err
	}
	return task.Wait(ctx)
}

func (i *importer) look(ctx context.Context, machine *object.VirtualMachine) (*result, error) {
	var seen mo.VirtualMachine
	if err := machine.Properties(ctx, machine.Reference(), []string{"config", "runtime", "name"}, &seen); err != nil {
		return nil, err
	}
	got := &result{
		Name: seen.Name, PowerState: string(seen.Runtime.PowerState), Hardware: seen.Config.Version, Guest: seen.Config.GuestId,
		Cpus: seen.Config.Hardware.NumCPU, MemoryMB: int64(seen.Config.Hardware.MemoryMB), ExtraConfig: map[string]string{},
	}
	devices := object.VirtualDeviceList(seen.Config.Hardware.Device)
	for _, device := range devices {
		got.Devices = append(got.Devices, devices.Type(device))
		if disk, is := device.(*types.VirtualDisk); is {
			got.DiskKB = disk.CapacityInKB
		}
	}
	for _, one := range seen.Config.ExtraConfig {
		option := one.GetOptionValue()
		got.ExtraConfig[option.Key] = fmt.Sprint(option.Value)
	}
	return got, nil
}

func readOptions(name string) (options, error) {
	var read options
	file, err := os.Open(name)
	if err != nil {
		return read, err
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	return read, decoder.Decode(&read)
}

func run() error {
	address := flag.String("url", "", "`URL` of the vCenter, without a path")
	username := flag.String("username", "", "`name` to log in with")
	caFile := flag.String("ca-file", "", "PEM `file` that the vCenter's certificate is verified with")
	optionsFile := flag.String("options", "", "`file` as for govc import.ova -options")
	name := flag.String("name", "", "the machine's `name`")
	inject := flag.Bool("inject", false, "as if the options said InjectOvfEnv")
	flag.Parse()
	password, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	read, err := readOptions(*optionsFile)
	if err != nil {
		return fmt.Errorf("%s: %w", *optionsFile, err)
	}
	read.InjectOvfEnv = read.InjectOvfEnv || *inject
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	target, err := url.Parse(*address)
	if err != nil {
		return err
	}
	target.Path = vim25.Path
	transport := soap.NewClient(target, false)
	if err := transport.SetRootCAs(*caFile); err != nil {
		return err
	}
	client, err := vim25.NewClient(ctx, transport)
	if err != nil {
		return err
	}
	vcenter := &govmomi.Client{Client: client, SessionManager: session.NewManager(client)}
	if err := vcenter.Login(ctx, url.UserPassword(*username, strings.TrimRight(string(password), "\r\n"))); err != nil {
		return err
	}
	defer func() { _ = vcenter.Logout(context.Background()) }()
	got, err := (&importer{client: client, options: read, name: *name, ova: flag.Arg(0)}).run(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(got)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "ova-import:", err)
		os.Exit(1)
	}
}
