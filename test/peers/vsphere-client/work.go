// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand"
	"net/url"
	"time"

	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/property"
	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/vapi/rest"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// work carries what one step leaves for the next.
type work struct {
	options     options
	credentials *url.Userinfo
	name        string // of the clone, and of the file

	client    *vim25.Client
	sessions  *session.Manager
	rest      *rest.Client
	finder    *find.Finder
	source    *object.VirtualMachine
	machine   *object.VirtualMachine
	datastore *object.Datastore
	uploaded  string // SHA-256
}

func (w *work) inventory(ctx context.Context) (map[string]interface{}, error) {
	if w.client == nil {
		return nil, errNotLoggedIn
	}
	container, err := view.NewManager(w.client).CreateContainerView(
		ctx, w.client.ServiceContent.RootFolder, []string{"VirtualMachine", "HostSystem", "Datastore"}, true)
	if err != nil {
		return nil, err
	}
	defer func() { _ = container.Destroy(ctx) }()
	counts := map[string]interface{}{}
	for _, kind := range []string{"VirtualMachine", "HostSystem", "Datastore"} {
		var entities []mo.ManagedEntity
		if err := container.Retrieve(ctx, []string{kind}, []string{"name"}, &entities); err != nil {
			return nil, err
		}
		counts[kind] = len(entities)
	}
	w.finder = find.NewFinder(w.client, true)
	datacenter, err := w.finder.DatacenterOrDefault(ctx, "*")
	var several *find.DefaultMultipleFoundError
	if errors.As(err, &several) {
		datacenters, listed := w.finder.DatacenterList(ctx, "*")
		if listed != nil {
			return nil, listed
		}
		datacenter, err = datacenters[0], nil
	}
	if err != nil {
		return nil, err
	}
	w.finder.SetDatacenter(datacenter)
	machines, err := w.finder.VirtualMachineList(ctx, "*")
	if err != nil {
		return nil, err
	}
	w.source = machines[0]
	datastores, err := w.finder.DatastoreList(ctx, "*")
	if err != nil {
		return nil, err
	}
	w.datastore = datastores[0]
	counts["source"] = w.source.InventoryPath
	return counts, nil
}

func (w *work) clone(ctx context.Context) (map[string]interface{}, error) {
	if w.source == nil {
		return nil, errors.New("the step inventory must come first")
	}
	pool, err := w.source.ResourcePool(ctx)
	if err != nil {
		return nil, err
	}
	folders, err := w.finder.FolderList(ctx, "vm")
	if err != nil {
		return nil, err
	}
	reference, datastore := pool.Reference(), w.datastore.Reference()
	data, err := userData()
	if err != nil {
		return nil, err
	}
	task, err := w.source.Clone(ctx, folders[0], w.name, types.VirtualMachineCloneSpec{
		Location: types.VirtualMachineRelocateSpec{Pool: &reference, Datastore: &datastore},
		Config: &types.VirtualMachineConfigSpec{
			ExtraConfig: []types.BaseOptionValue{&types.OptionValue{Key: userDataKey, Value: data}}},
	})
	if err != nil {
		return nil, err
	}
	info, err := task.WaitForResult(ctx) // by CreateFilter and WaitForUpdatesEx
	if err != nil {
		return nil, err
	}
	w.machine = object.NewVirtualMachine(w.client, info.Result.(types.ManagedObjectReference))
	var made mo.VirtualMachine
	err = property.DefaultCollector(w.client).RetrieveOne(ctx, w.machine.Reference(), []string{"config.extraConfig"}, &made)
	if err != nil {
		return nil, err
	}
	if made.Config == nil || settingOf(made.Config.ExtraConfig, userDataKey) != data {
		return nil, errors.New("the machine has other user data than it was given")
	}
	return map[string]interface{}{"name": w.name, "machine": w.machine.Reference().Value}, nil
}

// userDataKey is where cloud-init looks.
const userDataKey = "guestinfo.userdata"

// userData is twelve KiB that are the same each time, in Base64 as they go into guestinfo.
func userData() (string, error) {
	octets, err := io.ReadAll(content(17, 9<<10))
	return base64.StdEncoding.EncodeToString(octets), err
}

func settingOf(list []types.BaseOptionValue, key string) interface{} {
	for _, one := range list {
		if setting := one.GetOptionValue(); setting.Key == key {
			return setting.Value
		}
	}
	return nil
}

