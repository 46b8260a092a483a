// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/ovf"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// descriptor is the smallest machine with a disk; %d is the size of the disk's file.
const descriptor = `<?xml version="1.0"?><Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
<References><File ovf:href="disk.vmdk" ovf:id="file1" ovf:size="%d"/></References>
<DiskSection><Info/><Disk ovf:capacity="1" ovf:capacityAllocationUnits="byte * 2^20" ovf:diskId="d1"
 ovf:fileRef="file1"/></DiskSection>
<VirtualSystem ovf:id="vm"><Info/><Name>imported</Name>
<OperatingSystemSection ovf:id="1"><Info/></OperatingSystemSection><VirtualHardwareSection><Info/><System/>
<Item><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType>
<rasd:VirtualQuantity>1</rasd:VirtualQuantity></Item>
<Item><rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType>
<rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:VirtualQuantity>32</rasd:VirtualQuantity></Item>
<Item><rasd:Address>0</rasd:Address><rasd:InstanceID>3</rasd:InstanceID>
<rasd:ResourceSubType>VirtualSCSI</rasd:ResourceSubType><rasd:ResourceType>6</rasd:ResourceType></Item>
<Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:HostResource>ovf:/disk/d1</rasd:HostResource>
<rasd:InstanceID>4</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
</VirtualHardwareSection></VirtualSystem></Envelope>`

// importVApp imports a machine and sends its disk through the lease, as govc import.ovf does.
func (w *work) importVApp(ctx context.Context) (map[string]interface{}, error) {
	if w.source == nil {
		return nil, errors.New("the step inventory must come first")
	}
	size := w.options.fileMegabytes << 20
	pool, err := w.source.ResourcePool(ctx)
	if err != nil {
		return nil, err
	}
	folders, err := w.finder.FolderList(ctx, "vm")
	if err != nil {
		return nil, err
	}
	spec, err := ovf.NewManager(w.client).CreateImportSpec(ctx, fmt.Sprintf(descriptor, size), pool, w.datastore,
		types.OvfCreateImportSpecParams{EntityName: w.name})
	if err != nil {
		return nil, err
	}
	lease, err := pool.ImportVApp(ctx, spec.ImportSpec, folders[0], nil)
	if err != nil {
		return nil, err
	}
	info, err := lease.Wait(ctx, spec.FileItem)
	if err != nil {
		return nil, err
	}
	if len(info.Items) != 1 {
		return nil, fmt.Errorf("the lease has %d disks and not one", len(info.Items))
	}
	updater := lease.StartUpdater(ctx, info)
	defer updater.Done()
	source := newDigesting(content(11, size))
	start := time.Now()
	if err := lease.Upload(ctx, info.Items[0], source, soap.Upload{ContentLength: size}); err != nil {
		_ = lease.Abort(ctx, nil)
		return nil, err
	}
	sent := rate(size, start)
	// The same place once more: what was a transfer is none any more, or is one at a vCenter itself.
	again := w.client.Client.Upload(ctx, strings.NewReader("again"), info.Items[0].URL, &soap.Upload{
		Method: "POST", Type: "application/x-vnd.vmware-streamVmdk", ContentLength: 5})
	if err := lease.Complete(ctx); err != nil {
		return nil, err
	}
	w.machine = object.NewVirtualMachine(w.client, info.Entity)
	details := map[string]interface{}{"bytes": size, "sha256": source.hex(), "MB/s": sent,
		"host": info.Items[0].URL.Host, "thumbprint": info.DeviceUrl[0].SslThumbprint, "path": info.Items[0].URL.Path}
	if again != nil {
		details["again"] = again.Error()
	}
	return details, nil
}
