// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/domain_xml.h"

#include "common/xml/element.h"

namespace pcg::appliance {
namespace {

std::string attribute(std::string_view name, std::string_view value) {
    return " " + std::string(name) + "=\"" + xml::escaped(value) + "\"";
}

std::string system(const NewMachine& machine) {
    if (machine.accelerator == Accelerator::TestDriver) return "  <os><type>hvm</type></os>\n";
    std::string text = machine.efi ? "  <os firmware=\"efi\">\n" : "  <os>\n";
    text += "    <type arch=\"x86_64\" machine=\"q35\">hvm</type>\n";
    if (machine.efi) {
        // Its kernel is signed; whether the host has keys to enforce that, the host decides.
        text += "    <firmware><feature enabled=\"no\" name=\"secure-boot\"/></firmware>\n";
    }
    text += "    <boot dev=\"hd\"/>\n    <smbios mode=\"emulate\"/>\n  </os>\n";
    text += "  <features><acpi/><apic/></features>\n";
    text += machine.accelerator == Accelerator::Kvm ? "  <cpu mode=\"host-model\"/>\n"
                                                    : "  <cpu mode=\"maximum\"/>\n";
    return text;
}

std::string network(const NewMachine& machine) {
    std::string text;
    switch (machine.network) {
        case NetworkKind::Libvirt:
            text = "type=\"network\"><source" + attribute("network", machine.networkName) + "/>";
            break;
        case NetworkKind::Bridge:
            text = "type=\"bridge\"><source" + attribute("bridge", machine.networkName) + "/>";
            break;
        case NetworkKind::User:
            text = "type=\"user\">";
            break;
    }
    return "    <interface " + text + "<model type=\"virtio\"/></interface>\n";
}

std::string serial(const NewMachine& machine) {
    std::string text = "    <serial type=\"pty\">";
    if (!machine.serialLog.empty())
        text += "<log" + attribute("file", machine.serialLog) + " append=\"off\"/>";
    return text + "<target port=\"0\"/></serial>\n    <console type=\"pty\"/>\n";
}

std::string devices(const NewMachine& machine) {
    std::string text =
        "  <devices>\n    <disk type=\"file\" device=\"disk\"><driver name=\"qemu\" "
        "type=\"qcow2\" discard=\"unmap\"/><source" +
        attribute("file", machine.diskFile) + "/><target dev=\"vda\" bus=\"virtio\"/></disk>\n";
    text += network(machine) + serial(machine);
    if (machine.accelerator == Accelerator::TestDriver) return text + "  </devices>\n";
    // The console shows the pairing code: its screen is for who may use the socket.
    text +=
        "    <graphics type=\"vnc\"><listen type=\"socket\"/></graphics>\n"
        "    <video><model type=\"vga\"/></video>\n"
        "    <watchdog model=\"i6300esb\" action=\"reset\"/>\n"
        "    <memballoon model=\"virtio\"/>\n"
        "    <rng model=\"virtio\"><backend model=\"random\">/dev/urandom</backend></rng>\n";
    return text + "  </devices>\n";
}

std::string_view typeOf(Accelerator accelerator) {
    switch (accelerator) {
        case Accelerator::Kvm:
            return "kvm";
        case Accelerator::Emulation:
            return "qemu";
        case Accelerator::TestDriver:
            return "test";
    }
    return "qemu";
}

}  // namespace

std::string domainXml(const NewMachine& machine) {
    std::string text = "<domain" + attribute("type", typeOf(machine.accelerator)) + ">\n";
    text += "  <name>" + xml::escaped(machine.name) + "</name>\n";
    text += "  <description>Private Cloud Gateway</description>\n";
    text += "  <memory unit=\"MiB\">" + std::to_string(machine.memoryMib) + "</memory>\n";
    text += "  <vcpu>" + std::to_string(machine.cpus) + "</vcpu>\n";
    if (machine.accelerator != Accelerator::TestDriver) {
        // By file: what stands on QEMU's command line every user of the host can read.
        text += "  <sysinfo type=\"fwcfg\"><entry name=\"opt/org.pcg/ovfenv\"" +
                attribute("file", machine.environmentFile) + "/></sysinfo>\n";
    }
    text += system(machine);
    text +=
        "  <clock offset=\"utc\"/>\n  <on_poweroff>destroy</on_poweroff>\n"
        "  <on_reboot>restart</on_reboot>\n  <on_crash>restart</on_crash>\n";
    return text + devices(machine) + "</domain>\n";
}

std::string environmentXml(const Properties& properties) {
    std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<Environment xmlns=\"http://schemas.dmtf.org/ovf/environment/1\"\n"
        "    xmlns:oe=\"http://schemas.dmtf.org/ovf/environment/1\" oe:id=\"pcg-gateway\">\n"
        "  <PropertySection>\n";
    for (const auto& [name, value] : properties) {
        text += "    <Property" + attribute("oe:key", "pcgw." + name) +
                attribute("oe:value", value) + "/>\n";
    }
    return text + "  </PropertySection>\n</Environment>\n";
}

}  // namespace pcg::appliance
