// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/maas/placement.h"

#include "common/base/text.h"
#include "controlplane-sim/deploy/errc.h"
#include "controlplane-sim/deploy/text.h"

#include <algorithm>

namespace pcg::controlplane::maas {
namespace {

namespace json = codec::json;

constexpr std::size_t kMaxName = 256;
constexpr std::string_view kInstall = "install";
constexpr std::string_view kRelease = "release";

}  // namespace

std::string markOf(const deploy::Identity& identity) {
    return "pcg/" + identity.deployment + "/" + identity.uuid;
}

std::string imageName(const json::Object& bootResource) {
    const auto name = bootResource.string("name", kMaxName);
    if (!name || name->empty() || !deploy::isPlainText(*name)) return {};
    if (name->find('/') != std::string::npos) return *name;
    const auto type = bootResource.string("type", kMaxName);
    return (type && *type == "Uploaded" ? "custom/" : "ubuntu/") + *name;
}

bool isImage(const std::string& name, std::string_view wanted) {
    return name == wanted || name.ends_with("/" + std::string(wanted));
}

oauth::Parameters constraintsOf(const deploy::Spec& spec) {
    oauth::Parameters form;
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) form.push_back({name, value});
    };
    if (spec.cpu != 0) add("cpu_count", std::to_string(spec.cpu));
    if (spec.memoryMib != 0) add("mem", std::to_string(spec.memoryMib));
    add("zone", spec.zone);
    add("pool", spec.resourcePool);
    for (const auto& tag : spec.tags) add("tags", tag);
    return form;
}

bool fits(const MachineView& machine, const deploy::Spec& spec) {
    const auto has = [&](const std::string& tag) {
        return std::find(machine.tags.begin(), machine.tags.end(), tag) != machine.tags.end();
    };
    return machine.status == "Ready" && !machine.locked && machine.cpu >= spec.cpu &&
           machine.memoryMib >= spec.memoryMib &&
           (spec.zone.empty() || machine.zone == spec.zone) &&
           (spec.resourcePool.empty() || machine.pool == spec.resourcePool) &&
           std::all_of(spec.tags.begin(), spec.tags.end(), has);
}

std::string placementText(const deploy::Spec& spec, const std::string& image) {
    json::Object object;
    object.set("image", image);
    if (!spec.zone.empty()) object.set("zone", spec.zone);
    if (!spec.resourcePool.empty()) object.set("resource_pool", spec.resourcePool);
    json::Array tags;
    for (const auto& tag : spec.tags) tags.emplace_back(tag);
    if (!tags.empty()) object.set("tags", std::move(tags));
    return json::write(object);
}

Result<std::string> placedImage(const std::string& placement) {
    const auto object = PCG_TRY(json::parseObject(placement));
    return object.string("image", kMaxName);
}

std::string toText(const PseudoTask& task) {
    const auto kind = task.kind == PseudoTask::Kind::Install ? kInstall : kRelease;
    return std::string(kind) + " " + task.vm + " " + task.mark;
}

std::optional<PseudoTask> parseTask(std::string_view text) {
    const auto words = split(text, ' ');
    if (words.size() != 3 || !isSystemId(words[1])) return std::nullopt;
    if (words[0] != kInstall && words[0] != kRelease) return std::nullopt;
    const auto kind = words[0] == kInstall ? PseudoTask::Kind::Install : PseudoTask::Kind::Release;
    return PseudoTask{kind, std::string(words[1]), std::string(words[2])};
}

}  // namespace pcg::controlplane::maas
