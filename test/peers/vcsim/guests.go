// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"fmt"
	"log"
	"sync/atomic"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// guests stands for VMware Tools and a DHCP server: a machine that is switched on gets an address, and loses it
// when it is switched off.
type guests struct {
	given int64
}

func (g *guests) Reference() types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: "Guests", Value: "Guests"}
}

func (g *guests) PutObject(mo.Reference) {}

func (g *guests) RemoveObject(types.ManagedObjectReference) {}

func (g *guests) UpdateObject(object mo.Reference, changes []types.PropertyChange) {
	machine, isMachine := object.(*mo.VirtualMachine)
	if !isMachine || machine.Guest == nil || machine.Summary.Guest == nil {
		return
	}
	for _, change := range changes {
		if change.Name != "runtime.powerState" {
			continue
		}
		address := ""
		if change.Val == types.VirtualMachinePowerStatePoweredOn {
			number := atomic.AddInt64(&g.given, 1)
			address = fmt.Sprintf("10.77.%d.%d", number/250%250, number%250+1)
		}
		simulator.Map.Update(object, []types.PropertyChange{
			{Name: "guest.ipAddress", Val: address},
			{Name: "summary.guest.ipAddress", Val: address},
		})
	}
}

// addTemplate makes a template of that name beside the machines of the inventory.
func addTemplate(service *simulator.Service, name string) error {
	machine, found := simulator.Map.Any("VirtualMachine").(*simulator.VirtualMachine)
	if !found {
		return fmt.Errorf("a template is made from a virtual machine, and there is none")
	}
	answer, err := methods.CloneVM_Task(context.Background(), service, &types.CloneVM_Task{
		This:   machine.Self,
		Folder: *machine.Parent,
		Name:   name,
		Spec: types.VirtualMachineCloneSpec{
			Location: types.VirtualMachineRelocateSpec{Pool: machine.ResourcePool},
			Template: true,
		},
	})
	if err != nil {
		return fmt.Errorf("the template could not be made: %w", err)
	}
	task := simulator.Map.Get(answer.Returnval).(*simulator.Task)
	if task.Info.Error != nil {
		return fmt.Errorf("the template could not be made: %s", task.Info.Error.LocalizedMessage)
	}
	log.Printf("template %s is %v", name, task.Info.Result)
	return nil
}
