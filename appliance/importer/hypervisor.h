// SPDX-License-Identifier: Apache-2.0
// A connection to libvirt: define, start, forget a machine. Errors are import.libvirt with
// libvirt's own words. Blocking; one thread.
#pragma once

#include "common/base/result.h"

#include <memory>
#include <string>

#include "appliance/importer/domain_xml.h"

struct _virConnect;  // NOLINT(bugprone-reserved-identifier,cert-dcl*): theirs

namespace pcg::appliance {

class Hypervisor {
  public:
    // Empty: what libvirt takes by default.
    static Result<Hypervisor> connect(const std::string& uri);

    // Of what kind machines are there; import.libvirt if it is neither QEMU nor libvirt's test
    // driver.
    Result<Accelerator> accelerator() const;
    Result<std::string> uri() const;
    Result<bool> has(const std::string& name) const;

    // `validate`: against libvirt's own schema, which is where its daemon is.
    Result<> define(const std::string& xml, bool validate) const;
    Result<> start(const std::string& name) const;
    Result<std::string> stateOf(const std::string& name) const;  // "running"

    // With its firmware's variables; what is not there is forgotten already.
    void forget(const std::string& name) const;

  private:
    struct Close {
        void operator()(_virConnect* connection) const noexcept;
    };

    explicit Hypervisor(_virConnect* connection) : connection_(connection) {}

    std::unique_ptr<_virConnect, Close> connection_;
};

}  // namespace pcg::appliance
