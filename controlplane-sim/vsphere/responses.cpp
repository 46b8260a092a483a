// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/vsphere/responses.h"

#include "common/base/text.h"
#include "controlplane-sim/vsphere/errc.h"

#include <algorithm>
#include <array>

namespace pcg::controlplane::vsphere {
namespace {

constexpr std::size_t kMaxWords = 512;  // of a server's message

struct Meaning {
    std::string_view fault;
    ErrorCode code;
};

// Faults by what can be done about them; any other is kRejected.
constexpr std::array kMeanings{
    Meaning{"InvalidLogin", kInvalidLogin},
    Meaning{"NoPermission", kNoPermission},
    Meaning{"NotAuthenticated", kNotAuthenticated},
    Meaning{"ManagedObjectNotFound", kNotFound},
    Meaning{"NotFound", kNotFound},
    Meaning{"DuplicateName", kExists},
    Meaning{"AlreadyExists", kExists},
    Meaning{"FileAlreadyExists", kExists},
    Meaning{"InvalidPowerState", kPowerState},
    Meaning{"TaskInProgress", kBusy},
    Meaning{"VAppTaskInProgress", kBusy},
    Meaning{"ResourceInUse", kBusy},
    Meaning{"ConcurrentAccess", kBusy},
    Meaning{"FileLocked", kBusy},
    Meaning{"RequestCanceled", kBusy},
    Meaning{"HostCommunication", kBusy},
    Meaning{"HostNotConnected", kBusy},
    Meaning{"HostNotReachable", kBusy},
    Meaning{"NetworkCopyFault", kBusy},
    Meaning{"Timedout", kBusy},
};

}  // namespace

const xml::Element* ObjectContent::find(std::string_view name) const {
    const auto found = std::find_if(
        properties.begin(), properties.end(), [&](const Property& p) { return p.name == name; });
    return found == properties.end() ? nullptr : &found->value;
}

std::string_view ObjectContent::text(std::string_view name) const {
    const auto* value = find(name);
    return value == nullptr ? std::string_view{} : std::string_view(value->text);
}

Error Fault::error() const {
    const auto meaning = std::find_if(
        kMeanings.begin(), kMeanings.end(), [&](const Meaning& m) { return m.fault == type; });
    auto words = message.empty() ? type : type + ": " + message.substr(0, kMaxWords);
    // A fault without a type is the way's, not the vCenter's: nothing says that it was executed.
    if (type.empty()) return {kUnknown, message.substr(0, kMaxWords)};
    return {meaning == kMeanings.end() ? kRejected : meaning->code, std::move(words)};
}

namespace responses {
namespace {

Error bad(std::string_view why) {
    return {kBadAnswer, "the endpoint's answer is not one of a vCenter: " + std::string(why)};
}

Fault faultOf(const xml::Element& fault) {
    Fault read;
    read.message = fault.textAt("faultstring");
    const auto* detail = fault.child("detail");
    if (detail == nullptr || detail->children.empty()) return read;
    const auto& cause = detail->children.front();
    read.type = cause.type;
    if (read.type.empty() && cause.name.ends_with("Fault"))
        read.type = cause.name.substr(0, cause.name.size() - 5);
    return read;
}

Result<const xml::Element*> returnValue(const xml::Element& answer) {
    const auto* value = answer.child("returnval");
    if (value == nullptr) return fail(bad("it returns nothing"));
    return value;
}

Result<Ref> requiredRef(const xml::Element& parent, std::string_view name) {
    auto ref = refOf(parent.child(name));
    if (!ref) return fail(bad("\"" + std::string(name) + "\" is missing"));
    return std::move(*ref);
}

}  // namespace

std::optional<Ref> refOf(const xml::Element* value) {
    if (value == nullptr || trimAscii(value->text).empty()) return std::nullopt;
    return Ref{std::string(value->attribute("type")), std::string(trimAscii(value->text))};
}

std::vector<Ref> refsOf(const xml::Element* value) {
    std::vector<Ref> refs;
    if (value == nullptr) return refs;
    for (const auto& child : value->children) {
        if (auto ref = refOf(&child)) refs.push_back(std::move(*ref));
    }
    return refs;
}

Result<xml::Element> body(BytesView answer) {
    auto envelope = xml::parse(answer, kAnswerLimits);
    if (!envelope) return fail(bad(envelope.error().message()));
    const auto* content = envelope->child("Body");
    if (envelope->name != "Envelope" || content == nullptr || content->children.size() != 1)
        return fail(bad("it is not a SOAP envelope"));
    const auto& child = content->children.front();
    if (child.name == "Fault") return fail(faultOf(child).error());
    return child;
}

Result<ServiceContent> serviceContent(BytesView answer) {
    const auto content = PCG_TRY(body(answer));
    const auto& value = *PCG_TRY(returnValue(content));
    ServiceContent read;
    read.rootFolder = PCG_TRY(requiredRef(value, "rootFolder"));
    read.propertyCollector = PCG_TRY(requiredRef(value, "propertyCollector"));
    read.viewManager = PCG_TRY(requiredRef(value, "viewManager"));
    read.sessionManager = PCG_TRY(requiredRef(value, "sessionManager"));
    read.searchIndex = PCG_TRY(requiredRef(value, "searchIndex"));
    read.apiType = value.textAt("about/apiType");
    read.apiVersion = value.textAt("about/apiVersion");
    return read;
}

Result<Ref> reference(BytesView answer) {
    const auto content = PCG_TRY(body(answer));
    return requiredRef(content, "returnval");
}

Result<std::optional<Ref>> optionalReference(BytesView answer) {
    const auto content = PCG_TRY(body(answer));
    return refOf(content.child("returnval"));
}

Result<ObjectPage> objectPage(BytesView answer) {
    const auto content = PCG_TRY(body(answer));
    ObjectPage page;
    const auto* value = content.child("returnval");
    if (value == nullptr) return page;
    page.token = value->textAt("token");
    for (const auto& child : value->children) {
        if (child.name != "objects") continue;
        ObjectContent object;
        object.object = PCG_TRY(requiredRef(child, "obj"));
        for (const auto& set : child.children) {
            const auto* held = set.name == "propSet" ? set.child("val") : nullptr;
            if (held != nullptr)
                object.properties.push_back({std::string(set.textAt("name")), *held});
        }
        page.objects.push_back(std::move(object));
    }
    return page;
}

Result<UpdateSet> updateSet(BytesView answer) {
    const auto content = PCG_TRY(body(answer));
    UpdateSet updates;
    const auto* value = content.child("returnval");
    if (value == nullptr) return updates;
    updates.version = value->textAt("version");
    updates.truncated = value->textAt("truncated") == "true";
    for (const auto& filter : value->children) {
        if (filter.name != "filterSet") continue;
        for (const auto& object : filter.children) {
            if (object.name != "objectSet") continue;
            const auto changed = PCG_TRY(requiredRef(object, "obj"));
            for (const auto& change : object.children) {
                const auto* held = change.name == "changeSet" ? change.child("val") : nullptr;
                if (held == nullptr) continue;
                updates.changes.push_back({changed, std::string(change.textAt("name")), *held});
            }
        }
    }
    return updates;
}

Result<> nothing(BytesView answer) {
    PCG_TRY(body(answer));
    return {};
}

Result<TaskInfo> taskInfo(const xml::Element& info) {
    TaskInfo read;
    const auto state = info.textAt("state");
    if (state == "success") {
        read.state = TaskInfo::State::Success;
        read.result = refOf(info.child("result"));
    } else if (state == "error") {
        read.state = TaskInfo::State::Failed;
        Fault fault;
        fault.message = info.textAt("error/localizedMessage");
        const auto* cause = info.at("error/fault");
        fault.type = cause == nullptr || cause->type.empty() ? "TaskFailed" : cause->type;
        read.fault = std::move(fault);
    } else if (state != "running" && state != "queued") {
        return fail(bad("a task is in no known state"));
    }
    return read;
}

}  // namespace responses
}  // namespace pcg::controlplane::vsphere
