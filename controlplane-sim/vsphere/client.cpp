// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/vsphere/client.h"

#include "controlplane-sim/vsphere/errc.h"
#include "controlplane-sim/vsphere/requests.h"
#include "controlplane-sim/vsphere/responses.h"

#include <algorithm>

namespace pcg::controlplane::vsphere {
namespace {

constexpr int kPageSize = 500;
constexpr std::chrono::seconds kLongestWait{25};  // below what a connection may be silent for

std::vector<std::string> typesOf(const std::vector<PropertyQuery::Set>& sets) {
    std::vector<std::string> types;
    for (const auto& set : sets) types.push_back(set.type);
    return types;
}

bool isOver(const std::vector<PropertyChange>& changes) {
    return std::any_of(changes.begin(), changes.end(), [](const PropertyChange& change) {
        return change.value.text == "success" || change.value.text == "error";
    });
}

}  // namespace

net::Task<Result<std::vector<ObjectContent>>> Client::list(std::vector<PropertyQuery::Set> sets) {
    PCG_CO_TRY(const auto content, co_await session_->open());
    auto open =
        requests::createContainerView(content.viewManager, content.rootFolder, typesOf(sets));
    PCG_CO_TRY(const auto opened, co_await session_->call(std::move(open)));
    PCG_CO_TRY(const auto view, responses::reference(opened));
    const PropertyQuery query{std::move(sets), view, true};
    auto first = requests::retrieveProperties(content.propertyCollector, query, kPageSize);
    auto listed = co_await pages(content, std::move(first));
    auto close = requests::destroyView(view);
    [[maybe_unused]] const auto closed = co_await session_->call(std::move(close));
    co_return listed;
}

net::Task<Result<std::vector<ObjectContent>>> Client::pages(ServiceContent content,
                                                            std::string request) {
    std::vector<ObjectContent> all;
    while (true) {
        PCG_CO_TRY(const auto answer, co_await session_->call(std::move(request)));
        PCG_CO_TRY(auto page, responses::objectPage(answer));
        if (all.size() + page.objects.size() > kMaxListed)
            co_return fail(kTooMuch, "the endpoint has more than 20000 objects of this kind");
        for (auto& object : page.objects) all.push_back(std::move(object));
        if (page.token.empty()) co_return all;
        // A server that pages for ever without objects is not waited for.
        if (page.objects.empty()) co_return fail(kBadAnswer, "the endpoint sent an empty page");
        request = requests::continueRetrieve(content.propertyCollector, page.token);
    }
}

net::Task<Result<ObjectContent>> Client::read(Ref object, std::vector<std::string> paths) {
    PCG_CO_TRY(const auto content, co_await session_->open());
    PropertyQuery query;
    query.sets.push_back({object.type, std::move(paths)});
    query.object = object;
    auto request = requests::retrieveProperties(content.propertyCollector, query, 1);
    PCG_CO_TRY(const auto answer, co_await session_->call(std::move(request)));
    PCG_CO_TRY(auto page, responses::objectPage(answer));
    if (page.objects.empty())
        co_return fail(kNotFound, "there is no " + object.type + " " + object.id);
    co_return std::move(page.objects.front());
}

net::Task<Result<std::optional<Ref>>> Client::find(std::string envelope) {
    PCG_CO_TRY(const auto answer, co_await session_->call(std::move(envelope)));
    co_return responses::optionalReference(answer);
}

net::Task<Result<std::optional<Ref>>> Client::findByPath(std::string path) {
    PCG_CO_TRY(const auto content, co_await session_->open());
    auto request = requests::findByInventoryPath(content.searchIndex, path);
    co_return co_await find(std::move(request));
}

net::Task<Result<std::optional<Ref>>> Client::findMachine(std::string instanceUuid) {
    PCG_CO_TRY(const auto content, co_await session_->open());
    auto request = requests::findByInstanceUuid(content.searchIndex, instanceUuid);
    co_return co_await find(std::move(request));
}

net::Task<Result<std::optional<Ref>>> Client::findChild(Ref folder, std::string name) {
    PCG_CO_TRY(const auto content, co_await session_->open());
    auto request = requests::findChild(content.searchIndex, folder, name);
    co_return co_await find(std::move(request));
}

net::Task<Result<Ref>> Client::startTask(std::string envelope) {
    PCG_CO_TRY(const auto answer, co_await session_->call(std::move(envelope)));
    co_return responses::reference(answer);
}

net::Task<Result<Ref>> Client::clone(CloneOrder order) {
    auto request = requests::cloneVm(order);
    co_return co_await startTask(std::move(request));
}

net::Task<Result<Ref>> Client::reconfigure(Ref machine, ReconfigureOrder order) {
    auto request = requests::reconfigureVm(machine, order);
    co_return co_await startTask(std::move(request));
}

net::Task<Result<Ref>> Client::powerOn(Ref machine) {
    auto request = requests::powerOnVm(machine);
    co_return co_await startTask(std::move(request));
}

net::Task<Result<Ref>> Client::powerOff(Ref machine) {
    auto request = requests::powerOffVm(machine);
    co_return co_await startTask(std::move(request));
}

net::Task<Result<Ref>> Client::destroy(Ref machine) {
    auto request = requests::destroy(machine);
    co_return co_await startTask(std::move(request));
}

net::Task<Result<TaskInfo>> Client::readTask(Ref task) {
    std::vector<std::string> paths{"info"};
    PCG_CO_TRY(const auto content, co_await read(std::move(task), std::move(paths)));
    const auto* info = content.find("info");
    if (info == nullptr) co_return fail(kBadAnswer, "the endpoint does not show the task");
    co_return responses::taskInfo(*info);
}

net::Task<Result<TaskInfo>> Client::awaitTask(Ref task, std::chrono::seconds within) {
    PCG_CO_TRY(auto info, co_await readTask(task));
    if (info.state != TaskInfo::State::Running) co_return info;
    std::vector<std::string> paths{"info.state"};
    PCG_CO_CHECK(co_await awaitChange(task, std::move(paths), isOver, within));
    co_return co_await readTask(std::move(task));
}

// A collector of one's own: a second WaitForUpdatesEx on one collector would end the first.
net::Task<Result<>> Client::awaitChange(Ref object,
                                        std::vector<std::string> paths,
                                        Settled settled,
                                        std::chrono::seconds within) {
    PCG_CO_TRY(const auto content, co_await session_->open());
    auto create = requests::createPropertyCollector(content.propertyCollector);
    PCG_CO_TRY(const auto created, co_await session_->call(std::move(create)));
    PCG_CO_TRY(const auto collector, responses::reference(created));
    PropertyQuery query;
    query.sets.push_back({object.type, std::move(paths)});
    query.object = std::move(object);
    auto outcome = co_await awaitUpdate(collector, std::move(query), settled, within);
    auto remove = requests::destroyPropertyCollector(collector);
    [[maybe_unused]] const auto removed = co_await session_->call(std::move(remove));
    co_return outcome;
}

net::Task<Result<>> Client::awaitUpdate(Ref collector,
                                        PropertyQuery query,
                                        Settled settled,
                                        std::chrono::seconds within) {
    auto filter = requests::createFilter(collector, query);
    PCG_CO_TRY(const auto filtered, co_await session_->call(std::move(filter)));
    PCG_CO_CHECK(responses::nothing(filtered));
    // The first answer is the state as it is; the second one is a change of it.
    auto now = requests::waitForUpdates(collector, "", std::chrono::seconds(1));
    PCG_CO_TRY(const auto state, co_await session_->call(std::move(now)));
    PCG_CO_TRY(const auto first, responses::updateSet(state));
    if (settled(first.changes)) co_return Result<>{};
    auto next = requests::waitForUpdates(collector, first.version, std::min(within, kLongestWait));
    PCG_CO_TRY(const auto answer, co_await session_->call(std::move(next)));
    PCG_CO_TRY([[maybe_unused]] const auto change, responses::updateSet(answer));
    co_return Result<>{};
}

}  // namespace pcg::controlplane::vsphere