func (w *work) powerOn(ctx context.Context) (map[string]interface{}, error) {
	if w.machine == nil {
		return nil, errors.New("the step clone must come first")
	}
	task, err := w.machine.PowerOn(ctx)
	if err != nil {
		return nil, err
	}
	if err := task.Wait(ctx); err != nil {
		return nil, err
	}
	state, err := w.machine.PowerState(ctx)
	if err == nil && state != types.VirtualMachinePowerStatePoweredOn {
		err = fmt.Errorf("the machine is %s after PowerOn", state)
	}
	return map[string]interface{}{"state": state}, err
}

// content yields the same bytes for the same seed without holding them.
func content(seed, size int64) io.Reader {
	return io.LimitReader(rand.New(rand.NewSource(seed)), size)
}

type digesting struct {
	io.Reader
	sum hash.Hash
}

func newDigesting(source io.Reader) *digesting {
	sum := sha256.New()
	return &digesting{io.TeeReader(source, sum), sum}
}

func (d *digesting) hex() string { return hex.EncodeToString(d.sum.Sum(nil)) }

func rate(bytes int64, start time.Time) float64 {
	return float64(bytes) / 1e6 / time.Since(start).Seconds()
}

func (w *work) upload(ctx context.Context) (map[string]interface{}, error) {
	if w.datastore == nil {
		return nil, errors.New("the step inventory must come first")
	}
	size := w.options.fileMegabytes << 20
	source := newDigesting(content(time.Now().UnixNano(), size))
	start := time.Now()
	request := soap.DefaultUpload
	request.ContentLength = size
	if err := w.datastore.Upload(ctx, source, w.name+".bin", &request); err != nil {
		return nil, err
	}
	w.uploaded = source.hex()
	return map[string]interface{}{"bytes": size, "sha256": w.uploaded, "MB/s": rate(size, start)}, nil
}

func (w *work) download(ctx context.Context) (map[string]interface{}, error) {
	if w.uploaded == "" {
		return nil, errors.New("the step upload must come first")
	}
	start := time.Now()
	stream, _, err := w.datastore.Download(ctx, w.name+".bin", &soap.DefaultDownload)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	arriving := newDigesting(stream)
	size, err := io.Copy(io.Discard, arriving)
	if err != nil {
		return nil, err
	}
	if arriving.hex() != w.uploaded {
		return nil, fmt.Errorf("%d bytes came back with SHA-256 %s; uploaded was %s", size, arriving.hex(), w.uploaded)
	}
	return map[string]interface{}{"bytes": size, "sha256": arriving.hex(), "MB/s": rate(size, start)}, nil
}

func (w *work) destroy(ctx context.Context) (map[string]interface{}, error) {
	if w.machine == nil {
		return nil, errors.New("the step clone must come first")
	}
	machine := w.machine
	if state, err := machine.PowerState(ctx); err != nil {
		return nil, err
	} else if state == types.VirtualMachinePowerStatePoweredOn {
		task, err := machine.PowerOff(ctx)
		if err != nil {
			return nil, err
		}
		if err := task.Wait(ctx); err != nil {
			return nil, err
		}
	}
	task, err := machine.Destroy(ctx)
	if err != nil {
		return nil, err
	}
	w.machine = nil
	return nil, task.Wait(ctx)
}

// destroySource destroys what was there before: whoever may do that has not been told apart from the admin.
func (w *work) destroySource(ctx context.Context) (map[string]interface{}, error) {
	if w.source == nil {
		return nil, errors.New("the step inventory must come first")
	}
	task, err := w.source.Destroy(ctx)
	if err != nil {
		return nil, err
	}
	return nil, task.Wait(ctx)
}

// hold parks a WaitForUpdatesEx that nothing will answer until the context ends.
func (w *work) hold(ctx context.Context) (map[string]interface{}, error) {
	if w.source == nil {
		return nil, errors.New("the step inventory must come first")
	}
	err := property.Wait(ctx, property.DefaultCollector(w.client), w.source.Reference(), []string{"name"},
		func([]types.PropertyChange) bool { return false })
	return nil, err
}

// cleanUp leaves the vCenter as it was, as far as it can still be reached.
func (w *work) cleanUp() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if w.machine != nil {
		_, _ = w.destroy(ctx)
	}
	if w.rest != nil {
		_ = w.rest.Logout(ctx)
	}
	if w.sessions != nil {
		_ = w.sessions.Logout(ctx)
	}
}
