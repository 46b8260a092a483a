// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/machine_text.h"

#include "common/codec/json.h"

namespace pcg::controlplane::deploy {

namespace json = codec::json;

namespace {

constexpr std::size_t kMaxWhy = 1024;  // of somebody else's words, which may be long

}  // namespace

std::string toText(const Machine& machine) {
    json::Array addresses;
    for (const auto& address : machine.addresses) addresses.emplace_back(address);
    json::Object object;
    object.set("name", machine.name)
        .set("role", static_cast<int>(machine.role))
        .set("ordinal", machine.ordinal)
        .set("failed", machine.failed)
        .set("phase", static_cast<int>(machine.phase))
        .set("clone_sent", machine.cloneSent)
        .set("vm", machine.vm)
        .set("task", machine.task)
        .set("task_kind", static_cast<int>(machine.taskKind))
        .set("addresses", std::move(addresses))
        .set("why", machine.why.substr(0, kMaxWhy))
        .set("changed_at_ms", toUnixMilliseconds(machine.changedAt));
    if (machine.origin == Origin::Cloned) return json::write(object);
    json::Array unfit;
    for (const auto& id : machine.unfit) unfit.emplace_back(id);
    object.set("pooled", true)
        .set("choice", machine.choice)
        .set("failed_installs", machine.failedInstalls)
        .set("unfit", std::move(unfit))
        .set("discard", machine.discard)
        .set("doubled", machine.doubled);
    if (machine.late) object.set("late_ms", toUnixMilliseconds(*machine.late));
    return json::write(object);
}

namespace {

Result<> readPooled(const json::Object& object, Machine& machine) {
    machine.origin = Origin::Pooled;
    machine.choice = PCG_TRY(object.string("choice", 256));
    machine.failedInstalls = static_cast<int>(PCG_TRY(object.integer("failed_installs", 0, 1000)));
    machine.unfit = PCG_TRY(object.strings("unfit", kMaxUnfit, 256));
    machine.discard = PCG_TRY(object.boolean("discard"));
    machine.doubled = PCG_TRY(object.boolean("doubled"));
    const auto late = PCG_TRY(object.optionalInteger("late_ms"));
    if (late) machine.late = fromUnixMilliseconds(*late);
    return {};
}

}  // namespace

Result<Machine> machineFromText(std::string_view text) {
    const auto object = PCG_TRY(json::parseObject(text));
    Machine machine;
    machine.name = PCG_TRY(object.string("name", 128));
    machine.role = static_cast<Role>(PCG_TRY(object.integer("role", 0, 1)));
    machine.ordinal = static_cast<int>(PCG_TRY(object.integer("ordinal", 1, 100'000)));
    machine.failed = PCG_TRY(object.boolean("failed"));
    machine.phase =
        static_cast<Phase>(PCG_TRY(object.integer("phase", 0, static_cast<int>(Phase::Ready))));
    machine.cloneSent = PCG_TRY(object.boolean("clone_sent"));
    machine.vm = PCG_TRY(object.string("vm", 256));
    machine.task = PCG_TRY(object.string("task", 256));
    machine.taskKind = static_cast<TaskKind>(
        PCG_TRY(object.integer("task_kind", 0, static_cast<int>(TaskKind::Destroy))));
    machine.addresses = PCG_TRY(object.strings("addresses", 64, 64));
    machine.why = PCG_TRY(object.string("why", 4096));
    machine.changedAt = fromUnixMilliseconds(PCG_TRY(object.integer("changed_at_ms")));
    if (object.has("pooled")) PCG_TRY(readPooled(object, machine));
    return machine;
}

}  // namespace pcg::controlplane::deploy
