// SPDX-License-Identifier: Apache-2.0
// SOAP requests of the vSphere Web Services API (urn:vim25), each as the text of one envelope.
// Members stand in the order of VMware's WSDL, which a real vCenter insists on. Pure functions;
// strings are escaped here and nowhere else.
#pragma once

#include "common/base/secret.h"
#include "controlplane-sim/vsphere/types.h"

#include <chrono>

namespace pcg::controlplane::vsphere::requests {

std::string retrieveServiceContent();
Secret login(const Ref& sessionManager, const std::string& username, const Secret& password);
std::string logout(const Ref& sessionManager);

std::string createContainerView(const Ref& viewManager,
                                const Ref& container,
                                const std::vector<std::string>& types);
std::string destroyView(const Ref& view);

std::string retrieveProperties(const Ref& collector, const PropertyQuery& query, int maxObjects);
std::string continueRetrieve(const Ref& collector, const std::string& token);

std::string createPropertyCollector(const Ref& collector);
std::string destroyPropertyCollector(const Ref& collector);
std::string createFilter(const Ref& collector, const PropertyQuery& query);
std::string waitForUpdates(const Ref& collector,
                           const std::string& version,
                           std::chrono::seconds maxWait);

std::string findByInventoryPath(const Ref& searchIndex, const std::string& path);
std::string findByInstanceUuid(const Ref& searchIndex, const std::string& uuid);
std::string findChild(const Ref& searchIndex, const Ref& folder, const std::string& name);

std::string cloneVm(const CloneOrder& order);
std::string reconfigureVm(const Ref& machine, const ReconfigureOrder& order);
std::string powerOnVm(const Ref& machine);
std::string powerOffVm(const Ref& machine);
std::string destroy(const Ref& machine);

}  // namespace pcg::controlplane::vsphere::requests
