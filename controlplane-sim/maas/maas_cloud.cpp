// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/maas/maas_cloud.h"

#include "common/base/random.h"
#include "common/codec/base64.h"
#include "common/net/deadline.h"
#include "controlplane-sim/deploy/errc.h"
#include "controlplane-sim/maas/errc.h"
#include "controlplane-sim/maas/placement.h"
#include "controlplane-sim/maas/user_data.h"

#include <algorithm>

namespace pcg::controlplane::maas {
namespace {

namespace json = codec::json;

constexpr std::size_t kMaxAddresses = 32;

// The same error in the words that the state machine decides by.
Error translated(Error error) {
    if (error.is(kNotFound)) return {deploy::kGone, error.message()};
    if (error.is(kNotSent)) return {deploy::kNotSent, error.message()};
    if (error.is(kUnauthorized))
        return {deploy::kRejected,
                "The endpoint does not accept the orchestrator's access key: give it another one "
                "(PUT /gateways/{id}/endpoints/{endpoint_id}/orchestrator-key), then retry."};
    if (error.is(kForbidden))
        return {deploy::kRejected,
                "This may not be done (" + error.message() +
                    "): the machine is locked at the MAAS, or the orchestrator's access key has "
                    "not the role deploy. Mend that, then retry."};
    if (error.isInput() && error.code().name().starts_with("maas."))
        return {deploy::kRejected, error.message()};
    return error;
}

template <class T>
Result<T> translated(Result<T> result) {
    if (result) return result;
    return fail(translated(std::move(result).error()));
}

std::string machinePath(const std::string& vm) { return "machines/" + vm + "/"; }

// What can be reached from outside of the machine.
bool isUsable(std::string_view address) {
    return !address.starts_with("fe80:") && !address.starts_with("169.254.") &&
           !address.starts_with("127.") && address != "::1" && address.size() <= 64;
}

deploy::TaskEnd ended() {
    deploy::TaskEnd end;
    end.over = true;
    return end;
}

deploy::TaskEnd ended(ErrorCode code, std::string why) {
    auto end = ended();
    end.fault = Error{code, std::move(why)};
    return end;
}

Error installFailed(const MachineView& machine) {
    return {deploy::kInstallFailed,
            "The installation of " + machine.hostname + " (" + machine.id +
                ") failed; at the MAAS it is \"" + machine.status + "\"" +
                (machine.message.empty() ? "" : ": " + machine.message) + "."};
}

}  // namespace

net::Task<Result<MaasCloud::Views>> MaasCloud::list(oauth::Parameters query) {
    Views views;
    const ListReader::Take take = [&views](const json::Object& object) -> Result<> {
        views.push_back(PCG_TRY(machineOf(object)));
        return {};
    };
    const auto listed = co_await client_.each("machines/", std::move(query), take);
    if (!listed) co_return fail(translated(listed.error()));
    co_return views;
}

net::Task<Result<MaasCloud::Views>> MaasCloud::marked(std::string mark, std::string vm) {
    oauth::Parameters query;
    query.push_back({"agent_name", std::move(mark)});
    if (!vm.empty()) query.push_back({"id", vm});
    PCG_CO_TRY(auto views, co_await list(std::move(query)));
    if (!vm.empty()) std::erase_if(views, [&](const MachineView& view) { return view.id != vm; });
    co_return views;
}

net::Task<Result<MachineView>> MaasCloud::read(std::string vm) {
    if (!isSystemId(vm)) co_return fail(deploy::kGone, "That is no machine of a MAAS.");
    const auto object = co_await client_.get(machinePath(vm));
    if (!object) co_return fail(translated(object.error()));
    co_return machineOf(*object);
}

// ---- planning

net::Task<Result<>> MaasCloud::checkNamed(std::string field, std::string path, std::string name) {
    bool known = name.empty();
    if (known) co_return Result<>{};
    const ListReader::Take take = [&](const json::Object& object) -> Result<> {
        const auto its = object.string("name", 1024);
        known = known || (its && *its == name);
        return {};
    };
    oauth::Parameters none;
    const auto listed = co_await client_.each(std::move(path), std::move(none), take);
    if (!listed) co_return fail(translated(listed.error()));
    if (known) co_return Result<>{};
    co_return fail(
        deploy::kRejected,
        "\"" + field + "\" (" + name + ") is not there; GET .../inventory lists what is.");
}

net::Task<Result<std::string>> MaasCloud::imageOf(std::string wanted) {
    std::string exact;
    std::string alike;
    const ListReader::Take take = [&](const json::Object& object) -> Result<> {
        const auto name = imageName(object);
        if (name == wanted) exact = name;
        if (alike.empty() && isImage(name, wanted)) alike = name;
        return {};
    };
    oauth::Parameters none;
    const auto listed = co_await client_.each("boot-resources/", std::move(none), take);
    if (!listed) co_return fail(translated(listed.error()));
    if (!exact.empty()) co_return exact;
    if (!alike.empty()) co_return alike;
    co_return fail(deploy::kRejected,
                   "\"image\" (" + wanted +
                       ") is not there. Write it as ubuntu/jammy or custom/NAME; GET "
                       ".../inventory?kind=images lists them.");
}

// A MAAS that does not know this filter would list all machines, and none of them is ours.
net::Task<Result<>> MaasCloud::checkMarks() {
    auto mark = "pcg/nobody/" + deploy::newUuid(random_);
    PCG_CO_TRY(const auto views, co_await marked(std::move(mark), std::string()));
    if (views.empty()) co_return Result<>{};
    co_return fail(deploy::kRejected,
                   "\"endpoint_id\" is a MAAS that does not list machines by agent_name, so that "
                   "what is deployed could not be told from what others have.");
}

net::Task<Result<std::string>> MaasCloud::place(const deploy::Spec& spec) {
    PCG_CO_TRY(const auto image, co_await imageOf(spec.source));
    PCG_CO_CHECK(co_await checkNamed("zone", "zones/", spec.zone));
    PCG_CO_CHECK(co_await checkNamed("resource_pool", "resourcepools/", spec.resourcePool));
    for (const auto& tag : spec.tags) {
        PCG_CO_CHECK(co_await checkNamed("tags", "tags/", tag));
    }
    PCG_CO_CHECK(co_await checkMarks());
    co_return placementText(spec, image);
}

// ---- which machine

net::Task<Result<std::optional<deploy::Seen>>> MaasCloud::find(deploy::Identity identity) {
    PCG_CO_TRY(const auto views, co_await marked(markOf(identity), std::string()));
    if (!views.empty()) {
        const auto chosen = std::find_if(views.begin(), views.end(), [&](const MachineView& view) {
            return view.id == identity.choice;
        });
        const auto& view = chosen == views.end() ? views.front() : *chosen;
        co_return std::optional<deploy::Seen>(deploy::Seen{view.id, true, false});
    }
    if (identity.choice.empty()) co_return std::optional<deploy::Seen>{};
    const auto view = co_await read(identity.choice);
    if (!view && !view.error().is(deploy::kGone)) co_return fail(view.error());
    if (view && view->status == "Ready") co_return std::optional<deploy::Seen>{};
    co_return std::optional<deploy::Seen>(deploy::Seen{identity.choice, false, false});
}

// Whoever released it took it from us: there is none of ours any more.
net::Task<Result<std::optional<deploy::Seen>>> MaasCloud::look(deploy::Identity identity,
                                                               std::string vm) {
    PCG_CO_TRY(const auto views, co_await marked(markOf(identity), vm));
    if (views.empty()) co_return std::optional<deploy::Seen>{};
    co_return std::optional<deploy::Seen>(deploy::Seen{std::move(vm), true, false});
}

net::Task<Result<std::string>> MaasCloud::choose(deploy::Identity,
                                                 const deploy::Spec& spec,
                                                 std::vector<std::string> unfit) {
    auto form = constraintsOf(spec);
    form.push_back({"op", "allocate"});
    form.push_back({"dry_run", "true"});
    const auto answer = co_await client_.post("machines/", std::move(form));
    if (!answer && answer.error().is(kConflict))
        co_return fail(deploy::kRejected,
                       "The MAAS has no free machine that fits (" + answer.error().message() +
                           "). Free one there, or deploy with other constraints; then retry.");
    if (!answer) co_return fail(translated(answer.error()));
    PCG_CO_TRY(auto view, machineOf(*answer));
    const bool isUnfit = std::find(unfit.begin(), unfit.end(), view.id) != unfit.end();
    if (!isUnfit) co_return std::move(view.id);
    co_return co_await another(spec, std::move(unfit), std::move(view.id));
}

// MAAS would choose one again on which an installation failed. Better that than none.
net::Task<Result<std::string>> MaasCloud::another(const deploy::Spec& spec,
                                                  std::vector<std::string> unfit,
                                                  std::string first) {
    oauth::Parameters query;
    query.push_back({"status", "ready"});
    if (!spec.zone.empty()) query.push_back({"zone", spec.zone});
    if (!spec.resourcePool.empty()) query.push_back({"pool", spec.resourcePool});
    PCG_CO_TRY(auto views, co_await list(std::move(query)));
    std::erase_if(views, [&](const MachineView& view) {
        return !fits(view, spec) || std::find(unfit.begin(), unfit.end(), view.id) != unfit.end();
    });
    if (views.empty()) co_return first;
    co_return views[random_.below(views.size())].id;
}

// ---- changes

net::Task<Result<std::string>> MaasCloud::clone(deploy::Identity identity) {
    oauth::Parameters form;
    form.push_back({"op", "allocate"});
    form.push_back({"system_id", identity.choice});
    form.push_back({"agent_name", markOf(identity)});
    const auto answer = co_await client_.post("machines/", std::move(form));
    if (!answer && answer.error().is(kConflict))
        co_return fail(deploy::kNameInUse, answer.error().message());
    if (!answer) co_return fail(translated(answer.error()));
    PCG_CO_TRY(const auto view, machineOf(*answer));
    if (view.id != identity.choice)
        co_return fail(kBadAnswer, "The MAAS allocated another machine than the one asked for.");
    co_return std::string();
}

net::Task<Result<std::string>> MaasCloud::customise(deploy::Identity identity,
                                                    std::string vm,
                                                    const deploy::Spec&,
                                                    Secret) {
    oauth::Parameters form;
    form.push_back({"op", "set_workload_annotations"});
    form.push_back({"pcg_deployment", identity.deployment});
    form.push_back({"pcg_machine", identity.name});
    form.push_back({"pcg_uuid", identity.uuid});
    const auto answer = co_await client_.post(machinePath(vm), std::move(form));
    // It is not allocated any more.
    if (!answer && answer.error().is(kConflict))
        co_return fail(deploy::kGone, answer.error().message());
    if (!answer) co_return fail(translated(answer.error()));
    co_return std::string();
}

net::Task<Result<std::string>> MaasCloud::powerOn(deploy::Identity identity,
                                                  std::string vm,
                                                  const deploy::Spec& spec,
                                                  Secret userData) {
    PCG_CO_TRY(auto image, placedImage(identity.placement));
    const PseudoTask task{PseudoTask::Kind::Install, vm, markOf(identity)};
    PCG_CO_TRY(const auto views, co_await marked(task.mark, vm));
    if (views.empty()) co_return fail(deploy::kGone, "The machine is not ours any more.");
    const auto& view = views.front();
    const bool begun = view.status == "Deploying" || view.status == "Deployed" ||
                       view.status == "Failed deployment";
    if (begun) co_return toText(task);
    if (isReleasing(view)) co_return fail(kBusy, "The machine is being released.");
    if (view.status != "Allocated") co_return fail(installFailed(view));
    auto data = userDataOf(userData, spec.sshKeys);
    PCG_CO_CHECK(
        co_await install(std::move(identity), std::move(vm), std::move(image), std::move(data)));
    co_return toText(task);
}

net::Task<Result<>> MaasCloud::install(deploy::Identity identity,
                                       std::string vm,
                                       std::string image,
                                       Secret userData) {
    oauth::Parameters form;
    form.push_back({"op", "deploy"});
    form.push_back({"distro_series", std::move(image)});
    // If it was released a moment ago, it would be allocated anew: under our mark.
    form.push_back({"agent_name", markOf(identity)});
    if (!userData.empty()) form.push_back({"user_data", codec::base64Encode(userData.reveal())});
    const auto answer = co_await client_.post(machinePath(vm), std::move(form));
    // An earlier request was executed meanwhile: the next attempt sees it.
    if (!answer && answer.error().is(kConflict)) co_return fail(kBusy, answer.error().message());
    if (!answer) co_return fail(translated(answer.error()));
    co_return Result<>{};
}

net::Task<Result<std::string>> MaasCloud::powerOff(std::string) { co_return std::string(); }

net::Task<Result<>> MaasCloud::release(std::string vm) {
    oauth::Parameters form;
    form.push_back({"op", "release"});
    form.push_back({"comment", "Released by the Private Cloud Gateway's orchestrator."});
    const auto answer = co_await client_.post(machinePath(vm), std::move(form));
    if (!answer) co_return fail(translated(answer.error()));
    co_return Result<>{};
}

net::Task<Result<std::string>> MaasCloud::destroy(deploy::Identity identity, std::string vm) {
    if (!isSystemId(vm)) co_return fail(deploy::kGone, "That is no machine of a MAAS.");
    const PseudoTask task{PseudoTask::Kind::Release, vm, markOf(identity)};
    // Once more, as late as can be: the MAAS would release anybody's.
    PCG_CO_TRY(const auto views, co_await marked(task.mark, vm));
    if (views.empty()) co_return fail(deploy::kGone, "The machine is not ours any more.");
    if (!isReleasing(views.front())) PCG_CO_CHECK(co_await release(std::move(vm)));
    co_return toText(task);
}

// ---- their ends

net::Task<Result<deploy::TaskEnd>> MaasCloud::finish(std::string text) {
    auto task = parseTask(text);
    if (!task) co_return fail(deploy::kGone, "That is no task of a MAAS.");
    if (task->kind == PseudoTask::Kind::Install)
        co_return co_await finishInstall(std::move(task->vm), std::move(task->mark));
    co_return co_await finishRelease(std::move(task->vm));
}

net::Task<Result<deploy::TaskEnd>> MaasCloud::finishInstall(std::string vm, std::string mark) {
    PCG_CO_TRY(const auto views, co_await marked(std::move(mark), std::move(vm)));
    if (views.empty() || isReleasing(views.front()))
        co_return ended(deploy::kGone, "Somebody released the machine while it was installed.");
    const auto& view = views.front();
    if (view.status == "Deployed") co_return ended();
    if (view.status != "Deploying") {
        deploy::TaskEnd end = ended();
        end.fault = installFailed(view);
        co_return end;
    }
    co_await net::sleepFor(poll_);
    co_return deploy::TaskEnd{};
}

net::Task<Result<deploy::TaskEnd>> MaasCloud::finishRelease(std::string vm) {
    const auto view = co_await read(vm);
    if (!view && !view.error().is(deploy::kGone)) co_return fail(view.error());
    if (view && isReleasing(*view)) {
        co_await net::sleepFor(poll_);
        co_return deploy::TaskEnd{};
    }
    const bool stuck =
        view && (view->status == "Releasing failed" || view->status == "Failed disk erasing");
    if (stuck)
        co_return ended(deploy::kRejected,
                        "The MAAS could not release " + view->hostname + " (" + vm +
                            "): " + view->status + ". See to it there, then retry.");
    co_return ended();
}

net::Task<Result<std::vector<std::string>>> MaasCloud::addresses(std::string vm) {
    PCG_CO_TRY(const auto view, co_await read(std::move(vm)));
    std::vector<std::string> usable;
    for (const auto& address : view.addresses) {
        if (isUsable(address) && usable.size() < kMaxAddresses) usable.push_back(address);
    }
    if (view.status == "Failed deployment") co_return fail(installFailed(view));
    if (view.status != "Deployed") usable.clear();
    if (usable.empty()) co_await net::sleepFor(poll_);
    co_return usable;
}

}  // namespace pcg::controlplane::maas
