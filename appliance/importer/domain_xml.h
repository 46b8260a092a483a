// SPDX-License-Identifier: Apache-2.0
// The machine as libvirt is told of it. Pure.
#pragma once

#include <string>

#include "appliance/properties/ovf_environment.h"

namespace pcg::appliance {

enum class NetworkKind { Libvirt, Bridge, User };

// What kind of hypervisor defines it: libvirt's own test driver knows neither architectures nor
// accelerators of QEMU.
enum class Accelerator { Kvm, Emulation, TestDriver };

struct NewMachine {
    std::string name;
    Accelerator accelerator = Accelerator::Kvm;
    std::string diskFile;         // qcow2
    std::string environmentFile;  // what the machine reads its properties from
    std::string serialLog;        // a file that the serial console is written to; may be empty
    unsigned cpus = 2;
    unsigned memoryMib = 1024;
    bool efi = true;
    NetworkKind network = NetworkKind::Libvirt;
    std::string networkName = "default";
};

std::string domainXml(const NewMachine& machine);

// An OVF environment (DSP0243 1.1, section 11) that says these, as parseOvfEnvironment() reads it.
std::string environmentXml(const Properties& properties);

}  // namespace pcg::appliance
