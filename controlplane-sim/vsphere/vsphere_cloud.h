// SPDX-License-Identifier: Apache-2.0
// deploy::Cloud on a vCenter. Loop thread only.
//
// A machine is marked twice: by its instance UUID, which the search index finds, and by the entry
// "guestinfo.pcg.machine" of its extraConfig; both go out in the clone's own specification. Only
// what carries both is ours.
#pragma once

#include "controlplane-sim/deploy/cloud.h"
#include "controlplane-sim/vsphere/client.h"

namespace pcg::controlplane::vsphere {

class VSphereCloud final : public deploy::Cloud {
  public:
    explicit VSphereCloud(Client client) : client_(std::move(client)) {}

    net::Task<Result<std::string>> place(const deploy::Spec& spec) override;
    net::Task<Result<std::optional<deploy::Seen>>> find(deploy::Identity identity) override;
    net::Task<Result<std::optional<deploy::Seen>>> look(deploy::Identity identity,
                                                        std::string vm) override;
    net::Task<Result<std::string>> choose(deploy::Identity identity,
                                          const deploy::Spec& spec,
                                          std::vector<std::string> unfit) override;
    net::Task<Result<std::string>> clone(deploy::Identity identity) override;
    net::Task<Result<std::string>> customise(deploy::Identity identity,
                                             std::string vm,
                                             const deploy::Spec& spec,
                                             Secret userData) override;
    net::Task<Result<std::string>> powerOn(deploy::Identity identity,
                                           std::string vm,
                                           const deploy::Spec& spec,
                                           Secret userData) override;
    net::Task<Result<std::string>> powerOff(std::string vm) override;
    net::Task<Result<std::string>> destroy(deploy::Identity identity, std::string vm) override;
    net::Task<Result<deploy::TaskEnd>> finish(std::string task) override;
    net::Task<Result<std::vector<std::string>>> addresses(std::string vm) override;

  private:
    // "vm-42" or an inventory path, as an object of one of these types.
    net::Task<Result<Ref>> resolve(std::string field,
                                   std::string name,
                                   std::vector<std::string> types);
    net::Task<Result<Ref>> poolOf(Ref source);
    net::Task<Result<xml::Element>> backingOf(Ref network);
    net::Task<Result<std::optional<deploy::Seen>>> seen(deploy::Identity identity, Ref machine);

    Client client_;
};

}  // namespace pcg::controlplane::vsphere
