// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/hypervisor.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <cstdlib>

#include "appliance/importer/errc.h"

namespace pcg::appliance {
namespace {

struct FreeDomain {
    void operator()(virDomain* domain) const noexcept { virDomainFree(domain); }
};

using DomainPtr = std::unique_ptr<virDomain, FreeDomain>;

struct FreeText {
    void operator()(char* text) const noexcept { std::free(text); }  // NOLINT: libvirt's rule
};

using TextPtr = std::unique_ptr<char, FreeText>;

tl::unexpected<Error> failLibvirt(const std::string& what) {
    const auto* error = virGetLastError();
    std::string why;
    if (error != nullptr && error->message != nullptr)
        for (const char* at = error->message; *at != '\0' && why.size() < 1000; ++at)
            why += static_cast<unsigned char>(*at) < 0x20 ? ' ' : *at;
    return fail(errc::kLibvirt, what + (why.empty() ? "." : ": " + why + "."));
}

bool isMissing() {
    const auto* error = virGetLastError();
    return error != nullptr && error->code == VIR_ERR_NO_DOMAIN;
}

void quiet(void* /*user*/, virErrorPtr /*error*/) {}

}  // namespace

void Hypervisor::Close::operator()(virConnect* connection) const noexcept {
    virConnectClose(connection);
}

Result<Hypervisor> Hypervisor::connect(const std::string& uri) {
    virSetErrorFunc(nullptr, quiet);
    auto* connection = virConnectOpen(uri.empty() ? nullptr : uri.c_str());
    if (connection == nullptr) {
        return failLibvirt("libvirt cannot be reached at " +
                           (uri.empty() ? std::string("its default address") : uri) +
                           ". Is libvirtd running, and may you use it? It says");
    }
    return Hypervisor(connection);
}

Result<Accelerator> Hypervisor::accelerator() const {
    const auto* type = virConnectGetType(connection_.get());
    const std::string_view kind = type == nullptr ? "" : type;
    if (kind == "Test" || kind == "TEST") return Accelerator::TestDriver;
    if (kind != "QEMU") {
        return fail(errc::kLibvirt,
                    "This libvirt drives " + std::string(kind) + "; the OVA is imported to QEMU.");
    }
    const TextPtr kvm(
        virConnectGetDomainCapabilities(connection_.get(), nullptr, "x86_64", nullptr, "kvm", 0));
    return kvm ? Accelerator::Kvm : Accelerator::Emulation;
}

Result<std::string> Hypervisor::uri() const {
    const TextPtr text(virConnectGetURI(connection_.get()));
    if (!text) return failLibvirt("libvirt does not say its address");
    return std::string(text.get());
}

Result<bool> Hypervisor::has(const std::string& name) const {
    const DomainPtr domain(virDomainLookupByName(connection_.get(), name.c_str()));
    if (domain) return true;
    if (isMissing()) return false;
    return failLibvirt("libvirt cannot look for a machine " + name);
}

Result<> Hypervisor::define(const std::string& xml, bool validate) const {
    const DomainPtr domain(virDomainDefineXMLFlags(
        connection_.get(), xml.c_str(), validate ? VIR_DOMAIN_DEFINE_VALIDATE : 0));
    if (domain) return {};
    return failLibvirt("The machine cannot be defined");
}

Result<> Hypervisor::start(const std::string& name) const {
    const DomainPtr domain(virDomainLookupByName(connection_.get(), name.c_str()));
    if (domain && virDomainCreate(domain.get()) == 0) return {};
    return failLibvirt("The machine " + name + " cannot be started");
}

Result<std::string> Hypervisor::stateOf(const std::string& name) const {
    const DomainPtr domain(virDomainLookupByName(connection_.get(), name.c_str()));
    int state = VIR_DOMAIN_NOSTATE;
    int reason = 0;
    if (!domain || virDomainGetState(domain.get(), &state, &reason, 0) != 0)
        return failLibvirt("libvirt does not say how " + name + " is");
    return std::string(state == VIR_DOMAIN_RUNNING   ? "running"
                       : state == VIR_DOMAIN_SHUTOFF ? "off"
                                                     : "in between");
}

void Hypervisor::forget(const std::string& name) const {
    const DomainPtr domain(virDomainLookupByName(connection_.get(), name.c_str()));
    if (domain && virDomainUndefineFlags(domain.get(), VIR_DOMAIN_UNDEFINE_NVRAM) != 0)
        virDomainUndefine(domain.get());
}

}  // namespace pcg::appliance
