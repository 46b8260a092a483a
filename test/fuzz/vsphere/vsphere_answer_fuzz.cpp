// SPDX-License-Identifier: Apache-2.0
// Whatever a vCenter answers, it is read as a value or as an error; what was read of a fault, a
// task or a list of devices can be used for the next request.
#include "common/base/assert.h"
#include "controlplane-sim/vsphere/inventory.h"
#include "controlplane-sim/vsphere/placement.h"
#include "controlplane-sim/vsphere/requests.h"
#include "controlplane-sim/vsphere/responses.h"

namespace pcg::controlplane::vsphere {
namespace {

void useObject(const ObjectContent& object) {
    for (const auto& property : object.properties) {
        [[maybe_unused]] const auto task = responses::taskInfo(property.value);
        [[maybe_unused]] const auto refs = responses::refsOf(&property.value);
        Placement placement;
        placement.network = standardBacking("VM Network");
        const auto devices = editedDevices(&property.value, placement, 40);
        if (!devices) continue;
        ReconfigureOrder order;
        order.editedDevices = *devices;
        const auto text = requests::reconfigureVm(object.object, order);
        PCG_ASSERT(xml::parse(asBytes(text), {64_MiB, 80, 400'000}).has_value());
    }
}

}  // namespace
}  // namespace pcg::controlplane::vsphere

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg::controlplane::vsphere;
    const pcg::BytesView answer(data, size);
    [[maybe_unused]] const auto content = responses::serviceContent(answer);
    [[maybe_unused]] const auto reference = responses::optionalReference(answer);
    [[maybe_unused]] const auto updates = responses::updateSet(answer);
    const auto page = responses::objectPage(answer);
    if (!page) return 0;
    for (const auto& object : page->objects) useObject(object);
    for (const auto& kind : inventoryKinds()) {
        for (const auto& item : inventoryItems(kind, page->objects)) PCG_ASSERT(!item.id.empty());
    }
    return 0;
}
